// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis/connection.h"

#include <algorithm>
#include <array>

#include "util/secret_file.h"

namespace mailreeve {

namespace {

constexpr const char* kClientName = "mailreeve";

RedisCommand auth_command(const RedisLogin& login) try {
  RedisCommand out{"AUTH"};
  if (!login.user.empty()) out.push_back(login.user);
  out.push_back(read_secret_file(login.password_file));
  return out;
} catch (const SecretFileError& error) {
  throw StreamError(error.what());
}

bool is_master(const RedisReply& role) {
  return role.is(RedisReply::Type::Array) && !role.elements.empty() && role.elements[0].text == "master";
}

// The reply to PING. A server that cannot save refuses even PING, but still serves reads.
bool is_alive(const RedisReply& reply) {
  return !reply.is(RedisReply::Type::Error) || reply.is_error("MISCONF");
}

}  // namespace

std::string describe(const RedisReply& reply) {
  if (!reply.is(RedisReply::Type::Error)) return "an answer of an unexpected kind";
  std::string text = reply.text.substr(0, 200);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

std::string describe(const RedisReply& reply, const RedisAddress& server) {
  return "Redis at " + to_string(server) + " says: " + describe(reply);
}

std::unique_ptr<Stream> RedisServer::open_stream(Deadline deadline) {
  if (!address_.path.empty()) return SocketStream::connect_unix(address_.path, deadline);
  auto socket = SocketStream::connect(lookup_.addresses(deadline), deadline);
  if (!login_.trust) return socket;
  return std::make_unique<TlsStream>(std::move(socket), *login_.trust, address_.host, deadline);
}

RedisConnection::RedisConnection(RedisServer& server, Deadline deadline) try
    : server_(server), stream_(server.open_stream(deadline)) {
  log_in(deadline);
} catch (const RedisUnreachable&) {
  throw;
} catch (const std::runtime_error& error) {
  throw RedisUnreachable("cannot connect to Redis at " + to_string(server.address()) + ": " + error.what());
}

// Uses one round trip, since mail waits meanwhile.
void RedisConnection::log_in(Deadline deadline) {
  const RedisLogin& login = server_.login();
  struct Step {
    RedisCommand command;
    const char* what;  // names a step that must succeed; nullptr if it may fail
  };
  std::vector<Step> steps;
  if (!login.password_file.empty()) steps.push_back({auth_command(login), "the password"});
  if (login.database != 0) steps.push_back({{"SELECT", std::to_string(login.database)}, "the database"});
  steps.push_back({{"CLIENT", "SETNAME", kClientName}, nullptr});
  if (login.proof != RedisLogin::Proof::None) steps.push_back({{"PING"}, "PING"});
  const bool must_be_master = login.proof == RedisLogin::Proof::IsMaster;
  if (must_be_master) steps.push_back({{"ROLE"}, "ROLE"});

  std::vector<RedisCommand> commands;
  commands.reserve(steps.size());
  for (const auto& step : steps) commands.push_back(step.command);
  const auto replies = exchange(commands, deadline);
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (steps[i].what != nullptr && !is_alive(replies[i]))
      throw StreamError(std::string(steps[i].what) + " is refused: " + describe(replies[i]));
  if (must_be_master && !is_master(replies.back())) throw StreamError("it is not a master");
}

void RedisConnection::authenticate(const RedisLogin& login, Deadline deadline) try {
  const RedisReply reply = command(auth_command(login), deadline);
  if (reply.is(RedisReply::Type::Error)) throw StreamError("the password is refused: " + describe(reply));
} catch (const StreamError& error) {
  throw BackendError("Redis at " + to_string(server_.address()) + ": " + error.what());
}

RedisReply RedisConnection::command(const RedisCommand& command, Deadline deadline) {
  return std::move(exchange(std::span(&command, 1), deadline).front());
}

std::vector<RedisReply> RedisConnection::exchange(std::span<const RedisCommand> commands, Deadline deadline) {
  const bool usable = std::exchange(usable_, false);
  const auto fail = [this](const std::string& why) {
    problem_ = "Redis at " + to_string(server_.address()) + ": " + why;
    return BackendError(problem_);
  };
  if (!usable) throw fail("the connection is lost");
  try {
    std::string octets;
    for (const auto& command : commands) octets += encode(command);
    stream_->write(octets, deadline);
    auto replies = read_replies(commands.size(), deadline);
    // Unrequested data would be taken for the next reply.
    usable_ = parser_.empty();
    return replies;
  } catch (const StreamError& error) {
    throw fail(error.what());
  } catch (const RedisProtocolError& error) {
    throw fail(error.what());
  }
}

std::vector<RedisReply> RedisConnection::read_replies(std::size_t count, Deadline deadline) {
  std::array<char, 16384> room;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
  std::vector<RedisReply> replies;
  while (replies.size() < count) {
    if (auto reply = parser_.next()) {
      replies.push_back(std::move(*reply));
      continue;
    }
    // A peer that keeps sending never makes read() wait.
    if (deadline.passed()) throw StreamError("no whole answer before the deadline");
    const std::size_t size = stream_->read(room, deadline);
    if (size == 0) throw StreamError("the connection was closed");
    parser_.feed({room.data(), size});
  }
  return replies;
}

bool RedisConnection::check(Deadline deadline) try {
  const bool must_be_master = server_.login().proof == RedisLogin::Proof::IsMaster;
  const RedisReply reply = command({must_be_master ? "ROLE" : "PING"}, deadline);
  return must_be_master ? is_master(reply) : is_alive(reply);
} catch (const BackendError&) {
  return false;
}

}  // namespace mailreeve
