noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	store/guarded.h \
	store/memory_store.cc store/memory_store.h \
	store/open_state_store.cc store/open_state_store.h \
	store/quota_tables.cc store/quota_tables.h \
	store/sqlite.cc store/sqlite.h \
	store/sqlite_file.cc store/sqlite_file.h \
	store/sqlite_store.cc store/sqlite_store.h \
	store/state_readers.cc store/state_readers.h \
	store/state_tables.cc store/state_tables.h \
	store/state_writing.cc store/state_writing.h \
	store/watched_store.cc store/watched_store.h
STORE_LIBS = libstore.a $(SQLITE_LIBS)
