noinst_LIBRARIES += libpolicies.a
libpolicies_a_SOURCES = \
	policies/greylist.cc policies/greylist.h \
	policies/greylist_key.cc policies/greylist_key.h \
	policies/pipeline.cc policies/pipeline.h
