// SPDX-License-Identifier: BSD-2-Clause
#include "util/secret_file.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "test/contract/temp_directory.h"

using namespace mailreeve;

class SecretFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SecretFileTest);
  CPPUNIT_TEST(the_secret_is_the_first_line);
  CPPUNIT_TEST(what_is_no_secret_is_refused_with_the_path_and_without_its_text);
  CPPUNIT_TEST(a_pipe_is_not_waited_for);
  CPPUNIT_TEST(a_file_that_others_can_read_is_known);
  CPPUNIT_TEST_SUITE_END();

  TempDirectory directory_;
  const std::string file_ = directory_.file("secret");

  void write(const std::string& text) { std::ofstream(file_, std::ios::binary) << text; }

  static std::string problem(const std::string& path) {
    try {
      read_secret_file(path);
    } catch (const SecretFileError& error) {
      return error.what();
    }
    return "";
  }

  void the_secret_is_the_first_line() {
    const std::string longest(4096, 'x');
    const struct {
      std::string text, secret;
    } table[] = {
        {"s", "s"},
        {"s\n", "s"},
        {"s\r\n", "s"},
        {"s\n\n", "s"},
        {"s\nits comment\n", "s"},
        {" two words \n", " two words "},
        {"s\rt\n", "s\rt"},
        {"\xc3\xa9\xff\n", "\xc3\xa9\xff"},
        {longest, longest},
        {longest + "\n", longest},
        {longest + "\r\n" + std::string(100'000, 'y'), longest},
        {std::string("s\nt\0u", 5), "s"},
    };
    for (const auto& row : table) {
      write(row.text);
      CPPUNIT_ASSERT_EQUAL(row.secret, read_secret_file(file_));
    }
  }

  void what_is_no_secret_is_refused_with_the_path_and_without_its_text() {
    const struct {
      std::string text, why;
    } table[] = {
        {"", "its first line is empty"},
        {"\n", "its first line is empty"},
        {"\r\n", "its first line is empty"},
        {"\nsecret\n", "its first line is empty"},
        {std::string(4097, 'x'), "its first line is longer than 4096 octets"},
        {std::string(4097, 'x') + "\n", "its first line is longer than 4096 octets"},
        {std::string(4096, 'x') + "\ry", "its first line is longer than 4096 octets"},
        {std::string(1'000'000, 'x'), "its first line is longer than 4096 octets"},
        {std::string("sec\0ret\n", 8), "its first line has a NUL octet"},
    };
    const std::string begin = "cannot read the secret in " + file_ + ": ";
    CPPUNIT_ASSERT_EQUAL(begin + "No such file or directory", problem(file_));
    for (const auto& row : table) {
      write(row.text);
      CPPUNIT_ASSERT_EQUAL(begin + row.why, problem(file_));
    }
    CPPUNIT_ASSERT_EQUAL("cannot read the secret in " + directory_.path() + ": it is no regular file",
                         problem(directory_.path()));
    CPPUNIT_ASSERT_EQUAL(std::string("cannot read the secret in /dev/zero: it is no regular file"),
                         problem("/dev/zero"));
  }

  void a_pipe_is_not_waited_for() {
    CPPUNIT_ASSERT_EQUAL(0, mkfifo(file_.c_str(), 0600));
    CPPUNIT_ASSERT_EQUAL("cannot read the secret in " + file_ + ": it is no regular file", problem(file_));
  }

  void a_file_that_others_can_read_is_known() {
    const std::pair<mode_t, bool> table[] = {{0600, false}, {0640, false}, {0644, true}, {0604, true}};
    CPPUNIT_ASSERT(!others_can_read(file_));
    write("s\n");
    for (const auto& [mode, readable] : table) {
      CPPUNIT_ASSERT_EQUAL(0, chmod(file_.c_str(), mode));
      CPPUNIT_ASSERT_EQUAL(readable, others_can_read(file_));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SecretFileTest);
