// SPDX-License-Identifier: BSD-2-Clause
#include "milter/native/native_server.h"

#include <cppunit/extensions/HelperMacros.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>

#include "test/contract/temp_directory.h"
#include "test/steady_clock_shift.h"
#include "test/unit/dialogue_fixture.h"
#include "util/unix_address.h"

using namespace mailreeve;

namespace {

class Mta {
 public:
  explicit Mta(const std::string& path) : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = unix_address(path).value();
    CPPUNIT_ASSERT_EQUAL(
        0, connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }

  // Negotiates, and returns true if that is answered.
  bool speak() const {
    const std::string said = test::full_negotiation();
    return send(socket_.number(), said.data(), said.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(said.size()) &&
           receive() > 0;
  }
  // 0: the connection has ended.
  ssize_t receive() const {
    constexpr int kPatience = 30'000;
    pollfd readable{socket_.number(), POLLIN, 0};
    CPPUNIT_ASSERT_EQUAL(1, poll(&readable, 1, kPatience));
    char octets[4096];
    return recv(socket_.number(), octets, sizeof octets, 0);
  }

 private:
  Descriptor socket_;
};

}  // namespace

class NativeServerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NativeServerTest);
  CPPUNIT_TEST(a_connection_that_is_silent_for_two_hours_is_closed_and_no_other);
  CPPUNIT_TEST(a_stop_closes_connections_and_removes_the_file);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_connection_that_is_silent_for_two_hours_is_closed_and_no_other() {
    constexpr Milliseconds kAlmost{7000 * 1000};
    constexpr Milliseconds kRest{300 * 1000};
    NativeServer server(settings(), milter_.sessions, {}, Milliseconds(5));
    server.start();
    const Mta silent(path_);
    const Mta busy(path_);
    CPPUNIT_ASSERT(silent.speak());
    CPPUNIT_ASSERT(busy.speak());
    SteadyClockShift::advance(kAlmost);
    CPPUNIT_ASSERT(busy.speak());
    SteadyClockShift::advance(kRest);
    CPPUNIT_ASSERT_EQUAL(ssize_t{0}, silent.receive());
    CPPUNIT_ASSERT(busy.speak());
    CPPUNIT_ASSERT_EQUAL(1, milter_.sessions.open());
  }

  void a_stop_closes_connections_and_removes_the_file() {
    NativeServer server(settings(), milter_.sessions, {});
    server.start();
    const Mta one(path_);
    CPPUNIT_ASSERT(one.speak());
    CPPUNIT_ASSERT(server.closing());
    server.stop();
    CPPUNIT_ASSERT_EQUAL(ssize_t{0}, one.receive());
    CPPUNIT_ASSERT(access(path_.c_str(), F_OK) != 0);
  }

 private:
  Settings settings() const {
    Settings out;
    out.user = "root";
    out.sockets = {"unix:" + path_};
    return out;
  }

  test::Milter milter_;
  TempDirectory directory_;
  std::string path_ = directory_.file("milter.sock");
};

CPPUNIT_TEST_SUITE_REGISTRATION(NativeServerTest);
