noinst_LIBRARIES += libutil.a
libutil_a_SOURCES = \
	util/backend_error.h \
	util/backoff.h \
	util/breaker.h \
	util/descriptor.h \
	util/digest.cc util/digest.h \
	util/exit_status.h \
	util/fail_with_errno.h \
	util/guarded.h \
	util/host_port.cc util/host_port.h \
	util/privileges.cc util/privileges.h \
	util/secret_file.cc util/secret_file.h \
	util/settled_clock.cc util/settled_clock.h \
	util/signals_blocked.h \
	util/store_open_error.h \
	util/time.cc util/time.h \
	util/unix_address.h \
	util/url.cc util/url.h \
	util/wait_mark.h
UTIL_LIBS = libutil.a $(OPENSSL_LIBS)
