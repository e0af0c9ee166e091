// SPDX-License-Identifier: BSD-2-Clause
#include "dnslists/list_answer.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;
using Meaning = ListAnswer::Meaning;
using Status = DnsAnswer::Status;

class ListAnswerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ListAnswerTest);
  CPPUNIT_TEST(addresses_of_127_are_listings_and_some_are_errors);
  CPPUNIT_TEST(one_wrong_address_makes_the_answer_an_error);
  CPPUNIT_TEST(no_address_is_no_listing);
  CPPUNIT_TEST(a_failure_of_dns_says_nothing);
  CPPUNIT_TEST_SUITE_END();

  static ListAnswer read(ListKind kind, std::initializer_list<const char*> addresses) {
    DnsAnswer answer{.status = Status::Found};
    for (const char* address : addresses) answer.addresses.push_back(*IpAddress::parse(address));
    return read_list_answer(kind, answer);
  }

  void addresses_of_127_are_listings_and_some_are_errors() {
    const struct {
      const char* address;
      Meaning block;
      Meaning white;
    } table[] = {
        {"127.0.0.2", Meaning::Listed, Meaning::Listed},
        {"127.0.0.0", Meaning::Listed, Meaning::Listed},
        {"127.0.10.3", Meaning::Listed, Meaning::Listed},
        {"127.255.254.255", Meaning::Listed, Meaning::Listed},
        {"127.255.255.252", Meaning::Error, Meaning::Error},
        {"127.255.255.254", Meaning::Error, Meaning::Error},
        {"127.255.255.255", Meaning::Error, Meaning::Error},
        {"127.255.255.0", Meaning::Error, Meaning::Error},
        {"127.0.0.1", Meaning::Error, Meaning::Listed},
        {"127.0.0.255", Meaning::Listed, Meaning::Error},
        {"127.0.1.1", Meaning::Listed, Meaning::Listed},
        {"127.0.1.255", Meaning::Listed, Meaning::Listed},
        {"192.0.2.1", Meaning::Error, Meaning::Error},
        {"126.255.255.255", Meaning::Error, Meaning::Error},
        {"128.0.0.2", Meaning::Error, Meaning::Error},
        {"0.0.0.0", Meaning::Error, Meaning::Error},
        {"2001:db8::7f00:2", Meaning::Error, Meaning::Error},
    };
    for (const auto& row : table) {
      CPPUNIT_ASSERT_MESSAGE(row.address, read(ListKind::Block, {row.address}).meaning == row.block);
      CPPUNIT_ASSERT_MESSAGE(row.address, read(ListKind::Name, {row.address}).meaning == row.block);
      CPPUNIT_ASSERT_MESSAGE(row.address, read(ListKind::White, {row.address}).meaning == row.white);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("it refuses to answer: 127.255.255.254"),
                         read(ListKind::Block, {"127.255.255.254"}).problem);
    CPPUNIT_ASSERT_EQUAL(std::string("it answers 192.0.2.1, which is no list's answer"),
                         read(ListKind::Block, {"192.0.2.1"}).problem);
  }

  void one_wrong_address_makes_the_answer_an_error() {
    CPPUNIT_ASSERT(read(ListKind::Block, {"127.0.0.2", "192.0.2.1"}).meaning == Meaning::Error);
    const auto good = read(ListKind::Block, {"127.0.0.2", "127.0.0.4"});
    CPPUNIT_ASSERT(good.meaning == Meaning::Listed);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), good.answers.size());
  }

  void no_address_is_no_listing() {
    for (const Status status : {Status::NoData, Status::NoName, Status::BadName, Status::Found})
      CPPUNIT_ASSERT(read_list_answer(ListKind::White, {.status = status}).meaning == Meaning::NotListed);
  }

  void a_failure_of_dns_says_nothing() {
    const auto read = read_list_answer(ListKind::Block, {.status = Status::TryAgain, .problem = "SERVFAIL"});
    CPPUNIT_ASSERT(read.meaning == Meaning::Unknown);
    CPPUNIT_ASSERT_EQUAL(std::string("SERVFAIL"), read.problem);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ListAnswerTest);
