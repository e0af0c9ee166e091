# The conversation knows no front end; each front end has a directory below.
noinst_LIBRARIES += libconversation.a
libconversation_a_SOURCES = \
	milter/conversation.cc milter/conversation.h \
	milter/report.cc milter/report.h

noinst_LIBRARIES += libfrontend.a
libfrontend_a_SOURCES = \
	milter/libmilter/callbacks.cc milter/libmilter/callbacks.h \
	milter/libmilter/file_reserve.cc milter/libmilter/file_reserve.h \
	milter/libmilter/milter_server.cc milter/libmilter/milter_server.h \
	milter/libmilter/odd_packets.cc milter/libmilter/odd_packets.h \
	milter/libmilter/worker_supply.cc milter/libmilter/worker_supply.h
# Not in the library: the linker would leave them out, since nothing of ours calls them.
LIBMILTER_OVERRIDES = milter/libmilter/accept.cc milter/libmilter/packets.cc milter/libmilter/signals.cc
FRONTEND_LIBS = libfrontend.a libconversation.a
