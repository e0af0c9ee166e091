# The pages are generated from their .in files and the tables in the code, and
# committed, so that a release needs no run of the program to install them;
# test/docs_check.sh notices when they are stale.
dist_man_MANS += man/mailreeve.8 man/mailreeve.conf.5 man/mailreevectl.8
EXTRA_DIST += man/mailreeve.8.in man/mailreeve.conf.5.in man/generate

.PHONY: update-docs
update-docs: mailreeve$(EXEEXT)
	$(REEVE_DIRECTORIES) $(top_srcdir)/man/generate ./mailreeve$(EXEEXT) $(top_srcdir) $(top_srcdir)

# For man/generate and its check.
REEVE_DIRECTORIES = sysconfdir='$(sysconfdir)' localstatedir='$(localstatedir)' runstatedir='$(runstatedir)'; \
	export sysconfdir localstatedir runstatedir;

# The pages name the directories that packages use.
install-data-hook:
	for page in man8/mailreeve.8 man5/mailreeve.conf.5 man8/mailreevectl.8; do \
	  page=$(DESTDIR)$(mandir)/$$page; \
	  sed -e 's|/etc/mailreeve|$(sysconfdir)/mailreeve|g' \
	    -e 's|/var/lib/mailreeve|$(localstatedir)/lib/mailreeve|g' \
	    -e 's|/run/mailreeve|$(runstatedir)/mailreeve|g' $$page >$$page.new && mv $$page.new $$page || exit 1; \
	done
