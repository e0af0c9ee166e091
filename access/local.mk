noinst_LIBRARIES += libaccess.a
libaccess_a_CPPFLAGS = $(AM_CPPFLAGS) $(RE2_CFLAGS)
libaccess_a_SOURCES = \
	access/pattern.cc \
	access/regexps.cc access/regexps.h \
	access/rule.cc access/rule.h
ACCESS_LIBS = libaccess.a $(RE2_LIBS)
