EXTRA_DIST += contrib/check contrib/install-packages contrib/mailreeve.conf contrib/mailreeve.service contrib/mailreeve@.service \
	contrib/packages contrib/quickstart contrib/quickstart.py \
	doc/greylisting.md doc/libmilter.md doc/quotas.md doc/redis.md doc/spf.md doc/sqlite.md \
	ChangeLog COPYING HACKING.md README.md
