# Every CppUnit program links tap_main.cc, so that each of its tests is a line of TAP.
if HAVE_CPPUNIT
check_LIBRARIES += libtapmain.a
libtapmain_a_SOURCES = test/tap_main.cc
TAP_LIBS = libtapmain.a $(CPPUNIT_LIBS)
endif
