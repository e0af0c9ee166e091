// SPDX-License-Identifier: BSD-2-Clause
// The milter protocol without libmilter: listeners and connections in one epoll(7)
// instance, which the threads of a WorkerPool wait at, each for one event.
#ifndef MAILREEVE_MILTER_NATIVE_NATIVE_SERVER_H
#define MAILREEVE_MILTER_NATIVE_NATIVE_SERVER_H

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "config/settings.h"
#include "milter/front_end.h"
#include "milter/native/listener.h"
#include "milter/native/worker_pool.h"
#include "milter/sessions.h"
#include "util/descriptor.h"
#include "util/guarded.h"

namespace mailreeve {

class NativeServer final : public FrontEnd, private Work {
 public:
  // Opens the sockets, or takes those `passed` by the service manager. Looks for idle
  // connections every `idle_look`. Throws std::runtime_error with a sentence.
  NativeServer(const Settings& settings, Sessions& sessions, std::vector<Descriptor> passed,
               Milliseconds idle_look = Milliseconds(10'000));
  // For tests, where no command is in progress.
  ~NativeServer() override;
  NativeServer(const NativeServer&) = delete;
  NativeServer& operator=(const NativeServer&) = delete;

  int start() override;
  // Also ends each connection, when its command is answered.
  void stop() override;
  bool closing() const override { return sessions_.open() > 0; }

 private:
  // What epoll tells of.
  class Source;
  class Door;
  class Timer;
  class Connection;

  void* next() override;
  void carry_out(void* piece, WorkBuffers& buffers) override;

  void remove_files();
  void accept_all(Door& door);
  // No more connections until a little later.
  void pause(Door& door);
  void resume();
  void end_idle_ones();
  void forget(Connection* connection);
  void tell_of_exhaustion();
  void report_bug(const char* what);
  void watch(int operation, int descriptor, unsigned events, Source* source) const;

  Sessions& sessions_;
  const Milliseconds idle_look_;
  const int last_file_;  // the highest descriptor for a connection
  Descriptor epoll_;
  Descriptor ended_;    // eventfd; stays silent
  Descriptor no_more_;  // eventfd: threads are to end
  std::list<Door> doors_;
  std::unique_ptr<Timer> idle_timer_, resume_timer_;
  Guarded<std::unordered_set<Connection*>> connections_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> full_{false};  // a connection has the last descriptor, or had it
  Guarded<Deadline> next_word_{Deadline(Milliseconds(0))};
  std::optional<WorkerPool> pool_;
};

}  // namespace mailreeve

#endif
