// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis/protocol.h"

#include <hiredis/hiredis.h>

#include <algorithm>

namespace mailreeve {

namespace {

// hiredis builds the tree of a reply through these functions. It frees what it
// has not handed out, but never a single element: elements belong to their array.
using Type = RedisReply::Type;

Type type_of(int type) {
  switch (type) {
    case REDIS_REPLY_STATUS:
      return Type::Status;
    case REDIS_REPLY_ERROR:
      return Type::Error;
    default:
      return Type::String;
  }
}

int depth_of(const redisReadTask* task) {
  int depth = 1;
  for (const auto* above = task->parent; above != nullptr; above = above->parent) ++depth;
  return depth;
}

// An array's header takes a few octets, however many elements it announces.
bool fits(const redisReadTask* task, std::size_t count) {
  auto& elements = *static_cast<std::size_t*>(task->privdata);
  elements += count;
  return elements <= RedisParser::kMostElements && depth_of(task) <= RedisParser::kMostDepth;
}

// Returns the reply's place in its parent, or a new reply at the top level.
RedisReply* place_for(const redisReadTask* task) {
  if (task->parent == nullptr) return new RedisReply;
  auto* parent = static_cast<RedisReply*>(task->parent->obj);
  return &parent->elements.at(static_cast<std::size_t>(task->idx));
}

// Exceptions must not pass through C; hiredis takes nullptr for "out of memory".
template <typename Fill>
void* create(const redisReadTask* task, Type type, Fill fill) {
  try {
    RedisReply* reply = place_for(task);
    reply->type = type;
    try {
      fill(*reply);
    } catch (...) {
      if (task->parent == nullptr) delete reply;
      throw;
    }
    return reply;
  } catch (...) {
    return nullptr;
  }
}

void* create_string(const redisReadTask* task, char* text, std::size_t length) {
  return create(task, type_of(task->type), [&](RedisReply& reply) { reply.text.assign(text, length); });
}

void* create_array(const redisReadTask* task, int announced) {
  const auto count = static_cast<std::size_t>(std::max(announced, 0));
  if (!fits(task, count)) return nullptr;
  return create(task, Type::Array, [&](RedisReply& reply) { reply.elements.resize(count); });
}

void* create_integer(const redisReadTask* task, long long number) {
  return create(task, Type::Integer, [&](RedisReply& reply) { reply.integer = number; });
}

void* create_nil(const redisReadTask* task) {
  return create(task, Type::Nil, [](RedisReply&) {});
}

void free_reply(void* reply) { delete static_cast<RedisReply*>(reply); }

redisReplyObjectFunctions functions{.createString = create_string,
                                    .createArray = create_array,
                                    .createInteger = create_integer,
                                    .createNil = create_nil,
                                    .freeObject = free_reply};

}  // namespace

bool RedisReply::is_error(std::string_view word) const {
  if (type != Type::Error) return false;
  if (text.starts_with(word)) return true;
  // Redis 6 and older: "ERR Error running script (...): ...: -READONLY You can't ...".
  return text.starts_with("ERR Error running script") &&
         text.find(": -" + std::string(word)) != std::string::npos;
}

std::string encode(const RedisCommand& command) {
  std::vector<const char*> words;
  std::vector<std::size_t> lengths;
  for (const auto& word : command) {
    words.push_back(word.data());
    lengths.push_back(word.size());
  }
  char* text = nullptr;
  const int size =
      redisFormatCommandArgv(&text, static_cast<int>(words.size()), words.data(), lengths.data());
  if (size < 0) throw RedisProtocolError("out of memory");
  const std::unique_ptr<char, void (*)(char*)> owner(text, redisFreeCommand);
  return {text, static_cast<std::size_t>(size)};
}

struct RedisParser::Reader {
  redisReader* handle = redisReaderCreateWithFunctions(&functions);
  ~Reader() { redisReaderFree(handle); }
};

RedisParser::RedisParser() : reader_(std::make_unique<Reader>()) {
  if (reader_->handle == nullptr) throw RedisProtocolError("out of memory");
  reader_->handle->privdata = &elements_;
}
RedisParser::~RedisParser() = default;

void RedisParser::feed(std::string_view octets) {
  waiting_ += octets.size();
  if (waiting_ > kMostOctets) throw RedisProtocolError("an answer is too long");
  if (redisReaderFeed(reader_->handle, octets.data(), octets.size()) != REDIS_OK)
    throw RedisProtocolError(reader_->handle->errstr);
}

std::optional<RedisReply> RedisParser::next() {
  void* found = nullptr;
  if (redisReaderGetReply(reader_->handle, &found) != REDIS_OK) {
    const bool refused = reader_->handle->err == REDIS_ERR_OOM;
    throw RedisProtocolError(refused ? "an answer is too large" : reader_->handle->errstr);
  }
  if (found == nullptr) return std::nullopt;
  elements_ = 0;
  waiting_ = reader_->handle->len - reader_->handle->pos;
  const std::unique_ptr<RedisReply> reply(static_cast<RedisReply*>(found));
  return std::move(*reply);
}

bool RedisParser::empty() const { return reader_->handle->pos == reader_->handle->len; }

}  // namespace mailreeve
