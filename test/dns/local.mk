if HAVE_CPPUNIT
# Needs no UNBOUND_LIBS: reading records and caching answers needs no client library.
check_PROGRAMS += dns_test
dns_test_SOURCES = \
	test/dns/answer_cache_test.cc \
	test/dns/rdata_test.cc
dns_test_LDADD = libdns.a $(CORE_LIBS) $(TAP_LIBS)

# test/dns/resolver_test.py starts it, with a name server.
check_PROGRAMS += unbound_resolver_test
unbound_resolver_test_SOURCES = \
	test/dns/scripted_server.cc test/dns/scripted_server.h \
	test/dns/unbound_resolver_test.cc
unbound_resolver_test_LDADD = $(DNS_LIBS) $(CORE_LIBS) $(TAP_LIBS)

TESTS += dns_test test/dns/resolver_test.py
endif
dist_check_SCRIPTS += test/dns/resolver_test.py
EXTRA_DIST += test/dns/authority.py test/dns/slow_server.py
