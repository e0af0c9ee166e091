# One suite per interface, run against every implementation.
if HAVE_CPPUNIT
check_PROGRAMS += store_contract_test store_crash_child
store_contract_test_SOURCES = \
	test/contract/crash_record.h \
	test/contract/cut_off_store.h \
	test/contract/crash_test.cc \
	test/contract/faulty_disk.cc test/contract/faulty_disk.h \
	test/contract/memory_store_test.cc \
	test/contract/open_state_store_test.cc \
	test/contract/program.cc test/contract/program.h \
	test/contract/remote_store_test.cc \
	test/contract/memo_store_contract.cc test/contract/memo_store_contract.h \
	test/contract/quota_store_contract.cc test/contract/quota_store_contract.h \
	test/contract/archive_store_contract.cc test/contract/archive_store_contract.h \
	test/contract/embedded_stores_test.cc \
	test/contract/sqlite_file_test.cc \
	test/contract/sqlite_lock_test.cc \
	test/contract/sqlite_reader_pool_test.cc \
	test/contract/sqlite_store_test.cc \
	test/contract/state_store_contract.cc test/contract/state_store_contract.h \
	test/contract/temp_directory.h
store_contract_test_LDADD = $(STORE_LIBS) $(CORE_LIBS) $(TAP_LIBS)
EXTRA_store_contract_test_DEPENDENCIES = store_crash_child$(EXEEXT)
store_crash_child_SOURCES = test/contract/crash_child.cc
store_crash_child_LDADD = $(STORE_LIBS) $(CORE_LIBS)

check_PROGRAMS += policy_test
policy_test_SOURCES = \
	test/contract/faulty_disk.cc test/contract/faulty_disk.h \
	test/contract/policy_cache_test.cc \
	test/contract/policy_access_contract.cc \
	test/contract/policy_contract.cc test/contract/policy_contract.h \
	test/contract/policy_message_log_test.cc \
	test/contract/policy_sqlite_test.cc \
	test/contract/policy_url_test.cc \
	test/contract/sql_socket_watch_test.cc \
	test/contract/temp_directory.h
policy_test_LDADD = $(STORE_LIBS) $(CORE_LIBS) $(TAP_LIBS)
TESTS += policy_test

check_PROGRAMS += access_refresher_test
access_refresher_test_SOURCES = test/contract/access_refresher_test.cc test/contract/temp_directory.h
access_refresher_test_LDADD = $(SETUP_LIBS) $(TAP_LIBS)
TESTS += access_refresher_test

# It starts a MariaDB server.
check_PROGRAMS += mariadb_contract_test
mariadb_contract_test_SOURCES = \
	test/contract/fake_server.cc test/contract/fake_server.h \
	test/contract/mariadb_fault_test.cc \
	test/contract/mariadb_policy_test.cc \
	test/contract/mariadb_server.cc test/contract/mariadb_server.h \
	test/contract/policy_access_contract.cc \
	test/contract/policy_contract.cc test/contract/policy_contract.h \
	test/contract/tcp_proxy.cc test/contract/tcp_proxy.h \
	test/contract/temp_directory.h
mariadb_contract_test_LDADD = $(STORE_LIBS) $(CORE_LIBS) $(TAP_LIBS)
TESTS += mariadb_contract_test

TESTS += store_contract_test

# They start Redis servers.
check_PROGRAMS += redis_contract_test
redis_contract_test_SOURCES = \
	test/contract/authority.h \
	test/contract/fake_server.cc test/contract/fake_server.h \
	test/contract/redis_endless_test.cc \
	test/contract/archive_store_contract.cc test/contract/archive_store_contract.h \
	test/contract/memo_store_contract.cc test/contract/memo_store_contract.h \
	test/contract/quota_store_contract.cc test/contract/quota_store_contract.h \
	test/contract/redis_breaker_test.cc \
	test/contract/redis_calls.h \
	test/contract/redis_fault_test.cc \
	test/contract/redis_lookup_test.cc \
	test/contract/redis_sentinel_test.cc \
	test/contract/redis_server.cc test/contract/redis_server.h \
	test/contract/redis_store_test.cc \
	test/contract/redis_sweep_test.cc \
	test/contract/redis_tls_test.cc \
	test/contract/redis_topology_test.cc \
	test/contract/redis_url_test.cc \
	test/contract/state_store_contract.cc test/contract/state_store_contract.h \
	test/contract/tcp_proxy.cc test/contract/tcp_proxy.h \
	test/contract/temp_directory.h
redis_contract_test_LDADD = $(STORE_LIBS) $(CORE_LIBS) $(TAP_LIBS)
TESTS += redis_contract_test
endif
