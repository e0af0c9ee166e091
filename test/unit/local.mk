# The unit test of a directory links that directory's library and what it may
# include, nothing else: a stray dependency is a link error.
if HAVE_CPPUNIT
check_PROGRAMS += core_test
core_test_SOURCES = \
	test/unit/address_test.cc \
	test/unit/breaker_test.cc \
	test/unit/greylist_state_test.cc \
	test/unit/header_address_test.cc \
	test/unit/host_port_test.cc \
	test/unit/ip_address_test.cc \
	test/unit/limits_test.cc \
	test/unit/quota_state_test.cc \
	test/unit/registered_domain_test.cc \
	test/unit/secret_file_test.cc \
	test/unit/settled_clock_test.cc \
	test/unit/time_test.cc \
	test/unit/unicode_test.cc \
	test/unit/unix_address_test.cc \
	test/unit/url_test.cc \
	test/unit/verdict_test.cc
core_test_LDADD = $(CORE_LIBS) $(TAP_LIBS)

check_PROGRAMS += access_test
access_test_SOURCES = \
	test/contract/temp_directory.h \
	test/unit/access_matcher_test.cc \
	test/unit/access_rule_file_test.cc \
	test/unit/access_rule_test.cc \
	test/unit/access_shadow_test.cc
access_test_LDADD = $(ACCESS_LIBS) $(CORE_LIBS) $(TAP_LIBS)

check_PROGRAMS += dnslists_test
dnslists_test_SOURCES = \
	test/spf/fake_resolver.h \
	test/steady_clock_shift.h \
	test/unit/dns_lists_fixture.h \
	test/unit/dns_lists_test.cc \
	test/unit/list_answer_test.cc \
	test/unit/list_health_test.cc \
	test/unit/list_names_test.cc \
	test/unit/list_spec_test.cc
dnslists_test_LDADD = $(DNSLISTS_LIBS) $(CORE_LIBS) $(TAP_LIBS)

check_PROGRAMS += policies_test
policies_test_SOURCES = \
	test/unit/client_signs_test.cc \
	test/unit/access_policy_test.cc \
	test/unit/dynamic_name_test.cc \
	test/unit/greylist_key_test.cc \
	test/unit/greylist_test.cc \
	test/unit/pipeline_test.cc \
	test/unit/policy_fixture.h \
	test/unit/quota_test.cc \
	test/unit/reputation_test.cc \
	test/unit/sender_auth_test.cc \
	test/unit/spf_policy_test.cc \
	test/unit/trace_headers_test.cc
policies_test_LDADD = $(POLICY_LIBS) $(CORE_LIBS) $(TAP_LIBS)

# Policies with a store, as they are.
check_PROGRAMS += greylist_day_test
greylist_day_test_SOURCES = test/unit/greylist_day_test.cc test/unit/reputation_corpus_test.cc \
	test/unit/client_listings_test.cc \
	test/unit/policy_fixture.h
EXTRA_DIST += test/unit/corpus.txt
greylist_day_test_LDADD = $(POLICY_LIBS) $(STORE_LIBS) $(CORE_LIBS) $(TAP_LIBS)

check_PROGRAMS += config_test
config_test_SOURCES = \
	test/unit/load_test.cc \
	test/unit/options_test.cc
config_test_LDADD = $(CONFIG_LIBS) $(CORE_LIBS) $(TAP_LIBS)

check_PROGRAMS += log_test
log_test_SOURCES = \
	test/unit/log_writer_test.cc \
	test/unit/watched_store_test.cc
log_test_LDADD = libdaemon.a $(STORE_LIBS) $(CONFIG_LIBS) $(CORE_LIBS) $(SPDLOG_LIBS) $(SYSTEMD_LIBS) $(TAP_LIBS)

check_PROGRAMS += milter_test
milter_test_SOURCES = \
	test/contract/temp_directory.h \
	test/unit/dialogue_fixture.h \
	test/unit/dialogue_test.cc \
	test/unit/listener_test.cc \
	test/unit/native_server_test.cc \
	test/unit/odd_packets_test.cc \
	test/unit/packets_test.cc \
	test/unit/stage_macros_test.cc \
	test/unit/worker_pool_test.cc \
	test/unit/worker_supply_test.cc
milter_test_LDADD = $(FRONTEND_LIBS) $(SETUP_LIBS) $(TAP_LIBS)

TESTS += core_test access_test dnslists_test policies_test greylist_day_test config_test log_test milter_test
endif
