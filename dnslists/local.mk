noinst_LIBRARIES += libdnslists.a
libdnslists_a_SOURCES = \
	dnslists/dns_lists.cc dnslists/dns_lists.h \
	dnslists/list_answer.cc dnslists/list_answer.h \
	dnslists/list_health.cc dnslists/list_health.h \
	dnslists/list_names.cc dnslists/list_names.h \
	dnslists/list_round.cc dnslists/list_round.h \
	dnslists/list_spec.cc dnslists/list_spec.h
DNSLISTS_LIBS = libdnslists.a
