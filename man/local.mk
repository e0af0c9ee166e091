# The pages are generated from their .in files and the tables in the code, and
# committed, so that a release needs no run of the program to install them;
# test/docs_check.sh notices when they are stale.
dist_man_MANS += man/mailreeve.8 man/mailreeve.conf.5 man/mailreevectl.8
EXTRA_DIST += man/mailreeve.8.in man/mailreeve.conf.5.in man/generate

.PHONY: update-docs
update-docs: mailreeve$(EXEEXT)
	$(top_srcdir)/man/generate ./mailreeve$(EXEEXT) $(top_srcdir) $(top_srcdir)
