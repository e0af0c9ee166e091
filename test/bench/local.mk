# "make" and "make check" build nothing here; "make bench" does, and
# test/bench/run uses it. milter_load is also a tool for tests.
bench_tools = fill_state milter_load noop_milter
fill_state_SOURCES = \
	test/bench/fill_state.cc \
	test/bench/state_filling.cc test/bench/state_filling.h
fill_state_LDADD = $(STORE_LIBS) $(CORE_LIBS)
milter_load_SOURCES = \
	test/bench/load_session.cc test/bench/load_session.h \
	test/bench/milter_load.cc \
	test/bench/milter_wire.cc test/bench/milter_wire.h
noop_milter_SOURCES = test/bench/noop_milter.cc
noop_milter_LDADD = $(MILTER_LIBS)

if HAVE_BENCHMARK
bench_tools += access_bench core_bench spf_bench store_bench
access_bench_SOURCES = test/bench/access_bench.cc test/contract/temp_directory.h
access_bench_CXXFLAGS = $(AM_CXXFLAGS) $(BENCHMARK_CFLAGS)
access_bench_LDADD = $(ACCESS_LIBS) $(CORE_LIBS) $(BENCHMARK_LIBS)
core_bench_SOURCES = test/bench/core_bench.cc
core_bench_CXXFLAGS = $(AM_CXXFLAGS) $(BENCHMARK_CFLAGS)
core_bench_LDADD = $(CORE_LIBS) $(BENCHMARK_LIBS)
spf_bench_SOURCES = test/bench/spf_bench.cc
spf_bench_CXXFLAGS = $(AM_CXXFLAGS) $(BENCHMARK_CFLAGS)
spf_bench_LDADD = $(SPF_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(BENCHMARK_LIBS)

store_bench_SOURCES = \
	test/bench/state_filling.cc test/bench/state_filling.h \
	test/bench/store_bench.cc \
	test/contract/redis_server.cc test/contract/redis_server.h
store_bench_CXXFLAGS = $(AM_CXXFLAGS) $(BENCHMARK_CFLAGS)
store_bench_LDADD = $(STORE_LIBS) $(CORE_LIBS) $(BENCHMARK_LIBS)
endif

EXTRA_PROGRAMS += $(bench_tools)
CLEANFILES += $(bench_tools)
EXTRA_DIST += \
	test/bench/README.md \
	test/bench/RESULTS.md \
	test/bench/run \
	test/bench/run-spf

.PHONY: bench
bench: $(sbin_PROGRAMS) $(bench_tools)
