EXTRA_DIST += test/spf/README.md test/spf/rfc7208.json
if HAVE_CPPUNIT
# As a unit test: what spf/ may include, and nothing else.
check_PROGRAMS += spf_conformance_test
spf_conformance_test_SOURCES = \
	test/spf/conformance.cc test/spf/conformance.h \
	test/spf/conformance_test.cc \
	test/spf/fake_resolver.h
spf_conformance_test_LDADD = $(SPF_LIBS) $(CORE_LIBS) $(TAP_LIBS)

TESTS += spf_conformance_test
endif
