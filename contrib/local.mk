EXTRA_DIST += contrib/check contrib/install-packages contrib/mailreeve.conf contrib/mailreeve.service \
	contrib/packages contrib/quickstart contrib/quickstart.py \
	ChangeLog COPYING HACKING.md README.md
