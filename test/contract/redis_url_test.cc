// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis/url.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>
#include <string>

using namespace mailreeve;

class RedisUrlTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisUrlTest);
  CPPUNIT_TEST(a_url_says_where_and_as_whom);
  CPPUNIT_TEST(several_servers_are_sentinels_or_a_cluster);
  CPPUNIT_TEST(an_error_says_what_is_wrong);
  CPPUNIT_TEST(a_password_in_the_url_is_refused_and_not_repeated);
  CPPUNIT_TEST_SUITE_END();

  static std::string problem_of(const std::string& url) {
    try {
      parse_redis_url(url);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  }

  void a_url_says_where_and_as_whom() {
    struct Row {
      std::string url;
      std::string server;
      std::string user;
      std::string file;
      unsigned database;
      bool tls;
    };
    const Row rows[] = {
        {"redis://localhost", "localhost:6379", "", "", 0, false},
        {"redis://localhost/", "localhost:6379", "", "", 0, false},
        {"redis://192.0.2.1:7000/3", "192.0.2.1:7000", "", "", 3, false},
        {"redis://[2001:db8::1]", "[2001:db8::1]:6379", "", "", 0, false},
        {"redis://[::1]:65535/15", "[::1]:65535", "", "", 15, false},
        {"rediss://redis.example.net", "redis.example.net:6379", "", "", 0, true},
        {"redis://mail:/etc/pw@host", "host:6379", "mail", "/etc/pw", 0, false},
        {"redis://:/etc/pw@host:1/2", "host:1", "", "/etc/pw", 2, false},
        {"redis://mail:/etc/p@w:x@host", "host:6379", "mail", "/etc/p@w:x", 0, false},
        {"redis+unix:///run/redis.sock", "/run/redis.sock", "", "", 0, false},
        {"redis+unix:///run/redis.sock?db=7", "/run/redis.sock", "", "", 7, false},
        {"redis+unix://mail:/etc/pw@/run/r@1.sock", "/run/r@1.sock", "mail", "/etc/pw", 0, false},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.url, std::string(), problem_of(row.url));
      const RedisUrl url = parse_redis_url(row.url);
      CPPUNIT_ASSERT(url.kind == RedisUrl::Kind::Single);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, url.servers.size());
      CPPUNIT_ASSERT_EQUAL(row.server, to_string(url.servers.front()));
      CPPUNIT_ASSERT_EQUAL(row.user, url.user);
      CPPUNIT_ASSERT_EQUAL(row.file, url.password_file);
      CPPUNIT_ASSERT_EQUAL(row.database, url.database);
      CPPUNIT_ASSERT_EQUAL(row.tls, url.tls);
    }
  }

  void several_servers_are_sentinels_or_a_cluster() {
    const auto sentinels = parse_redis_url("redis+sentinel://mail:/pw@a,b:1,[::1]:2/mymaster/4");
    CPPUNIT_ASSERT(sentinels.kind == RedisUrl::Kind::Sentinel);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, sentinels.servers.size());
    CPPUNIT_ASSERT_EQUAL(std::string("a:26379"), to_string(sentinels.servers[0]));
    CPPUNIT_ASSERT_EQUAL(std::string("b:1"), to_string(sentinels.servers[1]));
    CPPUNIT_ASSERT_EQUAL(std::string("[::1]:2"), to_string(sentinels.servers[2]));
    CPPUNIT_ASSERT_EQUAL(std::string("mymaster"), sentinels.master);
    CPPUNIT_ASSERT_EQUAL(4U, sentinels.database);
    CPPUNIT_ASSERT_EQUAL(std::string("/pw"), sentinels.password_file);

    const auto cluster = parse_redis_url("rediss+cluster://a,b:7001");
    CPPUNIT_ASSERT(cluster.kind == RedisUrl::Kind::Cluster);
    CPPUNIT_ASSERT(cluster.tls);
    CPPUNIT_ASSERT_EQUAL(std::string("a:6379"), to_string(cluster.servers[0]));
    CPPUNIT_ASSERT_EQUAL(std::string("b:7001"), to_string(cluster.servers[1]));
  }

  void an_error_says_what_is_wrong() {
    struct Row {
      std::string url;
      std::string part;
    };
    const Row rows[] = {
        {"", "begins with none of"},
        {"redis", "begins with none of"},
        {"redis:/host", "begins with none of"},
        {"REDIS://host", "begins with none of"},
        {"rediss+unix:///run/redis.sock", "begins with none of"},
        {"redis://", "name of a host"},
        {"redis://:6379", "name of a host"},
        {"redis://host:", "port number"},
        {"redis://host:0", "port number"},
        {"redis://host:65536", "port number"},
        {"redis://host:+1", "port number"},
        {"redis://2001:db8::1", "IPv6 addresses stand in []"},
        {"redis://[::1", "without \"]\""},
        {"redis://[::1]6379", "port number"},
        {"redis://host/mail", "database"},
        {"redis://host/-1", "database"},
        {"redis://host/1/2", "database"},
        {"redis://a,b", "several servers"},
        {"redis://ho st", "blank"},
        {"redis://mail@host", "user:/password/file"},
        {"redis://mail:@host", "user:/password/file"},
        {"redis+unix://run/redis.sock", "absolute path"},
        {"redis+unix:///", "absolute path"},
        {"redis+unix:///run/redis.sock?timeout=1", "db="},
        {"redis+unix:///run/redis.sock?db=x", "database"},
        {"redis+unix:///" + std::string(200, 'x'), "107 octets"},
        {"redis+sentinel://a,b", "name of the master"},
        {"redis+sentinel://a,b/", "name of the master"},
        {"redis+sentinel://a,,b/mymaster", "name of a host"},
        {"redis+sentinel://a/mymaster/x", "database"},
        {"redis+cluster://a,b/1", "only one"},
    };
    for (const auto& row : rows) {
      const std::string problem = problem_of(row.url);
      CPPUNIT_ASSERT_MESSAGE(row.url + ": " + problem, problem.find(row.part) != std::string::npos);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(problem, '"', problem.front());
    }
  }

  void a_password_in_the_url_is_refused_and_not_repeated() {
    for (const std::string url :
         {"redis://mail:secret@host", "redis://secret@host", "redis+sentinel://:secret@host/m",
          "redis://mail:secret@host:99999", "redis://mail:se/secret@host"}) {
      const std::string problem = problem_of(url);
      CPPUNIT_ASSERT_MESSAGE(url, !problem.empty());
      CPPUNIT_ASSERT_MESSAGE(problem, problem.find("secret") == std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(problem, problem.find("file") != std::string::npos);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisUrlTest);
