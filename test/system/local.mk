# The daemon itself, behind real MTAs where they are installed. They find it by
# abs_top_builddir; MAILREEVE_SENDMAIL_ROOT may name a place where Sendmail's
# packages are unpacked, or shall be.
SYSTEM_TESTS = \
	test/system/access_rules_test.py \
	test/system/access_test.py \
	test/system/burst_test.py \
	test/system/configuration_test.py \
	test/system/ctl_chapps_test.py \
	test/system/ctl_daemon_test.py \
	test/system/ctl_mariadb_test.py \
	test/system/ctl_policy_test.py \
	test/system/ctl_state_test.py \
	test/system/ctl_status_test.py \
	test/system/ctl_usage_test.py \
	test/system/dns_lists_test.py \
	test/system/log_test.py \
	test/system/miltertest_test.py \
	test/system/opendmarc_test.py \
	test/system/outbound_hijack_test.py \
	test/system/native_test.py \
	test/system/odd_postfix_test.py \
	test/system/odd_sendmail_test.py \
	test/system/outbound_mariadb_test.py \
	test/system/outbound_messages_test.py \
	test/system/outbound_refund_test.py \
	test/system/outbound_sender_test.py \
	test/system/postfix_greylist_test.py \
	test/system/postfix_operation_test.py \
	test/system/postfix_orders_test.py \
	test/system/redis_failover_test.py \
	test/system/redis_faults_test.py \
	test/system/redis_shared_test.py \
	test/system/reputation_test.py \
	test/system/running_test.py \
	test/system/sendmail_test.py \
	test/system/service_test.py \
	test/system/spf_command_test.py \
	test/system/spf_conformance_test.py \
	test/system/spf_dns_test.py \
	test/system/spf_forgery_test.py \
	test/system/spf_sendmail_test.py \
	test/system/spf_test.py \
	test/system/sqlite_files_test.py \
	test/system/start_test.py \
	test/system/wire_orders_test.py

TESTS += $(SYSTEM_TESTS)

# What the front end has a part in, once more with the other one: make check-native, behind
# make check.
NATIVE_TESTS = \
	test/system/access_test.py \
	test/system/burst_test.py \
	test/system/configuration_test.py \
	test/system/log_test.py \
	test/system/miltertest_test.py \
	test/system/odd_postfix_test.py \
	test/system/odd_sendmail_test.py \
	test/system/opendmarc_test.py \
	test/system/outbound_hijack_test.py \
	test/system/outbound_messages_test.py \
	test/system/outbound_refund_test.py \
	test/system/outbound_sender_test.py \
	test/system/postfix_greylist_test.py \
	test/system/postfix_operation_test.py \
	test/system/postfix_orders_test.py \
	test/system/reputation_test.py \
	test/system/running_test.py \
	test/system/sendmail_test.py \
	test/system/service_test.py \
	test/system/spf_sendmail_test.py \
	test/system/spf_test.py \
	test/system/start_test.py \
	test/system/wire_orders_test.py
check-native: $(sbin_PROGRAMS) $(check_PROGRAMS)
	$(MAKE) check-TESTS TESTS='$(NATIVE_TESTS)' MAILREEVE_ENGINE=native
.PHONY: check-native
dist_check_SCRIPTS += $(SYSTEM_TESTS)
EXTRA_DIST += \
	test/system/ctl_site.py \
	test/system/daemon.py \
	test/system/harness.py \
	test/system/mariadb.py \
	test/system/milter_client.py \
	test/system/mta.py \
	test/system/odd_site.py \
	test/system/redis_load.py \
	test/system/redis_server.py \
	test/system/smtp.py \
	test/system/spf_site.py \
	test/system/submission.py \
	test/system/with_dns.py \
	test/system/steps.lua \
	test/system/abort.lua \
	test/system/header.lua \
	test/system/lost_connection.lua \
	test/system/negotiation.lua \
	test/system/odd_paths.lua \
	test/system/old_mta.lua \
	test/system/replies.lua \
	test/system/unknown_client.lua

AM_TESTS_ENVIRONMENT += PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE;
