// SPDX-License-Identifier: BSD-2-Clause
// libmilter's listener: its socket, its thread, and their end.
// One per process, as libmilter is.
#ifndef MAILREEVE_MILTER_LIBMILTER_MILTER_SERVER_H
#define MAILREEVE_MILTER_LIBMILTER_MILTER_SERVER_H

#include <sys/socket.h>

#include <thread>

#include "config/settings.h"
#include "config/socket_spec.h"
#include "milter/front_end.h"
#include "milter/sessions.h"

namespace mailreeve {

class MilterServer final : public FrontEnd {
 public:
  // Creates the socket, with the mode and group of `settings`. Throws std::runtime_error
  // with a sentence.
  MilterServer(const Settings& settings, Sessions& sessions);
  // Before start() only.
  ~MilterServer() override;
  MilterServer(const MilterServer&) = delete;
  MilterServer& operator=(const MilterServer&) = delete;

  int start() override;
  // Returns when libmilter's main loop has ended.
  void stop() override;
  // They are libmilter's, and stay open.
  bool closing() const override { return false; }

 private:
  void open_socket(unsigned mode);
  void remove_file() const;
  // Does teach_steps(); false: it failed.
  bool teach() const;
  // A new connection to our own socket, perhaps not established yet, or -1.
  int connect_to_ourselves() const;
  // Connects and hangs up, to wake libmilter's listener and run one of its workers.
  bool knock() const;

  SocketSpec spec_;
  int listener_ = -1;  // libmilter's
  sockaddr_storage address_{};
  socklen_t address_size_ = sizeof(sockaddr_storage);
  int ended_ = -1;           // eventfd
  int last_descriptor_ = 0;  // from this one on, too few are left to knock
  std::thread thread_;
};

}  // namespace mailreeve

#endif
