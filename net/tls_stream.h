// SPDX-License-Identifier: BSD-2-Clause
// TLS 1.2 or later over a socket. The server's certificate must be valid and match its name.
#ifndef MAILREEVE_NET_TLS_STREAM_H
#define MAILREEVE_NET_TLS_STREAM_H

#include <memory>
#include <string>

#include "net/socket_stream.h"

struct ssl_ctx_st;
struct ssl_st;

namespace mailreeve {

// The trusted certificate authorities. Safe to use from any thread.
class TlsTrust {
 public:
  // Loads the authorities from a PEM file, or the system's if empty. Throws StreamError.
  explicit TlsTrust(const std::string& ca_file);

 private:
  friend class TlsStream;
  std::shared_ptr<ssl_ctx_st> context_;
};

class TlsStream final : public Stream {
 public:
  // Performs the handshake. `host` is a name or an address. Throws StreamError.
  TlsStream(std::unique_ptr<SocketStream> socket, const TlsTrust& trust, const std::string& host,
            Deadline deadline);
  ~TlsStream() override;

  void write(std::string_view octets, Deadline deadline) override;
  std::size_t read(std::span<char> room, Deadline deadline) override;
  bool quiet() override;

 private:
  // OpenSSL does no I/O itself: it reads from and writes to memory buffers.
  template <typename Step>
  int drive(Step step, Deadline deadline);
  void send_pending(Deadline deadline);
  void feed(std::string_view octets);

  std::unique_ptr<SocketStream> socket_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
};

}  // namespace mailreeve

#endif
