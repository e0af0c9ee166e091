// SPDX-License-Identifier: BSD-2-Clause
#include "milter/native/native_server.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <thread>
#include <utility>

#include "milter/file_reserve.h"
#include "milter/native/dialogue.h"
#include "util/fail_with_errno.h"
#include "util/wait_mark.h"

namespace mailreeve {

namespace {

// As libmilter's (smfi_settimeout()): a little more than the two hours after which an
// SMTP client may be silent in the content of a message.
constexpr Seconds kIdle{7210};
// An answer is a few hundred octets; who does not take them does not read any more.
constexpr Milliseconds kPatienceToSend{10'000};
constexpr std::size_t kMostPending = 64UL * 1024;

int last_file() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) fail_with_errno("getrlimit");
  const rlim_t free = files.rlim_cur - file_reserve(files.rlim_cur);
  return static_cast<int>(std::min<rlim_t>(free, std::numeric_limits<int>::max())) - 1;
}

Descriptor event_descriptor() {
  Descriptor out(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (out.number() < 0) fail_with_errno("eventfd");
  return out;
}

// One looks for work for each processor, so that all have some; at least two, so that one
// that computes holds up nobody.
int lookers() { return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2U, 8U)); }

enum class Sent { All, NotTaken, Gone };

Sent send_all(int socket, std::string_view rest) {
  const Deadline patience(kPatienceToSend);
  while (!rest.empty()) {
    const ssize_t sent = send(socket, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return Sent::Gone;
    if (patience.passed()) return Sent::NotTaken;
    pollfd writable{socket, POLLOUT, 0};
    mark_wait();
    poll(&writable, 1, static_cast<int>(patience.left().count()) + 1);
  }
  return Sent::All;
}

}  // namespace

class NativeServer::Source {
 public:
  Source() = default;
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual void ready(WorkBuffers& buffers) = 0;
};

// A listener. Edge-triggered: one thread hears of new connections and takes all of them.
class NativeServer::Door final : public Source {
 public:
  Door(NativeServer& server, Listener opened) : listener(std::move(opened)), server_(server) {}
  void ready(WorkBuffers&) override { server_.accept_all(*this); }

  Listener listener;
  std::atomic<bool> rests{false};

 private:
  NativeServer& server_;
};

class NativeServer::Timer final : public Source {
 public:
  explicit Timer(std::function<void()> work)
      : work_(std::move(work)), clock_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
    if (clock_.number() < 0) fail_with_errno("timerfd_create");
  }

  int descriptor() const { return clock_.number(); }
  void set(Milliseconds first, Milliseconds every) const {
    const itimerspec when{.it_interval = in_kernel_form(every), .it_value = in_kernel_form(first)};
    if (timerfd_settime(clock_.number(), 0, &when, nullptr) != 0) fail_with_errno("timerfd_settime");
  }

  void ready(WorkBuffers&) override {
    std::uint64_t times = 0;
    if (read(clock_.number(), &times, sizeof times) == static_cast<ssize_t>(sizeof times)) work_();
  }

 private:
  static timespec in_kernel_form(Milliseconds time) {
    return {.tv_sec = time.count() / 1000, .tv_nsec = time.count() % 1000 * 1'000'000};
  }

  const std::function<void()> work_;
  const Descriptor clock_;
};

// One-shot: between an event and arm() no other thread hears of it.
class NativeServer::Connection final : public Source {
 public:
  Connection(NativeServer& server, Descriptor socket)
      : server_(server), socket_(std::move(socket)), dialogue_(server.sessions_) {}

  void ready(WorkBuffers& buffers) override {
    (void)passed_on_.load(std::memory_order_acquire);
    if (serve(buffers))
      arm(EPOLL_CTL_MOD);
    else
      server_.forget(this);
  }

  // The last touch of this thread: the connection is another one's from then on, or gone.
  void arm(int operation) {
    NativeServer& server = server_;
    const int socket = socket_.number();
    passed_on_.store(true, std::memory_order_release);
    try {
      server.watch(operation, socket, EPOLLIN | EPOLLONESHOT, this);
    } catch (const std::exception& error) {
      server.report_bug(error.what());
      server.forget(this);
    }
  }

  SteadyTime last_heard() const { return last_heard_; }
  // It ends as if the MTA had gone, when its command is answered.
  void end() const { shutdown(socket_.number(), SHUT_RD); }

 private:
  // False: it is over.
  bool serve(WorkBuffers& buffers) {
    const std::size_t before = kept_.size();
    char* room = buffers.in.data();
    if (before > 0) {
      kept_.resize(before + buffers.in.size());
      room = kept_.data() + before;
    }
    const ssize_t got = recv(socket_.number(), room, buffers.in.size(), MSG_DONTWAIT);
    if (got <= 0) {
      const int why = got < 0 ? errno : 0;
      kept_.resize(before);
      if (got < 0 && (why == EAGAIN || why == EINTR)) return true;
      if (before > 0 && !server_.stopped_) tell("the connection ended within a packet");
      return false;
    }
    last_heard_ = SteadyClock::now();
    const auto octets = static_cast<std::size_t>(got);
    std::string_view in(before > 0 ? kept_.data() : room, before + octets);
    const bool goes_on = answer(in, buffers.out);
    keep(in, before > 0, before + octets);
    return goes_on;
  }

  // Removes from `in` what it has answered.
  bool answer(std::string_view& in, std::string& out) {
    out.clear();
    bool goes_on = true;
    try {
      goes_on = dialogue_.take(in, out);
    } catch (const std::exception& error) {
      tell(error.what());
      goes_on = false;
    }
    const Sent sent = send_all(socket_.number(), out);
    // Who is gone has lost patience, or the MTA was stopped.
    if (sent == Sent::NotTaken) tell("an answer was not taken");
    if (out.capacity() > kMostPending) std::string().swap(out);
    return goes_on && sent == Sent::All;
  }

  // The beginning of a packet, until the rest comes.
  void keep(std::string_view rest, bool is_kept, std::size_t size) {
    if (!is_kept) {
      kept_.assign(rest);
    } else {
      kept_.resize(size);
      kept_.erase(0, size - rest.size());
    }
    if (kept_.empty()) std::string().swap(kept_);
  }

  void tell(std::string_view why) { server_.sessions_.report(Event::ProtocolError, {{"error", why}}); }

  // test/tsan.supp knows its name.
  class Socket {
   public:
    explicit Socket(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
    ~Socket() { descriptor_.reset(); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int number() const { return descriptor_.number(); }

   private:
    Descriptor descriptor_;
  };

  NativeServer& server_;
  const Socket socket_;
  milter::Dialogue dialogue_;
  std::string kept_;
  std::atomic<SteadyTime> last_heard_{SteadyClock::now()};
  // What one thread did happens before what the next one does: the kernel passes the
  // connection on in that order, but the language does not know it.
  std::atomic<bool> passed_on_{false};
};

NativeServer::NativeServer(const Settings& settings, Sessions& sessions, std::vector<Descriptor> passed,
                           Milliseconds idle_look)
    : sessions_(sessions),
      idle_look_(idle_look),
      last_file_(last_file()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      ended_(event_descriptor()),
      no_more_(event_descriptor()) {
  if (epoll_.number() < 0) fail_with_errno("epoll_create1");
  for (auto& listener : open_listeners(settings, std::move(passed)))
    doors_.emplace_back(*this, std::move(listener));
  idle_timer_ = std::make_unique<Timer>([this] { end_idle_ones(); });
  resume_timer_ = std::make_unique<Timer>([this] { resume(); });
  Work& work = *this;
  pool_.emplace(WorkerPool::Limits{.looking = lookers(), .most = static_cast<int>(settings.threads_max)},
                work, [this] { tell_of_exhaustion(); });
}

NativeServer::~NativeServer() {
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from its end.
  [[maybe_unused]] const auto written = write(no_more_.number(), &one, sizeof one);
  pool_.reset();
  const auto connections = connections_.lock();
  for (auto* connection : *connections) delete connection;
  remove_files();
}

void NativeServer::watch(int operation, int descriptor, unsigned events, Source* source) const {
  epoll_event event{.events = events, .data = {.ptr = source}};
  if (epoll_ctl(epoll_.number(), operation, descriptor, &event) != 0) fail_with_errno("epoll_ctl");
}

void NativeServer::report_bug(const char* what) {
  sessions_.report(Event::Bug, {{"error", std::string_view(what)}});
}

int NativeServer::start() {
  // Level-triggered: all threads see it.
  watch(EPOLL_CTL_ADD, no_more_.number(), EPOLLIN, nullptr);
  for (const auto& timer : {idle_timer_.get(), resume_timer_.get()})
    watch(EPOLL_CTL_ADD, timer->descriptor(), EPOLLIN | EPOLLET, timer);
  idle_timer_->set(idle_look_, idle_look_);
  for (auto& door : doors_) watch(EPOLL_CTL_ADD, door.listener.socket.number(), EPOLLIN | EPOLLET, &door);
  pool_->start();
  return ended_.number();
}

void NativeServer::stop() {
  stopped_ = true;
  for (auto& door : doors_) {
    epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, door.listener.socket.number(), nullptr);
    // Refuses whom nobody will serve. The service manager goes on listening.
    if (!door.listener.passed) shutdown(door.listener.socket.number(), SHUT_RDWR);
  }
  remove_files();
  const auto connections = connections_.lock();
  for (const auto* connection : *connections) connection->end();
}

void NativeServer::remove_files() {
  for (const auto& door : doors_)
    if (!door.listener.passed && !door.listener.file.empty()) unlink(door.listener.file.c_str());
}

void* NativeServer::next() {
  epoll_event event{};
  // One: who waits must not sit on events that others could take.
  while (epoll_wait(epoll_.number(), &event, 1, -1) != 1) continue;
  return event.data.ptr;
}

void NativeServer::carry_out(void* piece, WorkBuffers& buffers) {
  try {
    static_cast<Source*>(piece)->ready(buffers);
  } catch (const std::exception& error) {
    report_bug(error.what());
  }
}

void NativeServer::accept_all(Door& door) {
  for (;;) {
    if (full_ && !has_file_for_connection(door.listener.socket.number())) return pause(door);
    full_ = false;
    Descriptor socket(accept4(door.listener.socket.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.number() < 0) {
      if (is_want_of_resources(errno)) return pause(door);
      if (errno == EAGAIN || errno == EINVAL || errno == EBADF) return;
      // The client's trouble: its connection is gone already.
      continue;
    }
    if (socket.number() >= last_file_) full_ = true;
    auto connection = std::make_unique<Connection>(*this, std::move(socket));
    {
      auto connections = connections_.lock();
      connections->insert(connection.get());
      if (stopped_) connection->end();
    }
    connection.release()->arm(EPOLL_CTL_ADD);
  }
}

void NativeServer::pause(Door& door) {
  constexpr Milliseconds kPause{50};
  tell_of_waiting_connection(sessions_);
  door.rests = true;
  resume_timer_->set(kPause, Milliseconds(0));
}

void NativeServer::resume() {
  for (auto& door : doors_)
    if (!stopped_ && door.rests.exchange(false))
      watch(EPOLL_CTL_MOD, door.listener.socket.number(), EPOLLIN | EPOLLET, &door);
}

void NativeServer::end_idle_ones() {
  const SteadyTime since = SteadyClock::now() - kIdle;
  const auto connections = connections_.lock();
  for (const auto* connection : *connections)
    if (connection->last_heard() < since) connection->end();
}

void NativeServer::forget(Connection* connection) {
  connections_.lock()->erase(connection);
  delete connection;
}

void NativeServer::tell_of_exhaustion() {
  {
    auto next = next_word_.lock();
    if (!next->passed()) return;
    *next = Deadline(Milliseconds(60 * 1000));
  }
  sessions_.report(Event::ThreadsBusy, {{"threads", pool_->threads()}, {"connections", sessions_.open()}});
}

}  // namespace mailreeve
