// SPDX-License-Identifier: BSD-2-Clause
// Servers with endless answers, or with larger answers than any that we expect.
#include <cppunit/extensions/HelperMacros.h>
#include <openssl/ssl.h>

#include <array>
#include <future>

#include "store/state/redis_scripts.h"
#include "test/contract/authority.h"
#include "test/contract/fake_server.h"
#include "test/contract/redis_calls.h"
#include "test/contract/redis_server.h"

using namespace mailreeve;

namespace {

constexpr Milliseconds kTimeout{250};
// How far a call may exceed its time-out on a busy machine.
constexpr Milliseconds kSlack{20'000};
// The deadline for calls that must not fail.
Deadline later() { return Deadline(Milliseconds(20000)); }
// The replies at the start of a connection.
const std::string kWelcome = "+OK\r\n+PONG\r\n";

std::string times(std::size_t count, const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

std::string problem_of_parsing(const std::vector<std::string>& pieces) try {
  RedisParser parser;
  for (const auto& piece : pieces) {
    parser.feed(piece);
    while (parser.next()) continue;
  }
  return "";
} catch (const RedisProtocolError& error) {
  return error.what();
}

// A server that answers all commands with this, except the first of each connection.
auto answering(std::string answer) {
  return [answer = std::move(answer)](const FakeClient& client) {
    if (client.receive().empty() || !client.send(kWelcome)) return;
    if (!client.receive().empty()) client.repeat(answer);
  };
}

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

// A server with these keys whose cursors never end: those of SCAN, or those of a hash.
enum class Endless { Keys, Hashes };
auto without_end(Endless what, const std::vector<std::string>& keys) {
  std::string list = "*" + std::to_string(keys.size()) + "\r\n";
  for (const auto& key : keys) list += bulk(key);
  const std::string scan = "*2\r\n" + bulk(what == Endless::Keys ? "7" : "0") + list;
  // Replies to HSCAN, purge_client.lua and count_client.lua.
  const std::string hash_scan = "*2\r\n" + bulk("7") + "*2\r\n" + bulk("junk") + bulk("junk");
  const std::string purge = "*5\r\n:0\r\n" + bulk("7") + ":0\r\n:0\r\n*0\r\n";
  const std::string count = "*4\r\n:0\r\n:0\r\n:0\r\n" + bulk("7");
  return [=](const FakeClient& client) {
    std::string text;
    RedisParser parser;
    for (;;) {
      const std::string octets = client.receive();
      if (octets.empty()) return;
      parser.feed(octets);
      std::string answers;
      while (const auto command = parser.next()) {
        const std::string& name = command->elements.at(0).text;
        if (name == "SCAN") {
          answers += scan;
        } else if (name == "HSCAN") {
          answers += hash_scan;
        } else if (name == "HGETALL") {
          answers += "*0\r\n";
        } else if (name == "EVALSHA") {
          answers += command->elements.at(1).text == redis_scripts().purge_client.sha1 ? purge : count;
        } else if (name == "DBSIZE" || name == "HLEN") {
          answers += ":10\r\n";
        } else {
          answers += name == "PING" ? "+PONG\r\n" : "+OK\r\n";
        }
      }
      if (!client.send(answers)) return;
    }
  };
}

// The server's side of TLS.
class TlsSide {
 public:
  TlsSide(const FakeClient& client, const std::string& certificate, const std::string& key)
      : client_(client), context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    SSL_CTX_use_certificate_file(context_.get(), certificate.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_.get());
  }

  bool receive() {
    char room[4096];
    for (;;) {
      const int count = SSL_read(ssl_.get(), room, sizeof room);
      if (!flush()) return false;
      if (count > 0) return true;
      const std::string octets = client_.receive();
      if (octets.empty()) return false;
      BIO_write(SSL_get_rbio(ssl_.get()), octets.data(), static_cast<int>(octets.size()));
    }
  }
  bool send(const std::string& octets) {
    return SSL_write(ssl_.get(), octets.data(), static_cast<int>(octets.size())) > 0 && flush();
  }
  // Sends a message of TLS itself, which a client never sees.
  bool change_key() {
    return SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
           SSL_do_handshake(ssl_.get()) == 1 && flush();
  }

 private:
  bool flush() {
    char room[4096];
    for (;;) {
      const int count = BIO_read(SSL_get_wbio(ssl_.get()), room, sizeof room);
      if (count <= 0) return true;
      if (!client_.send({room, static_cast<std::size_t>(count)})) return false;
    }
  }

  const FakeClient& client_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
};

struct Certified : Authority {
  Certified() { certify("server", "IP:127.0.0.1"); }
};

// A client for a single query.
class Asked {
 public:
  explicit Asked(std::uint16_t port, RedisLogin login = {})
      : server_({.host = "127.0.0.1", .port = port, .path = {}}, std::move(login)),
        connection_(server_, later()) {}

  RedisConnection& connection() { return connection_; }
  std::string problem(Deadline deadline) {
    return problem_of([&] { connection_.command({"GET", "key"}, deadline); });
  }

 private:
  RedisServer server_;
  RedisConnection connection_;
};

}  // namespace

class RedisEndlessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisEndlessTest);
  CPPUNIT_TEST(a_reply_is_bounded_in_size_width_and_depth);
  CPPUNIT_TEST(each_reply_has_its_own_bounds);
  CPPUNIT_TEST(an_answer_without_an_end_is_an_error_in_time);
  CPPUNIT_TEST(octets_that_are_there_already_do_not_move_the_deadline);
  CPPUNIT_TEST(messages_of_tls_do_not_move_the_deadline);
  CPPUNIT_TEST(messages_of_tls_without_an_end_are_an_error_in_time);
  CPPUNIT_TEST(a_flood_on_an_idle_tls_connection_ends_it);
  CPPUNIT_TEST(a_walk_over_keys_without_an_end_is_given_up);
  CPPUNIT_TEST(a_walk_over_a_hash_without_an_end_is_given_up);
  CPPUNIT_TEST_SUITE_END();

  void a_reply_is_bounded_in_size_width_and_depth() {
    const struct {
      std::vector<std::string> pieces;
      std::string problem;
    } rows[] = {
        {{"*90000\r\n" + times(90000, ":1\r\n")}, ""},
        {{"*90000\r\n", "*90000\r\n"}, "too large"},
        {{"*2\r\n*60000\r\n" + times(60000, ":1\r\n") + "*60000\r\n"}, "too large"},
        {{times(RedisParser::kMostDepth, "*1\r\n") + ":1\r\n"}, ""},
        {{times(RedisParser::kMostDepth, "*1\r\n") + "*1\r\n"}, "too large"},
        {{"$3000000\r\n" + std::string(3000000, 'x') + "\r\n"}, ""},
        {{"$5000000\r\n" + std::string(2500000, 'x'), std::string(2500000, 'x')}, "too long"},
        {{"+" + std::string(2500000, 'x'), std::string(2500000, 'x')}, "too long"},
    };
    for (const auto& row : rows) {
      const std::string problem = problem_of_parsing(row.pieces);
      const std::string what = row.pieces.front().substr(0, 40) + ": " + problem;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(what, row.problem.empty(), problem.empty());
      CPPUNIT_ASSERT_MESSAGE(what, problem.find(row.problem) != std::string::npos);
    }
  }

  void each_reply_has_its_own_bounds() {
    const std::string wide = "*60000\r\n" + times(60000, ":1\r\n");
    const std::string loud = "$3000000\r\n" + std::string(3000000, 'x') + "\r\n";
    CPPUNIT_ASSERT_EQUAL(std::string(), problem_of_parsing({wide, wide, loud, loud, wide}));
  }

  void an_answer_without_an_end_is_an_error_in_time() {
    const std::string kinds[] = {"*90000\r\n", "*2\r\n*50000\r\n", "+", "*1\r\n", "$4000000\r\n",
                                 "-x",         "$1\r\nx"};
    for (const auto& kind : kinds) {
      const FakeServer server(answering(kind));
      const auto store = open_redis("redis://" + server.host_port(), kTimeout);
      std::string problem;
      const auto took = time_of([&] { problem = problem_of([&] { come(*store, "192.0.2.0/24"); }); });
      CPPUNIT_ASSERT_MESSAGE(kind, !problem.empty());
      CPPUNIT_ASSERT_MESSAGE(kind, took < kTimeout + kSlack);
    }
  }

  void octets_that_are_there_already_do_not_move_the_deadline() {
    std::promise<void> asked_once;
    std::promise<void> sent;
    const FakeServer server([&](const FakeClient& client) {
      client.receive();
      client.send(kWelcome);
      client.receive();
      client.send("+OK\r\n");
      asked_once.get_future().wait();
      client.send("$60000\r\n" + std::string(60000, 'x') + "\r\n");
      sent.set_value();
    });
    Asked asked(server.port());
    asked.connection().command({"SET", "key", "value"}, later());
    asked_once.set_value();
    sent.get_future().wait();
    ASSERT_HAS("before the deadline", asked.problem(Deadline(Milliseconds(0))));
    CPPUNIT_ASSERT(!asked.connection().usable());
  }

  void messages_of_tls_do_not_move_the_deadline() {
    std::promise<void> sent;
    const FakeServer server([&](const FakeClient& client) {
      TlsSide tls(client, authority_.file("server.pem"), authority_.file("server.key"));
      if (!tls.receive()) return;
      for (int i = 0; i < 2000 && tls.change_key(); ++i) continue;
      tls.send("+OK\r\n");
      sent.set_value();
    });
    HostLookup lookup("127.0.0.1", server.port());
    TlsStream stream(SocketStream::connect(lookup.addresses(later()), later()), *login().trust, "127.0.0.1",
                     later());
    stream.write("a command", later());
    sent.get_future().wait();
    std::array<char, 100> room{};
    CPPUNIT_ASSERT_THROW(stream.read(room, Deadline(Milliseconds(0))), StreamError);
  }

  void messages_of_tls_without_an_end_are_an_error_in_time() {
    const FakeServer server([&](const FakeClient& client) {
      TlsSide tls(client, authority_.file("server.pem"), authority_.file("server.key"));
      if (!tls.receive() || !tls.send(kWelcome) || !tls.receive()) return;
      while (tls.change_key()) continue;
    });
    Asked asked(server.port(), login());
    std::string problem;
    const auto took = time_of([&] { problem = asked.problem(Deadline(kTimeout)); });
    ASSERT_HAS("before the deadline", problem);
    CPPUNIT_ASSERT(took < kTimeout + kSlack);
  }

  void a_flood_on_an_idle_tls_connection_ends_it() {
    const FakeServer server([&](const FakeClient& client) {
      TlsSide tls(client, authority_.file("server.pem"), authority_.file("server.key"));
      if (!tls.receive() || !tls.send(kWelcome)) return;
      while (tls.change_key()) continue;
    });
    Asked asked(server.port(), login());
    const auto look = [&] { wait_until("it is not quiet", [&] { return !asked.connection().quiet(); }); };
    CPPUNIT_ASSERT(time_of(look) < kSlack);
  }

  // Calls that list or show repeat until they give up, and report it.
  static void assert_given_up(StateStore& store) {
    const char* kEndless = "have no end";
    const TimePoint now = from_millis(1'700'000'000'123);
    const auto purge_all = [&] {
      for (int i = 0; i < 10000; ++i) store.purge(now, GreylistRules(), 100);
    };
    const auto list_all = [&] {
      std::string place;
      while (!store.list(place, 1000, later()).empty()) continue;
    };
    ASSERT_HAS(kEndless, problem_of(purge_all));
    ASSERT_HAS(kEndless, problem_of([&] { store.size(now); }));
    ASSERT_HAS(kEndless, problem_of(list_all));
  }

  void a_walk_over_keys_without_an_end_is_given_up() {
    for (const std::vector<std::string>& keys : {std::vector<std::string>{}, {"mr1:q:{alice}"}}) {
      const FakeServer server(without_end(Endless::Keys, keys));
      const auto store = open_redis("redis://" + server.host_port(), Milliseconds(5000));
      assert_given_up(*store);
    }
  }

  void a_walk_over_a_hash_without_an_end_is_given_up() {
    const FakeServer server(without_end(Endless::Hashes, {"mr1:g:{192.0.2.0/24}"}));
    const auto store = open_redis("redis://" + server.host_port(), Milliseconds(5000));
    assert_given_up(*store);
    ASSERT_HAS("have no end", problem_of([&] { store->of_client("192.0.2.0/24", later()); }));
  }

  RedisLogin login() const {
    RedisLogin out;
    out.trust = std::make_shared<TlsTrust>(authority_.file("ca.pem"));
    return out;
  }

  static const Authority& authority() {
    static const Certified one;
    return one;
  }
  const Authority& authority_ = authority();
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisEndlessTest);
