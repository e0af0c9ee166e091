// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/open_state_store.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>
#include <string>

#include "store/state/memory_store.h"
#include "store/state/redis_store.h"
#include "store/state/sqlite_store.h"
#include "test/contract/temp_directory.h"

using namespace mailreeve;

class OpenStateStoreTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OpenStateStoreTest);
  CPPUNIT_TEST(a_url_names_its_store);
  CPPUNIT_TEST(a_redis_url_needs_no_server_yet);
  CPPUNIT_TEST(a_redis_url_that_is_wrong_says_how);
  CPPUNIT_TEST(checking_touches_nothing);
  CPPUNIT_TEST(other_urls_are_refused_with_the_known_forms);
  CPPUNIT_TEST(a_path_that_cannot_be_used_is_another_error);
  CPPUNIT_TEST_SUITE_END();

  TempDirectory directory_;

  void a_url_names_its_store() {
    const auto memory = open_state_store("memory:");
    CPPUNIT_ASSERT(dynamic_cast<MemoryStore*>(memory.get()) != nullptr);
    const auto sqlite = open_state_store("sqlite:" + directory_.file("state.db"));
    CPPUNIT_ASSERT(dynamic_cast<SqliteStore*>(sqlite.get()) != nullptr);
    CPPUNIT_ASSERT(std::filesystem::exists(directory_.file("state.db")));
  }

  void a_redis_url_needs_no_server_yet() {
    for (const std::string url : {"redis://localhost:1/2", "redis+unix:///nowhere/redis.sock",
                                  "redis+sentinel://a,b/mymaster", "redis+cluster://a,b"}) {
      const auto redis = open_state_store(url);
      CPPUNIT_ASSERT_MESSAGE(url, dynamic_cast<RedisStore*>(redis.get()) != nullptr);
    }
  }

  void a_redis_url_that_is_wrong_says_how() {
    for (const std::string url : {"redis://", "redis://mail:secret@host", "redis+sentinel://a,b"}) {
      CPPUNIT_ASSERT_THROW_MESSAGE(url, check_state_url(url), std::invalid_argument);
      CPPUNIT_ASSERT_THROW_MESSAGE(url, open_state_store(url), std::invalid_argument);
    }
  }

  void checking_touches_nothing() {
    check_state_url("memory:");
    check_state_url("sqlite:" + directory_.file("state.db"));
    check_state_url("sqlite:/nowhere/state.db");
    CPPUNIT_ASSERT(std::filesystem::is_empty(directory_.path()));
  }

  void other_urls_are_refused_with_the_known_forms() {
    using namespace std::string_literals;
    const std::string urls[] = {
        "",
        "memory",
        "memory:/tmp",
        "sqlite",
        "sqlite:",
        "sqlite:state.db",
        "sqlite::memory:",
        "sqlite:/tmp/",
        "/tmp/state.db",
        "SQLITE:/tmp/state.db",
        "postgres://host/db",
        "sqlite:/tmp/a\0b"s,
        " memory:",
    };
    for (const auto& url : urls) {
      std::string why;
      try {
        check_state_url(url);
      } catch (const std::invalid_argument& error) {
        why = error.what();
      }
      CPPUNIT_ASSERT_MESSAGE(url, why.find("\"" + url.substr(0, url.find('\0'))) == 0);
      CPPUNIT_ASSERT_MESSAGE(why, why.find("memory:") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(why, why.find("sqlite:/") != std::string::npos);
      CPPUNIT_ASSERT_THROW(open_state_store(url), std::invalid_argument);
    }
  }

  void a_path_that_cannot_be_used_is_another_error() {
    CPPUNIT_ASSERT_THROW(open_state_store("sqlite:" + directory_.file("nowhere/state.db")), StoreOpenError);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OpenStateStoreTest);
