sbin_PROGRAMS += mailreeve
noinst_LIBRARIES += libmilter_reeve.a
# All but main(), so that the transcripts can hold a Conversation.
libmilter_reeve_a_CPPFLAGS = $(AM_CPPFLAGS) $(SPDLOG_CFLAGS) $(SYSTEMD_CFLAGS)
libmilter_reeve_a_SOURCES = \
	milter/callbacks.cc milter/callbacks.h \
	milter/checked_settings.cc milter/checked_settings.h \
	milter/control.cc milter/control.h \
	milter/conversation.cc milter/conversation.h \
	milter/daemon.cc milter/daemon.h \
	milter/events_manual.cc milter/events_manual.h \
	milter/exit_status.h \
	milter/file_reserve.cc milter/file_reserve.h \
	milter/housekeeping.cc milter/housekeeping.h \
	milter/log_format.cc milter/log_format.h \
	milter/log_sinks.cc milter/log_sinks.h \
	milter/log_writer.cc milter/log_writer.h \
	milter/milter_server.cc milter/milter_server.h \
	milter/odd_packets.cc milter/odd_packets.h \
	milter/policy_data.cc milter/policy_data.h \
	milter/process.cc milter/process.h \
	milter/report.cc milter/report.h \
	milter/runtime.cc milter/runtime.h \
	milter/service_notify.cc milter/service_notify.h \
	milter/state.cc milter/state.h \
	milter/system_check.cc milter/system_check.h \
	milter/worker_supply.cc milter/worker_supply.h

# Not in the library: the linker would leave them out, since nothing of ours calls them.
mailreeve_SOURCES = milter/main.cc milter/libmilter_accept.cc milter/libmilter_packets.cc milter/libmilter_signals.cc
mailreeve_LDADD = libmilter_reeve.a $(POLICY_LIBS) $(STORE_LIBS) $(NOTIFY_LIBS) $(DNS_LIBS) $(CONFIG_LIBS) $(CORE_LIBS) \
	$(MILTER_LIBS) $(SPDLOG_LIBS) $(SYSTEMD_LIBS)
