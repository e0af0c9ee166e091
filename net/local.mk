noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	net/control_socket.cc net/control_socket.h \
	net/host_lookup.cc net/host_lookup.h \
	net/socket_stream.cc net/socket_stream.h \
	net/socket_watch.cc net/socket_watch.h \
	net/stream.h \
	net/tls_stream.cc net/tls_stream.h
NET_LIBS = libnet.a $(OPENSSL_LIBS)
