sbin_PROGRAMS += mailreevectl
mailreevectl_SOURCES = \
	ctl/allowance.cc ctl/allowance.h \
	ctl/allowance_commands.cc \
	ctl/backup_commands.cc \
	ctl/command.cc ctl/command.h \
	ctl/command_line.cc ctl/command_line.h \
	ctl/command_table.cc \
	ctl/commands.h \
	ctl/daemon_commands.cc \
	ctl/db_commands.cc \
	ctl/domain_commands.cc \
	ctl/in_force.cc ctl/in_force.h \
	ctl/main.cc \
	ctl/message_commands.cc \
	ctl/output.cc ctl/output.h \
	ctl/quota_commands.cc \
	ctl/site.cc ctl/site.h \
	ctl/spf_command.cc \
	ctl/state_commands.cc \
	ctl/unlisted.cc ctl/unlisted.h \
	ctl/user_commands.cc \
	ctl/when.cc ctl/when.h
mailreevectl_LDADD = libmilter_reeve.a $(POLICY_LIBS) $(STORE_LIBS) $(NOTIFY_LIBS) $(DNS_LIBS) $(CONFIG_LIBS) \
	$(CORE_LIBS)
