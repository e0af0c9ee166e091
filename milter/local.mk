# The conversation knows no front end; each front end has a directory below.
noinst_LIBRARIES += libconversation.a
libconversation_a_SOURCES = \
	milter/conversation.cc milter/conversation.h \
	milter/file_reserve.cc milter/file_reserve.h \
	milter/front_end.h \
	milter/mta_connection.cc milter/mta_connection.h \
	milter/report.cc milter/report.h \
	milter/sessions.cc milter/sessions.h \
	milter/unix_socket_file.cc milter/unix_socket_file.h

noinst_LIBRARIES += libfrontend.a
libfrontend_a_SOURCES = \
	milter/libmilter/callbacks.cc milter/libmilter/callbacks.h \
	milter/libmilter/milter_server.cc milter/libmilter/milter_server.h \
	milter/libmilter/odd_packets.cc milter/libmilter/odd_packets.h \
	milter/libmilter/worker_supply.cc milter/libmilter/worker_supply.h \
	milter/native/dialogue.cc milter/native/dialogue.h \
	milter/native/listener.cc milter/native/listener.h \
	milter/native/native_server.cc milter/native/native_server.h \
	milter/native/packets.cc milter/native/packets.h \
	milter/native/protocol.h \
	milter/native/stage_macros.cc milter/native/stage_macros.h \
	milter/native/worker_pool.cc milter/native/worker_pool.h
# Not in the library: the linker would leave them out, since nothing of ours calls them.
LIBMILTER_OVERRIDES = milter/libmilter/accept.cc milter/libmilter/packets.cc milter/libmilter/signals.cc
FRONTEND_LIBS = libfrontend.a libconversation.a
