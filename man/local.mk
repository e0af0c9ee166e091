# The pages are generated from their .in files and the tables in the code, and
# committed, so that a release needs no run of the program to install them;
# test/docs_check.sh notices when they are stale.
dist_man_MANS += man/mailreeve.8 man/mailreeve.conf.5 man/mailreeve-rules.5 man/mailreevectl.8
EXTRA_DIST += man/mailreeve.8.in man/mailreeve.conf.5.in man/generate

.PHONY: update-docs
update-docs: mailreeve$(EXEEXT)
	$(REEVE_DIRECTORIES) $(top_srcdir)/man/generate ./mailreeve$(EXEEXT) $(top_srcdir) $(top_srcdir)

# For man/generate and its check.
REEVE_DIRECTORIES = sysconfdir='$(sysconfdir)' localstatedir='$(localstatedir)' runstatedir='$(runstatedir)'; \
	export sysconfdir localstatedir runstatedir;

# The pages, the units and the sample file name the directories that packages use. The directories
# that systemd makes are always below /run and /var/lib: where ours are not, a unit may write to ours.
install-data-hook:
	run=; test '$(runstatedir)' = /run || run='-$(runstatedir)'; \
	state=; test '$(localstatedir)' = /var || state='-$(localstatedir)/lib'; \
	for page in $(mandir)/man8/mailreeve.8 $(mandir)/man5/mailreeve.conf.5 $(mandir)/man5/mailreeve-rules.5 $(mandir)/man8/mailreevectl.8 \
	  $(docdir)/mailreeve.conf $(docdir)/mailreeve.service $(docdir)/mailreeve@.service; do \
	  page="$(DESTDIR)$$page"; \
	  sed -e 's|/usr/sbin/mailreeve|$(sbindir)/mailreeve|g' \
	    -e 's|/etc/mailreeve|$(sysconfdir)/mailreeve|g' \
	    -e 's|/var/lib/mailreeve|$(localstatedir)/lib/mailreeve|g' \
	    -e 's|/run/mailreeve|$(runstatedir)/mailreeve|g' \
	    -e "$${run:+s|^RuntimeDirectory=|ReadWritePaths=$$run/|}" \
	    -e "$${state:+s|^StateDirectory=|ReadWritePaths=$$state/|}" "$$page" >"$$page.new" && \
	    chmod 644 "$$page.new" && mv "$$page.new" "$$page" || exit 1; \
	done
