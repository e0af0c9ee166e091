if HAVE_CPPUNIT
# Without UNBOUND_LIBS: reading records and keeping answers needs no client library.
check_PROGRAMS += dns_test
dns_test_SOURCES = \
	test/dns/answer_cache_test.cc \
	test/dns/rdata_test.cc
dns_test_LDADD = libdns.a $(CORE_LIBS) $(TAP_LIBS)

TESTS += dns_test
endif
