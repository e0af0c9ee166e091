noinst_LIBRARIES += libdns.a
libdns_a_SOURCES = \
	dns/answer_cache.cc dns/answer_cache.h \
	dns/rdata.cc dns/rdata.h \
	dns/unbound_context.cc dns/unbound_context.h \
	dns/unbound_resolver.cc dns/unbound_resolver.h
DNS_LIBS = libdns.a $(UNBOUND_LIBS)
