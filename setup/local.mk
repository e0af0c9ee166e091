noinst_LIBRARIES += libsetup.a
libsetup_a_SOURCES = \
	setup/access_files.cc setup/access_files.h \
	setup/access_refresher.cc setup/access_refresher.h \
	setup/checked_settings.cc setup/checked_settings.h \
	setup/policy_data.cc setup/policy_data.h \
	setup/runtime.cc setup/runtime.h \
	setup/state.cc setup/state.h \
	setup/system_check.cc setup/system_check.h
SETUP_LIBS = libsetup.a $(POLICY_LIBS) $(STORE_LIBS) $(NOTIFY_LIBS) $(DNS_LIBS) $(CONFIG_LIBS) $(CORE_LIBS)
