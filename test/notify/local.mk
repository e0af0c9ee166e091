if HAVE_CPPUNIT
check_PROGRAMS += notify_test notify_delivery_test notify_crash_child
notify_test_SOURCES = \
	test/notify/fixture.h \
	test/notify/mail_test.cc \
	test/notify/notifier_test.cc \
	test/notify/run_program_test.cc \
	test/notify/settings_test.cc \
	test/notify/spool_test.cc \
	test/notify/token_test.cc \
	test/notify/webhook_test.cc
notify_test_LDADD = $(NOTIFY_LIBS) $(CORE_LIBS) $(TAP_LIBS)

# It starts test/notify/receiver.py and smtp_server.py.
notify_delivery_test_SOURCES = \
	test/contract/program.cc test/contract/program.h \
	test/notify/delivery_test.cc \
	test/notify/fixture.h \
	test/notify/smtp_test.cc
notify_delivery_test_LDADD = $(NOTIFY_LIBS) $(CORE_LIBS) $(TAP_LIBS)
EXTRA_notify_delivery_test_DEPENDENCIES = notify_crash_child$(EXEEXT)
notify_crash_child_SOURCES = test/notify/crash_child.cc test/notify/fixture.h
notify_crash_child_LDADD = $(NOTIFY_LIBS) $(CORE_LIBS)

TESTS += notify_test notify_delivery_test
endif
EXTRA_DIST += test/notify/receiver.py test/notify/smtp_server.py
