noinst_LIBRARIES += libconfig.a
libconfig_a_SOURCES = \
	config/command_line.cc config/command_line.h \
	config/load.cc config/load.h \
	config/mdoc.cc config/mdoc.h \
	config/access_rows.cc \
	config/general_rows.cc \
	config/greylist_rows.cc \
	config/header_rows.cc \
	config/identity_rows.cc \
	config/message_rows.cc \
	config/notify_rows.cc \
	config/quota_rows.cc \
	config/reputation_rows.cc \
	config/sender_auth_rows.cc \
	config/spf_rows.cc \
	config/option_rows.h \
	config/options.cc config/options.h \
	config/settings.h \
	config/socket_spec.cc config/socket_spec.h \
	config/spelling.cc config/spelling.h \
	config/value.cc config/value.h \
	config/words.h
CONFIG_LIBS = libconfig.a libdnslists.a $(BOOST_LIBS)
