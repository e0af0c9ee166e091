noinst_LIBRARIES += libspf.a
libspf_a_SOURCES = \
	spf/ascii.h \
	spf/check_host.cc spf/check_host.h \
	spf/engine.h \
	spf/evaluation.cc spf/evaluation.h \
	spf/identity.cc spf/identity.h \
	spf/lookups.cc spf/lookups.h \
	spf/macro.cc spf/macro.h \
	spf/record.cc spf/record.h \
	spf/trace.cc spf/trace.h
SPF_LIBS = libspf.a
