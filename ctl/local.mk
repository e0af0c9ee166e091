sbin_PROGRAMS += mailreevectl
mailreevectl_SOURCES = \
	ctl/command_line.cc ctl/command_line.h \
	ctl/main.cc \
	ctl/output.cc ctl/output.h
mailreevectl_LDADD = libadmin.a $(SETUP_LIBS)
