// SPDX-License-Identifier: BSD-2-Clause
#include "milter/native/listener.h"

#include <arpa/inet.h>
#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "test/contract/temp_directory.h"
#include "util/unix_address.h"

using namespace mailreeve;
using namespace std::literals;

namespace {

// A port of loopback that nobody has, bound but not listening.
struct Reserved {
  explicit Reserved(int kind = SOCK_STREAM) : socket(::socket(AF_INET, kind, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    CPPUNIT_ASSERT_EQUAL(0, bind(socket.number(), reinterpret_cast<sockaddr*>(&address), size));
    CPPUNIT_ASSERT_EQUAL(0, getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &size));
    port = ntohs(address.sin_port);
  }

  std::string name() const { return "inet:" + std::to_string(port) + "@127.0.0.1"; }

  Descriptor socket;
  unsigned port = 0;
};

Descriptor listening_at(const std::string& path) {
  Descriptor out(socket(AF_UNIX, SOCK_STREAM, 0));
  const sockaddr_un address = unix_address(path).value();
  CPPUNIT_ASSERT_EQUAL(0, bind(out.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  CPPUNIT_ASSERT_EQUAL(0, listen(out.number(), 5));
  return out;
}

bool answers_at(const std::string& path) {
  const Descriptor caller(socket(AF_UNIX, SOCK_STREAM, 0));
  const sockaddr_un address = unix_address(path).value();
  return connect(caller.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

class ListenerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ListenerTest);
  CPPUNIT_TEST(a_unix_socket_has_its_mode_and_listens);
  CPPUNIT_TEST(what_is_left_of_a_socket_is_replaced_and_nothing_else);
  CPPUNIT_TEST(several_sockets_are_opened_in_their_order);
  CPPUNIT_TEST(a_port_in_use_is_an_error_that_names_the_option);
  CPPUNIT_TEST(a_passed_socket_is_taken_for_its_option);
  CPPUNIT_TEST(a_passed_socket_that_no_option_names_is_refused);
  CPPUNIT_TEST(a_passed_socket_that_does_not_listen_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    settings_ = {};
    settings_.user = "root";
    path_ = directory_.file("milter.sock");
    std::remove(path_.c_str());
  }

  void a_unix_socket_has_its_mode_and_listens() {
    for (const unsigned mode : {0600U, 0660U, 0666U}) {
      settings_.socket_mode = mode;
      const auto listeners = open({"unix:" + path_});
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, listeners.size());
      CPPUNIT_ASSERT_EQUAL(path_, listeners[0].file);
      CPPUNIT_ASSERT(!listeners[0].passed);
      CPPUNIT_ASSERT(answers_at(path_));
      CPPUNIT_ASSERT_EQUAL(O_NONBLOCK, fcntl(listeners[0].socket.number(), F_GETFL) & O_NONBLOCK);
      struct stat status {};
      CPPUNIT_ASSERT_EQUAL(0, stat(path_.c_str(), &status));
      CPPUNIT_ASSERT_EQUAL(mode, static_cast<unsigned>(status.st_mode & 0777));
      unlink(path_.c_str());
    }
  }

  void what_is_left_of_a_socket_is_replaced_and_nothing_else() {
    listening_at(path_).reset();
    open({"unix:" + path_});
    unlink(path_.c_str());
    {
      const Descriptor alive = listening_at(path_);
      CPPUNIT_ASSERT(message_of({"unix:" + path_}).find("another process answers") != std::string::npos);
      CPPUNIT_ASSERT(answers_at(path_));
    }
    unlink(path_.c_str());
    std::ofstream(path_) << "precious";
    CPPUNIT_ASSERT(message_of({"unix:" + path_}).find("is no socket") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(0, access(path_.c_str(), F_OK));
  }

  void several_sockets_are_opened_in_their_order() {
    const std::string inet = Reserved().name();
    const std::string inet6 = "inet6:" + std::to_string(Reserved().port) + "@::1";
    const auto listeners = open({inet, "unix:" + path_, inet6});
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, listeners.size());
    const int families[] = {AF_INET, AF_UNIX, AF_INET6};
    for (std::size_t i = 0; i < 3; ++i) {
      int family = 0;
      socklen_t size = sizeof family;
      CPPUNIT_ASSERT_EQUAL(0,
                           getsockopt(listeners[i].socket.number(), SOL_SOCKET, SO_DOMAIN, &family, &size));
      CPPUNIT_ASSERT_EQUAL(families[i], family);
      CPPUNIT_ASSERT_EQUAL(i == 1 ? path_ : ""s, listeners[i].file);
    }
  }

  void a_port_in_use_is_an_error_that_names_the_option() {
    const Reserved taken;
    listen(taken.socket.number(), 1);
    CPPUNIT_ASSERT(message_of({taken.name()}).starts_with("socket = " + taken.name() + ": "));
  }

  void a_passed_socket_is_taken_for_its_option() {
    Reserved port;
    listen(port.socket.number(), 5);
    std::vector<Descriptor> passed;
    passed.push_back(listening_at(path_));
    passed.push_back(std::move(port.socket));
    const int numbers[] = {passed[1].number(), passed[0].number()};
    const std::string own = directory_.file("own.sock");
    const auto listeners = open({port.name(), "unix:" + own, "unix:" + path_}, std::move(passed));
    CPPUNIT_ASSERT_EQUAL(numbers[0], listeners.at(0).socket.number());
    CPPUNIT_ASSERT_EQUAL(numbers[1], listeners.at(2).socket.number());
    // The file is the service manager's.
    CPPUNIT_ASSERT(listeners[2].passed && listeners[2].file.empty());
    CPPUNIT_ASSERT(!listeners[1].passed && listeners[1].file == own);
    CPPUNIT_ASSERT_EQUAL(O_NONBLOCK, fcntl(numbers[1], F_GETFL) & O_NONBLOCK);
    CPPUNIT_ASSERT(answers_at(path_) && answers_at(own));
  }

  void a_passed_socket_that_no_option_names_is_refused() {
    for (const auto& name : {"unix:" + directory_.file("other.sock"), Reserved().name()}) {
      std::vector<Descriptor> passed;
      passed.push_back(listening_at(path_));
      const std::string message = message_of({name}, std::move(passed));
      CPPUNIT_ASSERT(message.find("unix:" + path_ + ", which the option socket does not name") !=
                     std::string::npos);
      unlink(path_.c_str());
      unlink(directory_.file("other.sock").c_str());
    }
    Reserved port;
    listen(port.socket.number(), 5);
    std::vector<Descriptor> passed;
    passed.push_back(std::move(port.socket));
    CPPUNIT_ASSERT(message_of({"unix:" + path_}, std::move(passed)).find(port.name()) != std::string::npos);
  }

  void a_passed_socket_that_does_not_listen_is_refused() {
    for (const int kind : {SOCK_STREAM, SOCK_DGRAM}) {
      Reserved port(kind);
      std::vector<Descriptor> passed;
      passed.push_back(std::move(port.socket));
      CPPUNIT_ASSERT(message_of({port.name()}, std::move(passed)).find("takes no connections") !=
                     std::string::npos);
    }
  }

 private:
  std::vector<Listener> open(std::vector<std::string> names, std::vector<Descriptor> passed = {}) {
    settings_.sockets = std::move(names);
    return open_listeners(settings_, std::move(passed));
  }
  std::string message_of(std::vector<std::string> names, std::vector<Descriptor> passed = {}) {
    try {
      open(std::move(names), std::move(passed));
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    CPPUNIT_FAIL("nothing was wrong");
    return "";
  }

  TempDirectory directory_;
  std::string path_;
  Settings settings_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ListenerTest);
