// SPDX-License-Identifier: BSD-2-Clause
// Redis over TLS, with our own authority.
#include <cppunit/extensions/HelperMacros.h>

#include <fstream>

#include "store/sql/sqlite_file.h"
#include "store/state/open_state_store.h"
#include "store/state/redis_store.h"
#include "test/contract/authority.h"
#include "test/contract/redis_server.h"

using namespace mailreeve;

namespace {

// A server that speaks TLS on a second port.
class TlsRedis {
 public:
  explicit TlsRedis(const Authority& authority, const std::string& name, RedisProcess::Words more = {})
      : port_(std::to_string(free_port())) {
    RedisProcess::Words words{"--tls-port",         port_,
                              "--tls-cert-file",    authority.file(name + ".pem"),
                              "--tls-key-file",     authority.file(name + ".key"),
                              "--tls-ca-cert-file", authority.file("ca.pem"),
                              "--tls-auth-clients", "no"};
    words.insert(words.end(), more.begin(), more.end());
    redis_ = std::make_unique<RedisProcess>(words);
  }
  const std::string& port() const { return port_; }
  const RedisProcess& plain() const { return *redis_; }

 private:
  std::string port_;
  std::unique_ptr<RedisProcess> redis_;
};

std::string problem_with(const std::string& url, const std::string& ca_file) {
  RedisOptions options;
  options.timeout = Milliseconds(2000);
  options.ca_file = ca_file;
  RedisStore store(parse_redis_url(url), options);
  const Approach what{.client = "192.0.2.0/24", .sender = "a@example.org", .recipient = "b@example.net"};
  try {
    for (int i = 0; i < 20; ++i)
      store.approach(what, GreylistRules{}, from_millis(1'700'000'000'123), Deadline(Milliseconds(2000)));
    return "";
  } catch (const BackendError& error) {
    return error.what();
  }
}

}  // namespace

class RedisTlsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisTlsTest);
  CPPUNIT_TEST(a_server_shows_who_it_is);
  CPPUNIT_TEST(a_connection_is_kept);
  CPPUNIT_TEST(long_answers_come_whole);
  CPPUNIT_TEST(an_old_protocol_will_do_but_not_too_old);
  CPPUNIT_TEST(without_authorities_nothing_is_opened);
  CPPUNIT_TEST_SUITE_END();

  static const Authority& authority() {
    static const Authority one;
    return one;
  }

  void a_server_shows_who_it_is() {
    const Authority& ours = authority();
    const Authority stranger;
    ours.certify("good", "DNS:localhost,IP:127.0.0.1");
    ours.certify("other", "DNS:redis.example.net,IP:192.0.2.1");
    ours.certify("wild", "DNS:*.example.net");
    stranger.certify("strange", "DNS:localhost,IP:127.0.0.1");
    const TlsRedis good(ours, "good");
    const TlsRedis other(ours, "other");
    const TlsRedis strange(stranger, "strange");
    struct Row {
      std::string url;
      std::string ca_file;
      std::string problem;
    };
    const std::string plain = std::to_string(good.plain().port());
    const Row rows[] = {
        {"rediss://localhost:" + good.port(), ours.file("ca.pem"), ""},
        {"rediss://127.0.0.1:" + good.port(), ours.file("ca.pem"), ""},
        {"rediss://localhost:" + other.port(), ours.file("ca.pem"), "hostname mismatch"},
        {"rediss://127.0.0.1:" + other.port(), ours.file("ca.pem"), "IP address mismatch"},
        {"rediss://localhost:" + strange.port(), ours.file("ca.pem"), "certificate"},
        {"rediss://localhost:" + good.port(), "", "certificate"},
        {"rediss://localhost:" + plain, ours.file("ca.pem"), "cannot connect"},
        {"redis://localhost:" + good.port(), "", "cannot connect"},
    };
    for (const auto& row : rows) {
      const std::string problem = problem_with(row.url, row.ca_file);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.url + ": " + problem, row.problem.empty(), problem.empty());
      CPPUNIT_ASSERT_MESSAGE(row.url + ": " + problem, problem.find(row.problem) != std::string::npos);
    }
  }

  // TLS 1.3 may send tickets at any time: they are no reason to reconnect.
  void a_connection_is_kept() {
    authority().certify("kept", "DNS:localhost");
    const TlsRedis redis(authority(), "kept");
    const auto connections = [&] {
      return std::stol(redis.plain().info("stats", "total_connections_received"));
    };
    const long before = connections();
    CPPUNIT_ASSERT_EQUAL(std::string(),
                         problem_with("rediss://localhost:" + redis.port(), authority().file("ca.pem")));
    CPPUNIT_ASSERT_EQUAL(before + 2, connections());  // and the connection for this query
  }

  void long_answers_come_whole() {
    authority().certify("long", "IP:127.0.0.1");
    const TlsRedis redis(authority(), "long");
    RedisLogin login;
    login.trust = std::make_shared<TlsTrust>(authority().file("ca.pem"));
    RedisServer server(
        {.host = "127.0.0.1", .port = static_cast<std::uint16_t>(std::stoi(redis.port())), .path = {}},
        login);
    const Deadline deadline(Milliseconds(5000));
    RedisConnection connection(server, deadline);
    const std::string value(1000000, 'x');
    connection.command({"SET", "key", value}, deadline);
    CPPUNIT_ASSERT(connection.command({"GET", "key"}, deadline).text == value);
    CPPUNIT_ASSERT(connection.quiet());
    connection.command({"APPEND", "key", std::string(4000000, 'y')}, deadline);
    CPPUNIT_ASSERT_THROW(connection.command({"GET", "key"}, deadline), BackendError);
    CPPUNIT_ASSERT(!connection.usable());
  }

  void an_old_protocol_will_do_but_not_too_old() {
    authority().certify("old", "DNS:localhost");
    const TlsRedis old(authority(), "old", {"--tls-protocols", "TLSv1.2"});
    const std::string ca = authority().file("ca.pem");
    CPPUNIT_ASSERT_EQUAL(std::string(), problem_with("rediss://localhost:" + old.port(), ca));
    const TlsRedis ancient(authority(), "old",
                           {"--tls-protocols", "TLSv1.1", "--tls-ciphers", "DEFAULT@SECLEVEL=0"});
    CPPUNIT_ASSERT(!problem_with("rediss://localhost:" + ancient.port(), ca).empty());
  }

  void without_authorities_nothing_is_opened() {
    TempDirectory directory;
    std::ofstream(directory.file("empty.pem")) << "nothing\n";
    for (const auto& file : {directory.file("nowhere.pem"), directory.file("empty.pem")}) {
      StateStoreOptions options;
      options.ca_file = file;
      try {
        open_state_store("rediss://localhost", options);
        CPPUNIT_FAIL(file);
      } catch (const StoreOpenError& error) {
        CPPUNIT_ASSERT(std::string(error.what()).find(file) != std::string::npos);
      }
      CPPUNIT_ASSERT(open_state_store("redis://localhost", options) != nullptr);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisTlsTest);
