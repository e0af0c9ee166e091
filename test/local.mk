# Every CppUnit program links tap_main.cc, so that each of its tests is a line of TAP.
if HAVE_CPPUNIT
check_LIBRARIES += libtapmain.a
libtapmain_a_SOURCES = test/tap_main.cc
TAP_LIBS = libtapmain.a $(CPPUNIT_LIBS)
endif

AM_TESTS_ENVIRONMENT = \
	abs_top_srcdir='$(abs_top_srcdir)'; export abs_top_srcdir; \
	abs_top_builddir='$(abs_top_builddir)'; export abs_top_builddir; \
	MANDOC='$(MANDOC)'; export MANDOC; \
	CLANG_FORMAT='$(CLANG_FORMAT)'; export CLANG_FORMAT; \
	sbindir='$(sbindir)' mandir='$(mandir)' docdir='$(docdir)'; export sbindir mandir docdir; \
	$(if $(MAILREEVE_ENGINE),MAILREEVE_ENGINE='$(MAILREEVE_ENGINE)'; export MAILREEVE_ENGINE;) \
	$(REEVE_DIRECTORIES)

dist_check_SCRIPTS += test/docs_check.sh test/format_check.sh test/install_test.sh test/layering_check.sh \
	test/scripts_check.sh
TESTS += test/docs_check.sh test/format_check.sh test/install_test.sh test/layering_check.sh test/scripts_check.sh
test/docs_check.log test/install_test.log: mailreeve$(EXEEXT) mailreevectl$(EXEEXT)
EXTRA_DIST += test/tap.sh .clang-format .clang-tidy .editorconfig

# One program of tests, or some of its cases, or one script, with nothing else built:
#   make check-unit UNIT=core_test CASES=Verdict
#   make check-unit UNIT=test/system/log_test.py
check-unit: $(filter-out %.py,$(UNIT)) $(if $(filter %.py,$(UNIT)),$(sbin_PROGRAMS))
	@test -n "$(UNIT)" || { echo "check-unit needs UNIT=PROGRAM, of: $(check_PROGRAMS)" >&2; exit 1; }
	@$(AM_TESTS_ENVIRONMENT) $(if $(filter %.py,$(UNIT)),$(PY_LOG_COMPILER) $(srcdir)/$(UNIT),./$(UNIT)) $(CASES)
.PHONY: check-unit

# For clang++: make standard_library.pch && make PCH_CXXFLAGS='-include-pch standard_library.pch'
# takes half the time. It hides a missing #include <...>: not for a build that is the only one.
standard_library.pch: test/standard_library.h
	$(AM_V_GEN)$(CXXCOMPILE) -x c++-header -o $@ $(srcdir)/test/standard_library.h
EXTRA_DIST += test/standard_library.h test/steady_clock_shift.h
CLEANFILES += standard_library.pch

.PHONY: format tidy check-asan check-tsan coverage coverage-figure
ROOMS = util net core access spf dnslists policies dns store notify config setup milter daemon admin ctl
format:
	cd $(top_srcdir) && find $(ROOMS) test \
	  \( -name '*.cc' -o -name '*.h' \) -print | xargs $(CLANG_FORMAT) -i

# The flags of this build; each file by itself.
tidy: $(BUILT_SOURCES)
	cd $(top_srcdir) && find $(ROOMS) -name '*.cc' -print | \
	  xargs -P "$$(nproc)" -n 1 sh -c '$(CLANG_TIDY) --quiet "$$0" -- -std=c++20 -I. -I$(abs_top_builddir) \
	    $(IDN2_CFLAGS) $(PSL_CFLAGS) $(RE2_CFLAGS) $(SQLITE_CFLAGS) $(MYSQL_CFLAGS) $(SPDLOG_CFLAGS) $(SYSTEMD_CFLAGS) \
	    $(DIRECTORY_CPPFLAGS)'

# A build of its own below this one, all of it instrumented.
check-asan:
	$(MAKE) check-sanitized NAME=asan SANITIZER=address,undefined
check-tsan:
	$(MAKE) check-sanitized NAME=tsan SANITIZER=thread

# How much of the code the programs of tests reach, with gcovr; COVERAGE_TESTS may name
# others, or scripts. A child that ends by _exit(2) or by a signal counts for nothing.
COVERAGE_TESTS = $(filter-out %.sh %.py,$(TESTS)) test/transcripts/play.sh
coverage:
	$(MKDIR_P) build-coverage
	cd build-coverage && { test -f Makefile || $(abs_top_srcdir)/configure CXX='$(CXX)' \
	  CXXFLAGS='-O1 --coverage -fprofile-update=atomic'; }
	find build-coverage \( -name '*.gcda' -o -name '*conftest.gcno' \) -exec rm -f {} +
	$(MAKE) -C build-coverage coverage-figure COVERAGE_TESTS='$(COVERAGE_TESTS)' \
	  UNCOVERED='-fno-profile-arcs -fno-test-coverage'
# The tests themselves are not counted, and some would take GCC half an hour with counters.
test/%.$(OBJEXT): CXXFLAGS += $(UNCOVERED)

# Throwing is no branch here: else every call has one.
coverage-figure: $(BUILT_SOURCES) $(sbin_PROGRAMS)
	$(MAKE) check-TESTS TESTS='$(COVERAGE_TESTS)'
	cd $(abs_top_srcdir) && gcovr $(ROOMS:%=--filter='%/') --exclude-throw-branches \
	  --exclude-unreachable-branches --object-directory=$(abs_builddir) --print-summary \
	  --output=$(abs_builddir)/coverage.txt $(abs_builddir)

.PHONY: check-sanitized
check-sanitized:
	$(MKDIR_P) build-$(NAME)
	cd build-$(NAME) && { test -f Makefile || $(abs_top_srcdir)/configure --with-sanitizer=$(SANITIZER) \
	  --enable-werror CXX='$(CXX)' CXXFLAGS='-g -O1'; }
	TSAN_OPTIONS="suppressions=$(abs_top_srcdir)/test/tsan.supp halt_on_error=1" \
	  $(MAKE) -C build-$(NAME) check
EXTRA_DIST += test/tsan.supp
