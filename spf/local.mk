noinst_LIBRARIES += libspf.a
libspf_a_SOURCES = \
	spf/ascii.h \
	spf/check_host.cc spf/check_host.h \
	spf/engine.h \
	spf/evaluation.cc spf/evaluation.h \
	spf/extent.cc spf/extent.h \
	spf/identity.cc spf/identity.h \
	spf/lookups.cc spf/lookups.h \
	spf/macro.cc spf/macro.h \
	spf/record.cc spf/record.h \
	spf/trace.cc spf/trace.h
SPF_LIBS = libspf.a
SPF_LIBS += $(LIBSPF2_LIBS)
if HAVE_LIBSPF2
libspf_a_SOURCES += \
	spf/libspf2_dns.cc spf/libspf2_dns.h \
	spf/libspf2_engine.cc spf/libspf2_engine.h \
	spf/libspf2_guard.cc spf/libspf2_guard.h
endif
