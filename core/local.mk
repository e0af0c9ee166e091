noinst_LIBRARIES += libcore.a
# For one file only: whatever the prefix, all others are compiled alike.
DIRECTORY_CPPFLAGS = -DREEVE_SYSCONFDIR=\"$(sysconfdir)\" \
	-DREEVE_LOCALSTATEDIR=\"$(localstatedir)\" -DREEVE_RUNSTATEDIR=\"$(runstatedir)\"
core/default_paths.$(OBJEXT): CPPFLAGS += $(DIRECTORY_CPPFLAGS)
libcore_a_SOURCES = \
	core/action.cc core/action.h \
	core/address.cc core/address.h \
	core/address_lists.h \
	core/default_paths.cc core/default_paths.h \
	core/domain_names.cc core/domain_names.h \
	core/facts.h \
	core/greylist_state.cc core/greylist_state.h \
	core/handling.h \
	core/header_address.cc core/header_address.h \
	core/idna.cc core/idna.h \
	core/ip_address.cc core/ip_address.h \
	core/limits.cc core/limits.h \
	core/log.cc core/log.h \
	core/memo.h \
	core/message_record.h \
	core/notification.h \
	core/page.h \
	core/policy.h \
	core/policy_db.h \
	core/quota_state.cc core/quota_state.h \
	core/registered_domain.cc core/registered_domain.h \
	core/reputation_finding.h \
	core/resolver.h \
	core/sign.cc core/sign.h \
	core/skips.cc core/skips.h \
	core/spf_outcome.cc core/spf_outcome.h \
	core/state_entry.cc core/state_entry.h \
	core/state_store.h \
	core/unicode.cc core/unicode.h \
	core/verdict.cc core/verdict.h
CORE_LIBS = libcore.a $(IDN2_LIBS) $(UNISTRING_LIBS) $(PSL_LIBS) $(UTIL_LIBS) $(UTIL_LIBS)
