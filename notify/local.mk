noinst_LIBRARIES += libnotify.a
libnotify_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(JWT_CFLAGS) $(OPENSSL_CFLAGS)
libnotify_a_SOURCES = \
	notify/command_target.cc notify/command_target.h \
	notify/http_post.cc notify/http_post.h \
	notify/interrupt.cc notify/interrupt.h \
	notify/jwt.cc notify/jwt.h \
	notify/mail.cc notify/mail.h \
	notify/notifier.cc notify/notifier.h \
	notify/payload.cc notify/payload.h \
	notify/retry.h \
	notify/run_program.cc notify/run_program.h \
	notify/settings.cc notify/settings.h \
	notify/smtp_send.cc notify/smtp_send.h \
	notify/spool.cc notify/spool.h \
	notify/target.h \
	notify/token.cc notify/token.h \
	notify/transfer.cc notify/transfer.h \
	notify/webhook.cc notify/webhook.h
NOTIFY_LIBS = libnotify.a $(CURL_LIBS) $(JWT_LIBS) $(OPENSSL_LIBS)
