// SPDX-License-Identifier: BSD-2-Clause
#include "milter/libmilter/milter_server.h"

#include <dirent.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <set>
#include <stdexcept>

#include "milter/file_reserve.h"
#include "milter/libmilter/callbacks.h"
#include "milter/unix_socket_file.h"
#include "util/fail_with_errno.h"

namespace mailreeve {

namespace {

constexpr int kBacklog = 1024;

std::set<int> open_descriptors() {
  std::set<int> out;
  DIR* dir = opendir("/proc/self/fd");
  if (dir == nullptr) fail_with_errno("/proc/self/fd");
  while (const dirent* entry = readdir(dir)) {
    char* end = nullptr;
    const long descriptor = std::strtol(entry->d_name, &end, 10);
    if (end != entry->d_name && *end == '\0' && descriptor != dirfd(dir))
      out.insert(static_cast<int>(descriptor));
  }
  closedir(dir);
  return out;
}

bool is_bound_socket(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  return getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
         size > sizeof(sa_family_t);
}

// libmilter keeps its socket to itself: it is the one that was not there before.
int new_socket(const std::set<int>& before) {
  for (const int descriptor : open_descriptors())
    if (!before.contains(descriptor) && is_bound_socket(descriptor)) return descriptor;
  throw std::runtime_error("libmilter made no socket");
}

// Accepted sockets inherit it. Without it, libmilter's separate writes of a header
// and of the final reply meet the MTA's delayed acknowledgement: 44 ms a message.
void set_nodelay(int descriptor) {
  const int on = 1;
  if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) fail_with_errno("TCP_NODELAY");
}

// From here on, the next connections are an MTA's, or have to wait.
int last_to_knock() {
  constexpr rlim_t kMargin = 100;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) fail_with_errno("getrlimit");
  const rlim_t beyond = file_reserve(files.rlim_cur) + kMargin;
  if (files.rlim_cur <= beyond) return 0;
  return static_cast<int>(std::min<rlim_t>(files.rlim_cur - beyond, std::numeric_limits<int>::max()));
}

bool ready(int descriptor, short events) {
  constexpr int kPatience = 5000;
  pollfd what{descriptor, events, 0};
  return poll(&what, 1, kPatience) == 1 && (what.revents & events) != 0;
}

// Offers every step and these actions, and waits for the answer.
bool negotiate(int client, std::uint32_t actions) {
  constexpr std::uint32_t kVersion = 6;
  constexpr std::uint32_t kEveryStep = 0x1fffff;
  const std::array<std::uint32_t, 3> terms{htonl(kVersion), htonl(actions), htonl(kEveryStep)};
  const std::uint32_t length = htonl(1 + sizeof terms);
  std::array<char, sizeof length + 1 + sizeof terms> packet{};
  std::memcpy(packet.data(), &length, sizeof length);
  packet.at(sizeof length) = SMFIC_OPTNEG;
  std::memcpy(packet.data() + sizeof length + 1, terms.data(), sizeof terms);
  if (!ready(client, POLLOUT)) return false;
  const auto sent = send(client, packet.data(), packet.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(packet.size())) return false;
  return ready(client, POLLIN) && recv(client, packet.data(), packet.size(), 0) > 0;
}

// libmilter learns from a negotiation after it has answered: who has seen it close the
// connection knows that it has.
bool part(int client) {
  const std::array<char, 5> quit{0, 0, 0, 1, SMFIC_QUIT};
  if (send(client, quit.data(), quit.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(quit.size())) return false;
  char octet = 0;
  ssize_t got = 1;
  while (got > 0 && ready(client, POLLIN | POLLHUP)) got = recv(client, &octet, 1, 0);
  return got == 0;
}

// How libmilter writes it. The address in brackets is not looked up as a name.
std::string libmilter_name(const SocketSpec& spec) {
  if (spec.is_unix()) return "unix:" + spec.path;
  return (spec.address->is_v4() ? "inet:" : "inet6:") + std::to_string(spec.port) + "@[" +
         spec.address->text() + "]";
}

}  // namespace

MilterServer::MilterServer(const Settings& settings, Sessions& sessions)
    : spec_(parse_socket(settings.sockets.front())) {
  serve_through_libmilter(sessions);
  std::string name = libmilter_name(spec_);
  smfi_settimeout(7210);
  smfi_setbacklog(kBacklog);
  // Commands longer than the default of 64 KiB would reset the connection.
  smfi_setmaxdatasize(1024 * 1024 - 1);
  if (smfi_setconn(name.data()) != MI_SUCCESS)
    throw std::runtime_error("socket = " + settings.sockets.front() + ": libmilter does not take it");
  if (smfi_register(milter_description()) != MI_SUCCESS)
    throw std::runtime_error("libmilter does not take our callbacks");
  if (spec_.is_unix()) remove_stale_socket(spec_.path);
  open_socket(settings.socket_mode);
  last_descriptor_ = last_to_knock();
  ended_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (ended_ < 0) fail_with_errno("eventfd");
  if (!spec_.is_unix()) {
    set_nodelay(listener_);
    return;
  }
  give_socket_file(spec_.path, settings);
}

MilterServer::~MilterServer() { remove_file(); }

void MilterServer::remove_file() const {
  // Without the rights to remove it, the next start finds that nobody answers.
  if (spec_.is_unix()) unlink(spec_.path.c_str());
}

void MilterServer::open_socket(unsigned mode) {
  const std::set<int> before = open_descriptors();
  // libmilter has no other way to give the socket its mode from its first moment.
  const mode_t old = umask(static_cast<mode_t>(~mode & 0777));
  errno = 0;
  const int result = smfi_opensocket(false);
  const int why = errno;
  umask(old);
  if (result != MI_SUCCESS)
    throw std::runtime_error("socket: " + libmilter_name(spec_) + ": " +
                             (why != 0 ? std::strerror(why) : "libmilter cannot open it"));
  listener_ = new_socket(before);
  // libmilter would do it only when it begins to serve.
  if (getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &address_size_) != 0 ||
      listen(listener_, kBacklog) != 0)
    fail_with_errno("socket: " + libmilter_name(spec_));
}

int MilterServer::start() {
  worker_supply().start([this] { return knock(); });
  thread_ = std::thread([this] {
    smfi_main();
    const std::uint64_t one = 1;
    // Cannot fail: the counter is far from its end.
    [[maybe_unused]] const auto written = write(ended_, &one, sizeof one);
  });
  if (!teach())
    libmilter_sessions().report(Event::MilterError,
                                {{"call", "connect"}, {"error", "cannot reach our own socket"}});
  return ended_;
}

// libmilter's listener looks for the stop every five seconds or when a connection
// comes, and smfi_stop() waits for it: so knock until it has heard.
void MilterServer::stop() {
  worker_supply().stop();
  std::thread stopper([] { smfi_stop(); });
  pollfd ended{ended_, POLLIN, 0};
  do (void)knock();
  while (poll(&ended, 1, 20) == 0);
  stopper.join();
  if (thread_.joinable()) thread_.join();
  remove_file();
}

bool MilterServer::teach() const {
  // Positive as libmilter reads it, and with a bit that no action has.
  constexpr std::uint32_t kNoAction = 0x40000000;
  const std::uint32_t mark = (std::random_device{}() & (kNoAction - 1)) | kNoAction;
  teach_steps(mark);
  const int client = connect_to_ourselves();
  const bool answered = client >= 0 && negotiate(client, mark) && part(client);
  end_lesson();
  if (client >= 0) close(client);
  return answered;
}

int MilterServer::connect_to_ourselves() const {
  const int client = socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (client < 0) return -1;
  if (connect(client, reinterpret_cast<const sockaddr*>(&address_), address_size_) == 0 ||
      errno == EINPROGRESS)
    return client;
  // The backlog is full, for example: of connections that wake libmilter as well.
  close(client);
  return -1;
}

bool MilterServer::knock() const {
  const int client = connect_to_ourselves();
  if (client < 0) return false;
  close(client);
  // The kernel gives the lowest that is free.
  return client < last_descriptor_;
}

}  // namespace mailreeve
