# The unit test of a directory links that directory's library and what it may
# include, nothing else: a stray dependency is a link error.
if HAVE_CPPUNIT
check_PROGRAMS += core_test
core_test_SOURCES = \
	test/unit/address_test.cc \
	test/unit/greylist_state_test.cc \
	test/unit/ip_address_test.cc \
	test/unit/time_test.cc \
	test/unit/verdict_test.cc
core_test_LDADD = $(CORE_LIBS) $(TAP_LIBS)

TESTS += core_test
endif
