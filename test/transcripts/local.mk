check_PROGRAMS += transcript_test
transcript_test_SOURCES = test/transcripts/transcript_test.cc test/contract/cut_off_store.h test/contract/temp_directory.h
transcript_test_LDADD = libconversation.a libdaemon.a $(SETUP_LIBS) $(SPDLOG_LIBS)

TRANSCRIPTS = \
	test/transcripts/access.txt \
	test/transcripts/access_recipes.txt \
	test/transcripts/bounces.txt \
	test/transcripts/correspondents.txt \
	test/transcripts/exempt.txt \
	test/transcripts/from.txt \
	test/transcripts/greylist.txt \
	test/transcripts/identity.txt \
	test/transcripts/monitor.txt \
	test/transcripts/non_smtp.txt \
	test/transcripts/odd_envelopes.txt \
	test/transcripts/opt_in.txt \
	test/transcripts/outbound.txt \
	test/transcripts/outbound_failures.txt \
	test/transcripts/quota.txt \
	test/transcripts/recipients.txt \
	test/transcripts/reputation.txt \
	test/transcripts/sample_bley.txt \
	test/transcripts/sample_chapps.txt \
	test/transcripts/sample_kamaelia.txt \
	test/transcripts/sample_rateguard.txt \
	test/transcripts/settings.txt \
	test/transcripts/spf.txt \
	test/transcripts/store_down.txt
EXTRA_DIST += $(TRANSCRIPTS) test/transcripts/README.md test/transcripts/play.sh
TESTS += test/transcripts/play.sh
test/transcripts/play.log: transcript_test$(EXEEXT)
