noinst_LIBRARIES += libpolicies.a
libpolicies_a_SOURCES = \
	policies/access.cc policies/access.h policies/access_settings.h \
	policies/client_listings.cc policies/client_listings.h \
	policies/client_signs.cc policies/client_signs.h \
	policies/correspondents.cc policies/correspondents.h \
	policies/dynamic_name.cc policies/dynamic_name.h \
	policies/envelope_syntax.cc policies/envelope_syntax.h \
	policies/greylist.cc policies/greylist.h \
	policies/greylist_settings.h \
	policies/greylist_key.cc policies/greylist_key.h \
	policies/identity.cc policies/identity.h policies/identity_settings.h \
	policies/notices.cc policies/notices.h \
	policies/pipeline.cc policies/pipeline.h \
	policies/quota.cc policies/quota.h policies/quota_settings.h \
	policies/reputation.cc policies/reputation.h policies/reputation_settings.h \
	policies/sender_auth.cc policies/sender_auth.h policies/sender_auth_settings.h \
	policies/sender_word.cc policies/sender_word.h \
	policies/spf_check.cc policies/spf_check.h \
	policies/spf_policy.cc policies/spf_policy.h policies/spf_settings.h \
	policies/trace_headers.cc policies/trace_headers.h
POLICY_LIBS = libpolicies.a $(DNSLISTS_LIBS) $(ACCESS_LIBS) $(SPF_LIBS) $(DNSLISTS_LIBS)
