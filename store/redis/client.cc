// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis/client.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <map>
#include <thread>

#include "store/redis/cluster.h"

namespace mailreeve {

namespace {

// A cluster that moves slots redirects at most twice, Sentinels once.
constexpr int kMostTurns = 6;
constexpr Milliseconds kPause{10};

bool is_any_of(const RedisReply& reply, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* word) { return reply.is_error(word); });
}

// The server used to be a master.
bool says_demoted(const RedisReply& reply) { return is_any_of(reply, {"READONLY", "MASTERDOWN"}); }

// The server did not execute the command and will not for a while; another server may.
bool says_not_served(const RedisReply& reply) {
  return says_demoted(reply) || is_any_of(reply, {"LOADING", "CLUSTERDOWN", "BUSY"});
}

// A master that is cut off from its replicas or cannot save may soon be demoted.
bool says_in_trouble(const RedisReply& reply) { return is_any_of(reply, {"NOREPLICAS", "MISCONF"}); }

struct Redirection {
  unsigned slot;
  RedisAddress where;
};

// Parses "MOVED 3999 192.0.2.1:6381" or "ASK 3999 2001:db8::1:6381". An empty
// host means the server that answers.
std::optional<Redirection> parse_redirection(const std::string& text, const std::string& teller) {
  const auto blank = text.find(' ');
  const auto second = text.find(' ', blank + 1);
  const auto colon = text.rfind(':');
  if (blank == std::string::npos || second == std::string::npos || colon == std::string::npos ||
      colon < second)
    return std::nullopt;
  Redirection out{};
  const char* end = text.data() + text.size();
  if (std::from_chars(text.data() + blank + 1, end, out.slot).ec != std::errc()) return std::nullopt;
  if (std::from_chars(text.data() + colon + 1, end, out.where.port).ec != std::errc()) return std::nullopt;
  const std::string host = text.substr(second + 1, colon - second - 1);
  out.where.host = host.empty() || host == "?" ? teller : host;
  if (out.slot > 16383 || out.where.port == 0) return std::nullopt;
  return out;
}

// The key holds something that we did not store.
bool says_foreign(const RedisReply& reply) { return is_any_of(reply, {"WRONGTYPE", "ERR"}); }

}  // namespace

RedisCommand script_command(const RedisScript& script, const std::vector<std::string>& keys,
                            const std::vector<std::string>& arguments) {
  RedisCommand out{"EVALSHA", script.sha1, std::to_string(keys.size())};
  out.insert(out.end(), keys.begin(), keys.end());
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

void give_text(RedisCommand& command, const RedisScript& script) {
  command[0] = "EVAL";
  command[1] = script.text;
}

// One call in progress.
struct RedisClient::Try {
  std::string_view key;
  unsigned slot;
  RedisCommand command;
  const RedisScript* script;  // null if the command is not a script
  Deadline patience;          // with a slot that is being moved
  RedisRoutes::Server server{};
  bool asking = false;  // from a node that is importing the slot
  int turns = 0;        // redirections to another server

  std::string complaint(const RedisReply& reply) const {
    return describe(reply, server->address()) + (says_foreign(reply) ? " (" + std::string(key) + ")" : "");
  }
  void turn_to(RedisRoutes::Server other) {
    if (++turns > kMostTurns) throw BackendError("Redis sends us to and fro");
    server = std::move(other);
    asking = false;
  }
};

RedisReply RedisClient::run(const RedisScript& script, const std::vector<std::string>& keys,
                            const std::vector<std::string>& arguments, Deadline deadline) {
  return send(keys.front(), script_command(script, keys, arguments), &script, deadline);
}

RedisReply RedisClient::command(const std::string& key, const RedisCommand& command, Deadline deadline) {
  return send(key, command, nullptr, deadline);
}

std::vector<RedisReply> RedisClient::run_each(const RedisScript& script, std::span<const RedisCall> calls,
                                              Deadline deadline) {
  deadline = deadline.within(timeout_);
  std::vector<RedisReply> out(calls.size());
  std::map<RedisRoutes::Server, std::vector<std::size_t>> places;
  if (calls.size() > 1)
    for (std::size_t i = 0; i < calls.size(); ++i)
      places[routes_->server_of(key_slot(calls[i].key), deadline)].push_back(i);
  std::vector<bool> done(calls.size());
  for (const auto& [server, those] : places) {
    std::vector<RedisCommand> commands;
    for (const std::size_t i : those)
      commands.push_back(script_command(script, {calls[i].key}, calls[i].arguments));
    // The others find it there.
    give_text(commands.front(), script);
    auto replies = exchange(server, commands, deadline);
    for (std::size_t n = 0; n < replies.size(); ++n) {
      done[those[n]] = !replies[n].is(RedisReply::Type::Error);
      out[those[n]] = std::move(replies[n]);
    }
  }
  // What a server refused it has not executed: another one may have the key by now.
  for (std::size_t i = 0; i < calls.size(); ++i)
    if (!done[i]) out[i] = run(script, {calls[i].key}, calls[i].arguments, deadline);
  return out;
}

// No replies: nothing was sent.
std::vector<RedisReply> RedisClient::exchange(const RedisRoutes::Server& server,
                                              const std::vector<RedisCommand>& commands, Deadline deadline) {
  try {
    return server->lease(deadline)->exchange(commands, deadline);
  } catch (const RedisUnreachable&) {
    return {};
  } catch (const BackendError&) {
    routes_->suspect(server);
    throw;
  }
}

RedisReply RedisClient::send(const std::string& key, const RedisCommand& command, const RedisScript* script,
                             Deadline deadline) {
  deadline = deadline.within(timeout_);
  const unsigned slot = key_slot(key);
  Try state{.key = key,
            .slot = slot,
            .command = command,
            .script = script,
            .patience = deadline.within(deadline.left() / 2),
            .server = routes_->server_of(slot, deadline)};
  for (;;) {
    try {
      if (auto reply = attempt(state, deadline)) return std::move(*reply);
    } catch (const RedisUnreachable& error) {
      look_again(state, error, deadline);
    }
  }
}

// Returns nullopt if the call must be retried: the server has not executed it.
std::optional<RedisReply> RedisClient::attempt(Try& state, Deadline deadline) {
  std::vector<RedisCommand> commands;
  if (state.asking) commands.push_back({"ASKING"});
  commands.push_back(state.command);
  RedisReply reply;
  try {
    auto lease = state.server->lease(deadline);
    reply = std::move(lease->exchange(commands, deadline).back());
    // Other connections to this server would have the same problem.
    if (says_demoted(reply)) lease->give_up(state.complaint(reply));
  } catch (const RedisUnreachable&) {
    throw;
  } catch (const BackendError&) {
    routes_->suspect(state.server);
    throw;
  }
  return judge(state, std::move(reply));
}

std::optional<RedisReply> RedisClient::judge(Try& state, RedisReply reply) {
  if (!reply.is(RedisReply::Type::Error)) return reply;
  if (reply.is_error("NOSCRIPT") && state.script != nullptr && state.command[0] == "EVALSHA") {
    give_text(state.command, *state.script);
    return std::nullopt;
  }
  if (reply.is_error("MOVED") || reply.is_error("ASK")) {
    redirect(state, reply);
    return std::nullopt;
  }
  const std::string problem = state.complaint(reply);
  if (says_not_served(reply)) throw RedisUnreachable(problem);
  if (says_in_trouble(reply)) routes_->suspect(state.server);
  if (!reply.is_error("TRYAGAIN") || state.patience.passed()) throw BackendError(problem);
  std::this_thread::sleep_for(kPause);
  return std::nullopt;
}

void RedisClient::redirect(Try& state, const RedisReply& error) {
  const auto target = parse_redirection(error.text, state.server->address().host);
  if (!target) throw BackendError(state.complaint(error));
  const bool ask = error.is_error("ASK");
  if (!ask) routes_->note_move(target->slot, target->where);
  state.turn_to(routes_->at(target->where));
  state.asking = ask;
}

// Another server may have the keys by now.
void RedisClient::look_again(Try& state, const RedisUnreachable& error, Deadline deadline) {
  routes_->suspect(state.server);
  auto other = routes_->server_of(state.slot, deadline);
  if (other == state.server) throw BackendError(error.what());
  state.turn_to(std::move(other));
}

}  // namespace mailreeve
