noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = store/outage.h
libstore_a_SOURCES += \
	store/redis/client.cc store/redis/client.h \
	store/redis/cluster.cc store/redis/cluster.h \
	store/redis/connection.cc store/redis/connection.h \
	store/redis/pool.cc store/redis/pool.h \
	store/redis/protocol.cc store/redis/protocol.h \
	store/redis/routes.h \
	store/redis/script.cc store/redis/script.h \
	store/redis/sentinel.cc store/redis/sentinel.h \
	store/redis/url.cc store/redis/url.h
libstore_a_SOURCES += \
	store/sql/mysql_connection.cc store/sql/mysql_connection.h \
	store/sql/mysql_connector.cc store/sql/mysql_connector.h \
	store/sql/sql.cc store/sql/sql.h \
	store/sql/sqlite.cc store/sql/sqlite.h \
	store/sql/sqlite_backup.cc store/sql/sqlite_backup.h \
	store/sql/sqlite_draft.h \
	store/sql/sqlite_file.cc store/sql/sqlite_file.h \
	store/sql/sqlite_keeper.cc store/sql/sqlite_keeper.h \
	store/sql/sqlite_sql.cc store/sql/sqlite_sql.h
libstore_a_SOURCES += \
	store/state/courier.cc store/state/courier.h \
	store/state/ending_map.h \
	store/state/forwarding_store.cc store/state/forwarding_store.h \
	store/state/memory_store.cc store/state/memory_store.h \
	store/state/open_state_store.cc store/state/open_state_store.h \
	store/state/passage_cache.cc store/state/passage_cache.h \
	store/state/redis_archive.cc store/state/redis_archive.h \
	store/state/redis_keys.cc store/state/redis_keys.h \
	store/state/redis_scripts.cc store/state/redis_scripts.h \
	store/state/redis_store.cc store/state/redis_store.h \
	store/state/redis_sweep.cc store/state/redis_sweep.h \
	store/state/redis_values.cc store/state/redis_values.h \
	store/state/redis_walk_bound.h \
	store/state/remote_store.cc store/state/remote_store.h \
	store/state/sqlite_listing.cc store/state/sqlite_listing.h \
	store/state/sqlite_memo_tables.cc store/state/sqlite_memo_tables.h \
	store/state/sqlite_quota_tables.cc store/state/sqlite_quota_tables.h \
	store/state/sqlite_reader_pool.cc store/state/sqlite_reader_pool.h \
	store/state/sqlite_store.cc store/state/sqlite_store.h \
	store/state/sqlite_tables.cc store/state/sqlite_tables.h \
	store/state/sqlite_writer_thread.cc store/state/sqlite_writer_thread.h \
	store/state/watched_store.cc store/state/watched_store.h
libstore_a_SOURCES += \
	store/policydb/access_admin.cc store/policydb/access_admin.h \
	store/policydb/access_rows.cc store/policydb/access_rows.h \
	store/policydb/address_admin.cc store/policydb/address_admin.h \
	store/policydb/admin_database.cc store/policydb/admin_database.h \
	store/policydb/admin_error.cc store/policydb/admin_error.h \
	store/policydb/alias_admin.cc store/policydb/alias_admin.h \
	store/policydb/cached_policy_db.cc store/policydb/cached_policy_db.h \
	store/policydb/domain_admin.cc store/policydb/domain_admin.h \
	store/policydb/grant_admin.cc store/policydb/grant_admin.h \
	store/policydb/message_log.cc store/policydb/message_log.h \
	store/policydb/message_table.cc store/policydb/message_table.h \
	store/policydb/open_policy_db.cc store/policydb/open_policy_db.h \
	store/policydb/policy_cache.h \
	store/policydb/policy_contents.cc store/policydb/policy_contents.h \
	store/policydb/policy_lookup.cc store/policydb/policy_lookup.h \
	store/policydb/policy_names.cc store/policydb/policy_names.h \
	store/policydb/policy_rows.cc store/policydb/policy_rows.h \
	store/policydb/policy_schema.cc store/policydb/policy_schema.h \
	store/policydb/quota_admin.cc store/policydb/quota_admin.h \
	store/policydb/raise_admin.cc store/policydb/raise_admin.h \
	store/policydb/sql_policy_db.cc store/policydb/sql_policy_db.h \
	store/policydb/user_admin.cc store/policydb/user_admin.h
STORE_LIBS = libstore.a $(NET_LIBS) $(SQLITE_LIBS) $(HIREDIS_LIBS) $(MYSQL_LIBS)

# Each script as a string that redis_scripts.cc includes.
redis_lua = \
	store/state/lua/approach.lua \
	store/state/lua/charge.lua \
	store/state/lua/count_client.lua \
	store/state/lua/count_passage.lua \
	store/state/lua/count_user.lua \
	store/state/lua/claim_notice.lua \
	store/state/lua/forget_client.lua \
	store/state/lua/is_new.lua \
	store/state/lua/purge_client.lua \
	store/state/lua/purge_user.lua \
	store/state/lua/refund.lua \
	store/state/lua/remember.lua \
	store/state/lua/replace.lua \
	store/state/lua/reset.lua \
	store/state/lua/trust.lua \
	store/state/lua/trusted.lua
redis_lua_strings = $(redis_lua:.lua=.inc)
EXTRA_DIST += $(redis_lua)
BUILT_SOURCES += $(redis_lua_strings)
CLEANFILES += $(redis_lua_strings)
store/state/redis_scripts.$(OBJEXT): $(redis_lua_strings)
SUFFIXES = .lua .inc
.lua.inc:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	  { printf 'R"lua('; cat $<; printf ')lua"\n'; } >$@-t && mv $@-t $@
