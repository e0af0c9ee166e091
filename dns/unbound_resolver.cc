// SPDX-License-Identifier: BSD-2-Clause
#include "dns/unbound_resolver.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unbound.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

#include "core/idna.h"
#include "core/signals_blocked.h"
#include "dns/rdata.h"

namespace mailreeve {

namespace {

using Status = DnsAnswer::Status;

// A lookup without a patient caller is still in flight until libunbound gives
// up, after some 15 seconds, and costs 11 KB there. A flood of questions to
// dead servers must end somewhere.
constexpr std::size_t kMostInFlight = 5000;
constexpr std::size_t kMostCached = 10000;
constexpr int kClassIn = 1;
constexpr int kNoError = 0;
constexpr int kNameError = 3;

struct Option {
  const char* name;
  const char* value;
};

constexpr Option kOptions[] = {
    // Servers on loopback and names of private networks are what sites have.
    {"do-not-query-localhost:", "no"},
    {"unblock-lan-zones:", "yes"},
    {"insecure-lan-zones:", "yes"},
    // The library's own default of 16 sockets makes everybody wait for the slow.
    {"outgoing-range:", "512"},
    {"outgoing-num-tcp:", "32"},
    {"msg-cache-size:", "16m"},
    {"rrset-cache-size:", "32m"},
    // A server whose time-out has been doubled up to 12 seconds is taken for
    // dead: it is probed with one question at a time, and all others fail at
    // once. Two domains whose servers are silent can do that to a forwarder,
    // and would so switch off SPF for all domains. In 5 seconds it does not get
    // there, and they are enough to prefer the living one of two servers.
    {"infra-host-ttl:", "5"},
    // A domain that has just got its record should not stay without it for long.
    {"cache-max-negative-ttl:", "900"},
};

// Answered by libunbound itself unless removed (RFC 6761, RFC 8375); a site's
// own servers may well know better.
constexpr const char* kSiteZones[] = {"test.", "home.arpa."};

void check(int error, const std::string& what) {
  if (error != UB_NOERROR) throw std::runtime_error(what + ": " + ub_strerror(error));
}

int type_code(RecordType type) {
  switch (type) {
    case RecordType::A:
      return 1;
    case RecordType::PTR:
      return 12;
    case RecordType::MX:
      return 15;
    case RecordType::TXT:
      return 16;
    case RecordType::AAAA:
      return 28;
  }
  return 0;
}

std::string key_of(const Question& question) {
  return std::to_string(type_code(question.type)) + ' ' + question.name;
}

DnsAnswer failure(Status status, std::string problem) {
  DnsAnswer answer;
  answer.status = status;
  answer.problem = std::move(problem);
  return answer;
}

DnsAnswer try_again(std::string problem) { return failure(Status::TryAgain, std::move(problem)); }

std::string rcode_text(int rcode) {
  static constexpr const char* kNames[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
  if (rcode >= 0 && static_cast<std::size_t>(rcode) < std::size(kNames)) return kNames[rcode];
  return "RCODE " + std::to_string(rcode);
}

bool read_records(RecordType type, const ub_result& result, DnsAnswer& answer) {
  for (std::size_t i = 0; result.data[i] != nullptr; ++i) {
    const std::string_view rdata(result.data[i], static_cast<std::size_t>(std::max(result.len[i], 0)));
    if (!add_record(type, rdata, answer)) return false;
  }
  return true;
}

bool has_records(const DnsAnswer& answer) {
  return !(answer.addresses.empty() && answer.exchangers.empty() && answer.names.empty() &&
           answer.texts.empty());
}

DnsAnswer read_result(RecordType type, const ub_result& result) {
  if (result.bogus)
    return try_again("DNSSEC validation failed: " +
                     std::string(result.why_bogus ? result.why_bogus : "bogus"));
  if (result.rcode != kNoError && result.rcode != kNameError) return try_again(rcode_text(result.rcode));

  DnsAnswer answer;
  answer.ttl = static_cast<std::uint32_t>(std::max(result.ttl, 0));
  answer.status = result.rcode == kNameError ? Status::NoName : Status::NoData;
  if (answer.status == Status::NoName || !result.havedata) return answer;
  if (!read_records(type, result, answer)) return try_again("malformed record");
  if (has_records(answer)) answer.status = Status::Found;
  return answer;
}

void set_servers(ub_ctx* context, const std::vector<std::string>& servers) {
  for (const auto& server : servers) {
    const auto problem = UnboundResolver::check_server(server);
    if (!problem.empty()) throw std::runtime_error(problem);
    check(ub_ctx_set_fwd(context, server.c_str()), "the DNS server " + server);
  }
  if (!servers.empty()) return;
  errno = 0;
  if (ub_ctx_resolvconf(context, nullptr) != UB_NOERROR)
    throw std::runtime_error(std::string("no DNS servers: /etc/resolv.conf: ") + std::strerror(errno));
}

void set_trust_anchors(ub_ctx* context, const std::string& file) {
  if (file.empty()) {
    check(ub_ctx_set_option(context, "module-config:", "iterator"), "libunbound's modules");
    return;
  }
  if (access(file.c_str(), R_OK) != 0)
    throw std::runtime_error("the trust anchor file " + file + ": " + std::strerror(errno));
  check(ub_ctx_add_ta_file(context, file.c_str()), "the trust anchor file " + file);
}

// The first call that needs all settings, and so reads the trust anchors.
// Nothing else is left then that could be wrong.
void finish_settings(ub_ctx* context, const std::string& trust_anchor_file) {
  const auto suspect =
      trust_anchor_file.empty() ? "libunbound's settings" : "the trust anchor file " + trust_anchor_file;
  for (const char* zone : kSiteZones) check(ub_ctx_zone_remove(context, zone), suspect);
}

// The worker starts with the first question. One that it answers by itself
// starts it here, and shows whether it can work.
void start_worker(ub_ctx* context) {
  const auto ignore = [](void*, int, ub_result* result) { ub_resolve_free(result); };
  check(ub_resolve_async(context, "localhost", type_code(RecordType::A), kClassIn, nullptr, ignore, nullptr),
        "libunbound does not start");
  check(ub_wait(context), "libunbound does not start");
}

}  // namespace

// Its members are the resolver's to guard, except those that never change.
struct UnboundResolver::Lookup {
  Lookup(UnboundResolver& owner, Question what) : resolver(owner), question(std::move(what)) {}

  UnboundResolver& resolver;
  const Question question;  // in lower case
  std::condition_variable changed;
  std::optional<DnsAnswer> answer;  // does not change any more once it is there
};

void UnboundResolver::ContextDeleter::operator()(ub_ctx* context) const { ub_ctx_delete(context); }

UnboundResolver::UnboundResolver(const DnsSettings& settings)
    : timeout_(settings.timeout), cache_(kMostCached), context_(ub_ctx_create()) {
  if (!context_) throw std::runtime_error(std::string("libunbound does not start: ") + std::strerror(errno));
  ub_ctx* const context = context_.get();
  // It would write to our standard error.
  ub_ctx_debugout(context, nullptr);
  ub_ctx_async(context, 1);
  for (const auto& [name, value] : kOptions)
    check(ub_ctx_set_option(context, name, value), std::string("libunbound's option ") + name);
  set_servers(context, settings.servers);
  set_trust_anchors(context, settings.trust_anchor_file);
  finish_settings(context, settings.trust_anchor_file);

  const SignalsBlocked blocked;
  start_worker(context);
  if (pipe2(stop_pipe_.data(), O_CLOEXEC) != 0)
    throw std::runtime_error(std::string("a pipe: ") + std::strerror(errno));
  delivery_ = std::thread(&UnboundResolver::deliver_answers, this);
}

UnboundResolver::~UnboundResolver() {
  close(stop_pipe_[1]);
  delivery_.join();
  close(stop_pipe_[0]);
  // Ends libunbound's worker; no callback comes after this, so that what is
  // still in flight may go.
  context_.reset();
}

std::vector<DnsAnswer> UnboundResolver::resolve(std::span<const Question> questions, Deadline deadline) {
  deadline = deadline.within(timeout_);
  std::vector<std::shared_ptr<Lookup>> lookups;
  lookups.reserve(questions.size());
  for (const auto& question : questions) lookups.push_back(begin(question));
  std::vector<DnsAnswer> answers;
  answers.reserve(questions.size());
  for (const auto& lookup : lookups) answers.push_back(wait(*lookup, deadline));
  return answers;
}

std::shared_ptr<UnboundResolver::Lookup> UnboundResolver::begin(const Question& question) {
  auto lookup = std::make_shared<Lookup>(*this, Question{ascii_lower(question.name), question.type});
  const auto problem = name_problem(question.name);
  if (!problem.empty()) {
    lookup->answer = failure(Status::BadName, std::string(problem));
    return lookup;
  }
  const auto key = key_of(lookup->question);
  {
    const std::lock_guard lock(mutex_);
    lookup->answer = cache_.find(key, std::chrono::steady_clock::now());
    if (lookup->answer) return lookup;
    if (const auto other = in_flight_.find(key); other != in_flight_.end()) return other->second;
    if (in_flight_.size() >= kMostInFlight) {
      lookup->answer = try_again("too many lookups at once");
      return lookup;
    }
    in_flight_.emplace(key, lookup);
  }
  ask(*lookup);
  return lookup;
}

// in_flight_ keeps the lookup alive until libunbound has called back. That is
// why a caller who leaves cancels nothing: with a worker that is a thread,
// ub_cancel() would suppress the callback but not the work, whose result is
// welcome in the cache when the client tries again.
void UnboundResolver::ask(Lookup& lookup) {
  const int error = ub_resolve_async(context_.get(), lookup.question.name.c_str(),
                                     type_code(lookup.question.type), kClassIn, &lookup, on_answer, nullptr);
  if (error != UB_NOERROR) finish(lookup, try_again(ub_strerror(error)));
}

void UnboundResolver::on_answer(void* lookup, int error, ub_result* result) {
  auto& asked = *static_cast<Lookup*>(lookup);
  const std::unique_ptr<ub_result, void (*)(ub_result*)> owned(result, ub_resolve_free);
  asked.resolver.finish(
      asked, error == UB_NOERROR ? read_result(asked.question.type, *result) : try_again(ub_strerror(error)));
}

// Those who wait may be gone; then this ends the life of `lookup`.
void UnboundResolver::finish(Lookup& lookup, DnsAnswer answer) {
  const auto key = key_of(lookup.question);
  const std::lock_guard lock(mutex_);
  cache_.put(key, answer, std::chrono::steady_clock::now());
  lookup.answer = std::move(answer);
  lookup.changed.notify_all();
  in_flight_.erase(key);
}

DnsAnswer UnboundResolver::wait(Lookup& lookup, Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (!lookup.changed.wait_until(lock, deadline.at(), [&] { return lookup.answer.has_value(); }))
    return try_again("no answer in time");
  return *lookup.answer;
}

void UnboundResolver::deliver_answers() {
  std::array<pollfd, 2> fds{{{ub_fd(context_.get()), POLLIN, 0}, {stop_pipe_[0], POLLIN, 0}}};
  while (true) {
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
    if (fds[1].revents != 0) return;
    // It fails if the worker is gone: callers then wait for their deadlines.
    if (fds[0].revents != 0 && ub_process(context_.get()) != UB_NOERROR) return;
  }
}

std::string UnboundResolver::check_server(std::string_view server) {
  const auto at = server.find('@');
  const auto address = server.substr(0, at);
  bool good = address.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos &&
              IpAddress::parse(address).has_value();
  if (good && at != std::string_view::npos) {
    const auto digits = server.substr(at + 1);
    unsigned port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    good = error == std::errc() && end == digits.data() + digits.size() && port >= 1 && port <= 65535;
  }
  if (good) return {};
  return "\"" + std::string(server) +
         "\" is no DNS server: an address is expected, or an address, \"@\" and a port, as in 192.0.2.1 or "
         "2001:db8::1@5353";
}

}  // namespace mailreeve
