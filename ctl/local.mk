sbin_PROGRAMS += mailreevectl
mailreevectl_SOURCES = ctl/main.cc ctl/spf_command.cc ctl/spf_command.h
mailreevectl_LDADD = libmilter_reeve.a $(POLICY_LIBS) $(STORE_LIBS) $(NOTIFY_LIBS) $(DNS_LIBS) $(CONFIG_LIBS) $(CORE_LIBS)
