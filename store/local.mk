noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	store/cached_policy_db.cc store/cached_policy_db.h \
	store/courier.cc store/courier.h \
	store/guarded.h \
	store/memory_store.cc store/memory_store.h \
	store/message_log.cc store/message_log.h \
	store/message_table.cc store/message_table.h \
	store/mysql_connection.cc store/mysql_connection.h \
	store/mysql_connector.cc store/mysql_connector.h \
	store/open_policy_db.cc store/open_policy_db.h \
	store/open_state_store.cc store/open_state_store.h \
	store/outage.h \
	store/passage_cache.cc store/passage_cache.h \
	store/remote_store.cc store/remote_store.h \
	store/policy_admin.cc store/policy_admin.h \
	store/policy_cache.h \
	store/policy_contents.cc store/policy_contents.h \
	store/policy_grants.cc \
	store/policy_lookup.cc store/policy_lookup.h \
	store/policy_names.cc store/policy_names.h \
	store/policy_rows.cc store/policy_rows.h \
	store/policy_schema.cc store/policy_schema.h \
	store/quota_tables.cc store/quota_tables.h \
	store/socket_watch.cc store/socket_watch.h \
	store/sql.cc store/sql.h \
	store/sql_policy_db.cc store/sql_policy_db.h \
	store/sqlite.cc store/sqlite.h \
	store/sqlite_backup.cc store/sqlite_backup.h \
	store/sqlite_draft.h \
	store/sqlite_file.cc store/sqlite_file.h \
	store/sqlite_keeper.cc store/sqlite_keeper.h \
	store/sqlite_sql.cc store/sqlite_sql.h \
	store/sqlite_store.cc store/sqlite_store.h \
	store/state_listing.cc store/state_listing.h \
	store/state_readers.cc store/state_readers.h \
	store/state_tables.cc store/state_tables.h \
	store/state_writing.cc store/state_writing.h \
	store/watched_store.cc store/watched_store.h
libstore_a_SOURCES += \
	store/backoff.h \
	store/breaker.h \
	store/digest.cc store/digest.h \
	store/host_lookup.cc store/host_lookup.h \
	store/redis_archive.cc store/redis_archive.h \
	store/redis_client.cc store/redis_client.h \
	store/redis_cluster.cc store/redis_cluster.h \
	store/redis_connection.cc store/redis_connection.h \
	store/redis_keys.cc store/redis_keys.h \
	store/redis_pool.cc store/redis_pool.h \
	store/redis_protocol.cc store/redis_protocol.h \
	store/redis_routes.h \
	store/redis_scripts.cc store/redis_scripts.h \
	store/redis_sentinel.cc store/redis_sentinel.h \
	store/redis_store.cc store/redis_store.h \
	store/redis_sweep.cc store/redis_sweep.h \
	store/redis_walk_bound.h \
	store/redis_url.cc store/redis_url.h \
	store/redis_values.cc store/redis_values.h \
	store/socket_stream.cc store/socket_stream.h \
	store/stream.h \
	store/tls_stream.cc store/tls_stream.h
STORE_LIBS = libstore.a $(SQLITE_LIBS) $(HIREDIS_LIBS) $(OPENSSL_LIBS) $(MYSQL_LIBS)

# Each script as a string that redis_scripts.cc includes.
redis_lua = \
	store/lua/approach.lua \
	store/lua/charge.lua \
	store/lua/count_client.lua \
	store/lua/count_passage.lua \
	store/lua/count_user.lua \
	store/lua/first_notice.lua \
	store/lua/forget_client.lua \
	store/lua/purge_client.lua \
	store/lua/purge_user.lua \
	store/lua/refund.lua \
	store/lua/replace.lua \
	store/lua/reset.lua \
	store/lua/trust.lua \
	store/lua/trusted.lua
redis_lua_strings = $(redis_lua:.lua=.inc)
EXTRA_DIST += $(redis_lua)
BUILT_SOURCES += $(redis_lua_strings)
CLEANFILES += $(redis_lua_strings)
store/redis_scripts.$(OBJEXT): $(redis_lua_strings)
SUFFIXES = .lua .inc
.lua.inc:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	  { printf 'R"lua('; cat $<; printf ')lua"\n'; } >$@-t && mv $@-t $@
