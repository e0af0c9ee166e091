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
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "core/idna.h"
#include "dns/rdata.h"
#include "util/fail_with_errno.h"
#include "util/host_port.h"
#include "util/signals_blocked.h"
#include "util/wait_mark.h"

namespace mailreeve {

namespace {

using Status = DnsAnswer::Status;

// A packet that nobody waits for any more is still one that libunbound listens
// for, and costs 11 KB there. A flood of questions to dead servers must end
// somewhere.
constexpr std::size_t kMostInFlight = 5000;
// With more in flight, none begins that nobody waits for yet.
constexpr std::size_t kMostExpected = kMostInFlight / 2;
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
  std::set<Caller*> callers;             // those that wait for it
  std::optional<DnsAnswer> answer;       // does not change any more once it is there
};

// Somebody who waits. The members are the resolver's to guard.
struct UnboundResolver::Caller {
  const bool wants_each;  // answer, not only the last one
  std::size_t open = 0;   // lookups without an answer
  std::condition_variable changed{};
};

// One call of resolve() and its lookups, which know of it while this lives.
class UnboundResolver::Waiting {
 public:
  Waiting(UnboundResolver& resolver, std::vector<std::shared_ptr<Lookup>> lookups, bool wants_each)
      : resolver_(resolver),
        lookups_(std::move(lookups)),
        caller_{.wants_each = wants_each},
        seen_open_(lookups_.size()) {
    const std::lock_guard lock(resolver_.mutex_);
    for (const auto& lookup : lookups_)
      if (!lookup->answer && lookup->callers.insert(&caller_).second) ++caller_.open;
  }
  ~Waiting() {
    const std::lock_guard lock(resolver_.mutex_);
    for (const auto& lookup : lookups_) lookup->callers.erase(&caller_);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  // Puts all answers so far in their places. Without a new one, waits until there is one, or
  // the last one if not each is wanted, at most until `until`. False while one is missing.
  bool collect(std::vector<std::optional<DnsAnswer>>& answers, SteadyTime until) {
    std::unique_lock lock(resolver_.mutex_);
    const auto ready = [this] {
      return caller_.open == 0 || (caller_.wants_each && caller_.open < seen_open_);
    };
    if (!ready()) {
      mark_wait();
      caller_.changed.wait_until(lock, until, ready);
    }
    seen_open_ = caller_.open;
    for (std::size_t i = 0; i < lookups_.size(); ++i)
      if (!answers[i] && lookups_[i]->answer) answers[i] = lookups_[i]->answer;
    return seen_open_ == 0;
  }

  void send(std::size_t number) {
    for (const auto& lookup : lookups_) resolver_.send(lookup, number);
  }

 private:
  UnboundResolver& resolver_;
  const std::vector<std::shared_ptr<Lookup>> lookups_;
  Caller caller_;
  std::size_t seen_open_;  // when the answers were last collected
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

std::vector<DnsAnswer> UnboundResolver::resolve(std::span<const Question> questions, Deadline deadline,
                                                const Enough& enough) {
  deadline = deadline.within(timeout_);
  const auto start = SteadyClock::now();
  std::vector<std::shared_ptr<Lookup>> lookups;
  lookups.reserve(questions.size());
  for (const auto& question : questions) lookups.push_back(begin(question, kMostInFlight));
  Waiting waiting(*this, std::move(lookups), static_cast<bool>(enough));

  std::vector<std::optional<DnsAnswer>> collected(questions.size());
  std::string_view missing = "no answer in time";
  for (std::size_t sent = 1;;) {
    const auto due = sent < kPackets ? std::min(start + kTimes.at(sent), deadline.at()) : deadline.at();
    if (waiting.collect(collected, due)) break;
    if (enough && enough(collected)) {
      missing = "not waited for";
      break;
    }
    if (SteadyClock::now() < due) continue;
    if (due >= deadline.at()) break;
    waiting.send(sent++);
  }

  std::vector<DnsAnswer> answers;
  answers.reserve(collected.size());
  for (auto& answer : collected)
    answers.push_back(answer ? *std::move(answer) : try_again(std::string(missing)));
  return answers;
}

void UnboundResolver::expect(std::span<const Question> questions) {
  for (const auto& question : questions) begin(question, kMostExpected);
}

std::shared_ptr<UnboundResolver::Lookup> UnboundResolver::begin(const Question& question,
                                                                std::size_t most_in_flight) {
  const Question asked{ascii_lower(question.name), question.type};
  const auto problem = name_problem(question.name);
  if (!problem.empty()) return known(asked, failure(Status::BadName, std::string(problem)));
  const auto key = key_of(asked);
  std::shared_ptr<Lookup> lookup;
  {
    const std::lock_guard lock(mutex_);
    if (auto cached = cache_.find(key, SteadyClock::now())) return known(asked, *std::move(cached));
    if (const auto other = in_flight_.find(key); other != in_flight_.end()) return other->second;
    if (in_flight_.size() >= most_in_flight) return known(asked, try_again("too many lookups at once"));
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
  for (Caller* caller : lookup.callers)
    if (--caller->open == 0 || caller->wants_each) caller->changed.notify_one();
  lookup.callers.clear();
  in_flight_.erase(key);
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
