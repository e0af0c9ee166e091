sbin_PROGRAMS += mailreeve
noinst_LIBRARIES += libdaemon.a
libdaemon_a_CPPFLAGS = $(AM_CPPFLAGS) $(SPDLOG_CFLAGS) $(SYSTEMD_CFLAGS)
libdaemon_a_SOURCES = \
	daemon/daemon.cc daemon/daemon.h \
	daemon/events_manual.cc daemon/events_manual.h \
	daemon/housekeeping.cc daemon/housekeeping.h \
	daemon/passed_sockets.cc daemon/passed_sockets.h \
	daemon/log_format.cc daemon/log_format.h \
	daemon/log_sinks.cc daemon/log_sinks.h \
	daemon/log_writer.cc daemon/log_writer.h \
	daemon/process.cc daemon/process.h \
	daemon/service_notify.cc daemon/service_notify.h
mailreeve_SOURCES = daemon/main.cc $(LIBMILTER_OVERRIDES)
mailreeve_LDADD = libdaemon.a $(FRONTEND_LIBS) $(SETUP_LIBS) $(MILTER_LIBS) $(SPDLOG_LIBS) $(SYSTEMD_LIBS)
