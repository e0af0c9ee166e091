noinst_LIBRARIES += libaccess.a
libaccess_a_CPPFLAGS = $(AM_CPPFLAGS) $(RE2_CFLAGS)
libaccess_a_SOURCES = \
	access/access_rules.cc access/access_rules.h \
	access/matcher.cc access/matcher.h \
	access/pattern.cc \
	access/pattern_index.cc access/pattern_index.h \
	access/regexps.cc access/regexps.h \
	access/rule.cc access/rule.h \
	access/rule_file.cc access/rule_file.h \
	access/shadow.cc access/shadow.h \
	access/subject.cc access/subject.h
ACCESS_LIBS = libaccess.a $(RE2_LIBS)
