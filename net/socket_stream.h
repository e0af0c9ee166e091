// SPDX-License-Identifier: BSD-2-Clause
// A connected TCP or Unix socket.
#ifndef MAILREEVE_NET_SOCKET_STREAM_H
#define MAILREEVE_NET_SOCKET_STREAM_H

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/host_lookup.h"
#include "net/stream.h"
#include "util/descriptor.h"

namespace mailreeve {

class SocketStream final : public Stream {
 public:
  // Tries all addresses at once and keeps the first that answers. Throws StreamError.
  static std::unique_ptr<SocketStream> connect(const std::vector<SocketAddress>& addresses,
                                               Deadline deadline);
  static std::unique_ptr<SocketStream> connect_unix(const std::string& path, Deadline deadline);

  // Takes over the descriptor, which must be non-blocking.
  explicit SocketStream(int descriptor) : descriptor_(descriptor) {}

  void write(std::string_view octets, Deadline deadline) override;
  std::size_t read(std::span<char> room, Deadline deadline) override;
  bool quiet() override;

  // Like read(), but never waits: nullopt if there is no data.
  std::optional<std::size_t> read_some(std::span<char> room);

 private:
  void wait(short events, Deadline deadline) const;
  Descriptor descriptor_;
};

}  // namespace mailreeve

#endif
