# One suite per interface, run against every implementation.
if HAVE_CPPUNIT
check_PROGRAMS += store_contract_test
store_contract_test_SOURCES = \
	test/contract/memory_store_test.cc \
	test/contract/sqlite_store_test.cc \
	test/contract/state_store_contract.cc test/contract/state_store_contract.h \
	test/contract/temp_directory.h
store_contract_test_LDADD = $(STORE_LIBS) $(CORE_LIBS) $(TAP_LIBS)

TESTS += store_contract_test
endif
