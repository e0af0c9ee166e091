# libFuzzer with ASan and UBSan. The sources are compiled as they are, by
# clang++, whatever compiler the rest is built with.
#   make -j2 check-fuzz                 about 20 s a target, two at once
#   make check-fuzz FUZZ_SECONDS=3600   longer
#   make check-fuzz FUZZERS=macro_fuzz  one of them
# New inputs are kept in fuzz-corpus/ of the build directory; what breaks
# something becomes *_fuzz-crash-* there, and stays for whoever mends it.
FUZZ_SECONDS = 20
FUZZERS = record_fuzz macro_fuzz check_host_fuzz text_fuzz access_fuzz dialogue_fuzz
FUZZ_CXXFLAGS = -std=c++20 -g -O1 -fno-omit-frame-pointer \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
fuzz_sources = \
	access/matcher.cc access/pattern.cc access/pattern_index.cc access/regexps.cc access/rule.cc access/shadow.cc \
	access/subject.cc core/skips.cc core/verdict.cc \
	spf/check_host.cc spf/evaluation.cc spf/extent.cc spf/identity.cc spf/lookups.cc spf/macro.cc spf/record.cc spf/trace.cc \
	core/address.cc core/header_address.cc core/idna.cc core/ip_address.cc core/limits.cc core/spf_outcome.cc \
	core/registered_domain.cc core/unicode.cc util/digest.cc util/time.cc util/url.cc \
	policies/dynamic_name.cc policies/greylist_key.cc policies/sender_word.cc
fuzz_objects = $(fuzz_sources:%.cc=fuzz-objects/%.o)
# A conversation needs almost all that there is.
dialogue_sources = \
	access/access_rules.cc core/action.cc core/default_paths.cc util/host_port.cc core/domain_names.cc core/greylist_state.cc core/log.cc core/quota_state.cc core/sign.cc \
	core/state_entry.cc dnslists/dns_lists.cc dnslists/list_answer.cc dnslists/list_health.cc dnslists/list_names.cc \
	dnslists/list_round.cc dnslists/list_spec.cc milter/conversation.cc milter/mta_connection.cc milter/native/dialogue.cc \
	milter/native/packets.cc milter/native/stage_macros.cc milter/report.cc milter/sessions.cc policies/access.cc \
	policies/client_listings.cc policies/client_signs.cc policies/correspondents.cc policies/envelope_syntax.cc policies/greylist.cc \
	policies/identity.cc policies/notices.cc policies/pipeline.cc policies/quota.cc policies/reputation.cc policies/sender_auth.cc \
	policies/spf_check.cc policies/spf_policy.cc policies/trace_headers.cc setup/runtime.cc spf/libspf2_dns.cc spf/libspf2_engine.cc \
	spf/libspf2_guard.cc store/redis/url.cc store/state/memory_store.cc
dialogue_objects = $(dialogue_sources:%.cc=fuzz-objects/%.o)

EXTRA_DIST += \
	test/fuzz/access_fuzz.cc test/fuzz/check_host_fuzz.cc test/fuzz/dialogue_fuzz.cc test/fuzz/expect.h test/fuzz/macro_fuzz.cc test/fuzz/record_fuzz.cc \
	test/fuzz/spf.dict test/fuzz/text_fuzz.cc test/fuzz/wire_fuzz.py test/fuzz/corpus

fuzz-objects/%.o: $(srcdir)/%.cc
	@test -n "$(FUZZ_CXX)" || { echo "check-fuzz needs clang++ with libFuzzer" >&2; exit 1; }
	@$(MKDIR_P) $(@D)
	$(AM_V_CXX)$(FUZZ_CXX) -MMD -I. -I$(srcdir) $(DIRECTORY_CPPFLAGS) $(IDN2_CFLAGS) $(PSL_CFLAGS) $(RE2_CFLAGS) \
	  $(WARN_CXXFLAGS) $(FUZZ_CXXFLAGS) -c -o $@ $<

dialogue_fuzz: $(dialogue_objects)
dialogue_fuzz: FUZZ_LIBS = $(filter -l%,$(SETUP_LIBS))
$(FUZZERS): %: fuzz-objects/test/fuzz/%.o $(fuzz_objects)
	$(AM_V_CXXLD)$(FUZZ_CXX) $(FUZZ_CXXFLAGS) -o $@ $^ $(FUZZ_LIBS) $(IDN2_LIBS) $(PSL_LIBS) $(RE2_LIBS) $(UNISTRING_LIBS) \
	  $(OPENSSL_LIBS)

check-fuzz: $(FUZZERS:%=check-fuzz-%) check-fuzz-wire

$(FUZZERS:%=check-fuzz-%): check-fuzz-%: %
	@$(MKDIR_P) fuzz-corpus/$*
	@./$* -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
	  -print_final_stats=1 -artifact_prefix=$*- -dict=$(srcdir)/test/fuzz/spf.dict \
	  fuzz-corpus/$* $(srcdir)/test/fuzz/corpus/$* > $*.log 2>&1 \
	  || { tail -60 $*.log; echo "$*: FAILED, see $*.log"; exit 1; }
	@$(SED) -n "s/^stat::number_of_executed_units: */$*: ok, inputs tried: /p" $*.log

# What comes over the milter's socket, said to the daemon as it is built.
FUZZ_SEED = 1
check-fuzz-wire: mailreeve$(EXEEXT)
	@abs_top_builddir=$(abs_top_builddir) PYTHONDONTWRITEBYTECODE=1 \
	  $(srcdir)/test/fuzz/wire_fuzz.py --seconds $(FUZZ_SECONDS) --seed $(FUZZ_SEED)
.PHONY: check-fuzz check-fuzz-wire $(FUZZERS:%=check-fuzz-%)

clean-local: clean-fuzz
clean-fuzz:
	rm -rf fuzz-objects fuzz-corpus $(FUZZERS) $(FUZZERS:=.log)
.PHONY: clean-fuzz
-include $(fuzz_objects:.o=.d) $(dialogue_objects:.o=.d) $(FUZZERS:%=fuzz-objects/test/fuzz/%.d)
