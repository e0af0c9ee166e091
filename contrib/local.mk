EXTRA_DIST += contrib/check contrib/install-packages contrib/packages contrib/quickstart contrib/quickstart.py \
	doc/access.md doc/greylisting.md doc/libmilter.md doc/native.md doc/quotas.md doc/redis.md doc/releasing.md doc/reputation.md doc/spf.md doc/sqlite.md \
	ChangeLog CONTRIBUTING.md COPYING HACKING.md README.md
# To be copied to where the system looks for them: it is the admin who starts a daemon.
dist_doc_DATA = SECURITY.md contrib/mailreeve.conf contrib/mailreeve.service contrib/mailreeve@.service \
	contrib/mailreeve.socket \
	contrib/access/large-senders.rules
samplesdir = $(docdir)/samples
dist_samples_DATA = contrib/samples/bley.conf contrib/samples/chapps.conf contrib/samples/kamaelia.conf \
	contrib/samples/rateguard.conf
