// SPDX-License-Identifier: BSD-2-Clause
#include "dns/unbound_resolver.h"

#include <fcntl.h>
#include <poll.h>
#include <unbound.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <fstream>
#include <numeric>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "core/idna.h"
#include "dns/rdata.h"
#include "util/fail_with_errno.h"
#include "util/host_port.h"
#include "util/signals_blocked.h"

namespace mailreeve {

namespace {

using Status = DnsAnswer::Status;

// A packet that nobody waits for any more is still one that libunbound listens
// for, and costs 11 KB there. A flood of questions to dead servers must end
// somewhere.
constexpr std::size_t kMostInFlight = 5000;
constexpr std::size_t kMostCached = 10000;
// As libc has it (resolver(5)).
constexpr std::size_t kMostSystemServers = 3;
// A server that was silent so many times running while another one answered
// comes last.
constexpr unsigned kSilent = 3;
constexpr int kClassIn = 1;
constexpr int kNoError = 0;
constexpr int kNameError = 3;

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

std::vector<std::string> system_servers() {
  errno = 0;
  std::ifstream file("/etc/resolv.conf");
  if (!file) fail_with_errno("no DNS servers: /etc/resolv.conf");
  std::vector<std::string> servers;
  for (std::string line; std::getline(file, line) && servers.size() < kMostSystemServers;) {
    std::istringstream words(line);
    std::string keyword;
    std::string address;
    if (words >> keyword >> address && keyword == "nameserver") servers.push_back(address);
  }
  if (servers.empty()) servers.emplace_back("127.0.0.1");
  return servers;
}

std::vector<std::string> servers_of(const DnsSettings& settings) {
  for (const auto& server : settings.servers) {
    const auto problem = UnboundResolver::check_server(server);
    if (!problem.empty()) throw std::runtime_error(problem);
  }
  return settings.servers.empty() ? system_servers() : settings.servers;
}

}  // namespace

// Its members are the resolver's to guard, except those that never change.
struct UnboundResolver::Lookup {
  Lookup(Question what, std::vector<std::size_t> servers)
      : question(std::move(what)), order(std::move(servers)), word(order.size(), Word::NotAsked) {}

  enum class Word { NotAsked, Asked, Failure };

  const Question question;               // in lower case
  const std::vector<std::size_t> order;  // servers, the best one first
  std::vector<Word> word;                // of each server
  std::size_t sent = 0;                  // packets
  std::size_t pending = 0;               // those that libunbound still listens for
  std::condition_variable changed;
  std::optional<DnsAnswer> answer;  // does not change any more once it is there
};

// One packet.
struct UnboundResolver::Packet {
  UnboundResolver& resolver;
  const std::shared_ptr<Lookup> lookup;
  const std::size_t server;
};

UnboundResolver::UnboundResolver(const DnsSettings& settings)
    : timeout_(settings.timeout), cache_(kMostCached) {
  const auto servers = servers_of(settings);
  silences_.resize(servers.size());
  // The packets of one lookup are all of different contexts: libunbound would
  // take the second one for the first.
  const auto each = (kPackets + servers.size() - 1) / servers.size();
  const SignalsBlocked blocked;
  for (const auto& server : servers) {
    auto& contexts = contexts_.emplace_back();
    while (contexts.size() < each)
      contexts.push_back(open_unbound_context(server, settings.trust_anchor_file, timeout_));
  }
  if (pipe2(stop_pipe_.data(), O_CLOEXEC) != 0) fail_with_errno("a pipe");
  delivery_ = std::thread(&UnboundResolver::deliver_answers, this);
}

UnboundResolver::~UnboundResolver() {
  close(stop_pipe_[1]);
  delivery_.join();
  close(stop_pipe_[0]);
  // Ends libunbound's threads, so that what is still in flight may go.
  contexts_.clear();
}

std::vector<DnsAnswer> UnboundResolver::resolve(std::span<const Question> questions, Deadline deadline) {
  deadline = deadline.within(timeout_);
  const auto start = SteadyClock::now();
  std::vector<std::shared_ptr<Lookup>> lookups;
  lookups.reserve(questions.size());
  for (const auto& question : questions) lookups.push_back(begin(question));
  for (std::size_t sent = 1; sent < kPackets; ++sent) {
    const auto due = start + kTimes.at(sent);
    if (due >= deadline.at() || answered(lookups, due)) break;
    for (const auto& lookup : lookups) send(lookup, sent);
  }
  std::vector<DnsAnswer> answers;
  answers.reserve(questions.size());
  for (const auto& lookup : lookups) answers.push_back(wait(*lookup, deadline));
  return answers;
}

std::shared_ptr<UnboundResolver::Lookup> UnboundResolver::begin(const Question& question) {
  const Question asked{ascii_lower(question.name), question.type};
  const auto problem = name_problem(question.name);
  if (!problem.empty()) return known(asked, failure(Status::BadName, std::string(problem)));
  const auto key = key_of(asked);
  std::shared_ptr<Lookup> lookup;
  {
    const std::lock_guard lock(mutex_);
    if (auto cached = cache_.find(key, SteadyClock::now())) return known(asked, *std::move(cached));
    if (const auto other = in_flight_.find(key); other != in_flight_.end()) return other->second;
    if (in_flight_.size() >= kMostInFlight) return known(asked, try_again("too many lookups at once"));
    lookup = std::make_shared<Lookup>(asked, order());
    in_flight_.emplace(key, lookup);
  }
  send(lookup, 0);
  return lookup;
}

std::shared_ptr<UnboundResolver::Lookup> UnboundResolver::known(const Question& question, DnsAnswer answer) {
  auto lookup = std::make_shared<Lookup>(question, std::vector<std::size_t>());
  lookup->answer = std::move(answer);
  return lookup;
}

// As they were given, but those behind that have been silent.
std::vector<std::size_t> UnboundResolver::order() const {
  std::vector<std::size_t> servers(contexts_.size());
  std::iota(servers.begin(), servers.end(), std::size_t{0});
  std::stable_partition(servers.begin(), servers.end(),
                        [this](std::size_t server) { return silences_[server] < kSilent; });
  return servers;
}

// The servers get the packets in turn. Of two callers with the same question,
// only the first one sends.
void UnboundResolver::send(const std::shared_ptr<Lookup>& lookup, std::size_t number) {
  Packet* packet = nullptr;
  ub_ctx* context = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (lookup->answer || lookup->sent != number) return;
    if (lookup->pending > 0 && packets_.size() >= kMostInFlight) return;
    const std::size_t server = lookup->order[number % lookup->order.size()];
    context = contexts_[server][number / lookup->order.size()].get();
    if (lookup->word[server] == Lookup::Word::NotAsked) lookup->word[server] = Lookup::Word::Asked;
    ++lookup->sent;
    ++lookup->pending;
    auto owned = std::unique_ptr<Packet>(new Packet{*this, lookup, server});
    packet = owned.get();
    packets_.emplace(packet, std::move(owned));
  }
  const int error = ub_resolve_async(context, escaped_name(lookup->question.name).c_str(),
                                     type_code(lookup->question.type), kClassIn, packet, on_answer, nullptr);
  if (error != UB_NOERROR) finish(*packet, try_again(ub_strerror(error)));
}

void UnboundResolver::on_answer(void* packet, int error, ub_result* result) {
  auto& asked = *static_cast<Packet*>(packet);
  const std::unique_ptr<ub_result, void (*)(ub_result*)> owned(result, ub_resolve_free);
  asked.resolver.finish(asked, error == UB_NOERROR ? read_result(asked.lookup->question.type, *result)
                                                   : try_again(ub_strerror(error)));
}

// The end of `packet`. Those who wait may be gone: the answer is welcome in the
// cache when the client tries again.
void UnboundResolver::finish(const Packet& packet, DnsAnswer answer) {
  const auto lookup = packet.lookup;
  const auto server = packet.server;
  std::size_t next = 0;
  {
    const std::lock_guard lock(mutex_);
    packets_.erase(&packet);
    --lookup->pending;
    const bool failed = answer.status == Status::TryAgain;
    if (!failed) silences_[server] = 0;
    if (lookup->answer) return;
    if (failed) lookup->word[server] = Lookup::Word::Failure;
    if (!failed || has_failed(*lookup)) {
      settle(*lookup, server, std::move(answer));
      return;
    }
    if (lookup->word[lookup->order.back()] != Lookup::Word::NotAsked) return;
    next = lookup->sent;
  }
  // Another server may know better.
  send(lookup, next);
}

// Nobody who can be expected to speak has anything else to say.
bool UnboundResolver::has_failed(const Lookup& lookup) const {
  return std::all_of(lookup.order.begin(), lookup.order.end(), [&](std::size_t server) {
    return lookup.word[server] == Lookup::Word::Failure || silences_[server] >= kSilent;
  });
}

void UnboundResolver::settle(Lookup& lookup, std::size_t server, DnsAnswer answer) {
  const auto key = key_of(lookup.question);
  cache_.put(key, answer, SteadyClock::now());
  if (answer.status != Status::TryAgain)
    for (const std::size_t other : lookup.order) {
      if (other == server) break;
      if (lookup.word[other] == Lookup::Word::Asked) ++silences_[other];
    }
  lookup.answer = std::move(answer);
  lookup.changed.notify_all();
  in_flight_.erase(key);
}

bool UnboundResolver::answered(const std::vector<std::shared_ptr<Lookup>>& lookups, SteadyTime until) {
  std::unique_lock lock(mutex_);
  return std::all_of(lookups.begin(), lookups.end(), [&](const auto& lookup) {
    return lookup->changed.wait_until(lock, until, [&] { return lookup->answer.has_value(); });
  });
}

DnsAnswer UnboundResolver::wait(Lookup& lookup, Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (!lookup.changed.wait_until(lock, deadline.at(), [&] { return lookup.answer.has_value(); }))
    return try_again("no answer in time");
  return *lookup.answer;
}

void UnboundResolver::deliver_answers() {
  std::vector<pollfd> fds{{stop_pipe_[0], POLLIN, 0}};
  std::vector<ub_ctx*> contexts{nullptr};
  for (const auto& of_server : contexts_)
    for (const auto& context : of_server) {
      fds.push_back({ub_fd(context.get()), POLLIN, 0});
      contexts.push_back(context.get());
    }
  while (true) {
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
    if (fds[0].revents != 0) return;
    for (std::size_t i = 1; i < fds.size(); ++i)
      // It fails if the worker is gone: callers then wait for another packet.
      if (fds[i].revents != 0 && ub_process(contexts[i]) != UB_NOERROR) fds[i].fd = -1;
  }
}

std::string UnboundResolver::check_server(std::string_view server) {
  const auto at = server.find('@');
  const auto address = server.substr(0, at);
  const bool good = address.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos &&
                    IpAddress::parse(address).has_value() &&
                    (at == std::string_view::npos || parse_port(server.substr(at + 1)));
  if (good) return {};
  return "\"" + std::string(server) +
         "\" is no DNS server: an address is expected, or an address, \"@\" and a port, as in 192.0.2.1 or "
         "2001:db8::1@5353";
}

}  // namespace mailreeve
