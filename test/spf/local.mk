EXTRA_DIST += test/spf/README.md test/spf/libspf2_disagreements.txt test/spf/rfc7208.json
if HAVE_CPPUNIT
# Like a unit test, it links what spf/ may include and nothing else.
check_PROGRAMS += spf_test spf_conformance_test
spf_test_SOURCES = \
	test/spf/check_host_test.cc \
	test/spf/expectation_test.cc \
	test/spf/explanation_test.cc \
	test/spf/extent_test.cc \
	test/spf/fake_resolver.h test/spf/world.h \
	test/spf/identity_test.cc \
	test/spf/limits_test.cc \
	test/spf/macro_test.cc \
	test/spf/record_test.cc \
	test/spf/trace_test.cc
spf_test_LDADD = $(SPF_LIBS) $(CORE_LIBS) $(TAP_LIBS)

spf_conformance_test_SOURCES = \
	test/spf/conformance.cc test/spf/conformance.h \
	test/spf/conformance_test.cc
spf_conformance_test_LDADD = $(SPF_LIBS) $(CORE_LIBS) $(TAP_LIBS)

TESTS += spf_test spf_conformance_test

if HAVE_LIBSPF2
check_PROGRAMS += libspf2_test
libspf2_test_SOURCES = \
	test/spf/conformance.cc test/spf/conformance.h \
	test/spf/libspf2_test.cc
libspf2_test_LDADD = $(SPF_LIBS) $(CORE_LIBS) $(TAP_LIBS)
TESTS += libspf2_test
endif
endif
