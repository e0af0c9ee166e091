// SPDX-License-Identifier: BSD-2-Clause
#include "notify/spool.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "test/contract/temp_directory.h"
#include "test/notify/fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

class SpoolTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SpoolTest);
  CPPUNIT_TEST(what_is_kept_comes_back_as_it_was_oldest_first);
  CPPUNIT_TEST(what_is_forgotten_is_gone);
  CPPUNIT_TEST(files_are_their_owners_alone);
  CPPUNIT_TEST(what_is_no_notification_blocks_no_other);
  CPPUNIT_TEST(what_was_not_finished_is_removed);
  CPPUNIT_TEST(two_processes_do_not_share_a_spool);
  CPPUNIT_TEST(a_directory_that_cannot_be_made_is_an_error);
  CPPUNIT_TEST_SUITE_END();

  TempDirectory directory_;
  const std::string path_ = directory_.file("spool");
  std::map<std::string, std::string> skipped_;

  std::vector<Pending> load(const Spool& spool) {
    return spool.load([&](const std::string& file, const std::string& why) { skipped_[file] = why; });
  }

  static Pending pending(int number) {
    Pending out{.file = {}, .target = "webhook", .what = sample("user" + std::to_string(number))};
    out.what.when += Milliseconds(number);
    return out;
  }

  void what_is_kept_comes_back_as_it_was_oldest_first() {
    Pending odd = pending(1);
    odd.target = "mail";
    odd.what.notice = Notice::Unauthorized;
    odd.what.sender = std::string("\0\n\"\xc3\xbc", 5);
    std::string file;
    {
      const Spool spool(path_);
      spool.keep(pending(3));
      file = spool.keep(odd);
      spool.keep(pending(2));
    }
    const auto found = load(Spool(path_));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, found.size());
    CPPUNIT_ASSERT_EQUAL(encode(odd), encode(found[0]));
    CPPUNIT_ASSERT_EQUAL(file, found[0].file);
    CPPUNIT_ASSERT_EQUAL(encode(pending(2)), encode(found[1]));
    CPPUNIT_ASSERT_EQUAL(encode(pending(3)), encode(found[2]));
    CPPUNIT_ASSERT(found[0].what.notice == Notice::Unauthorized);
    CPPUNIT_ASSERT_EQUAL(odd.what.sender, found[0].what.sender);
    CPPUNIT_ASSERT(skipped_.empty());
  }

  void what_is_forgotten_is_gone() {
    const Spool spool(path_);
    const std::string file = spool.keep(pending(1));
    spool.keep(pending(2));
    spool.forget(file);
    spool.forget(file);
    const auto found = load(spool);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.size());
    CPPUNIT_ASSERT_EQUAL(encode(pending(2)), encode(found[0]));
  }

  static unsigned mode(const std::string& path) {
    struct stat facts {};
    CPPUNIT_ASSERT_EQUAL(0, stat(path.c_str(), &facts));
    return facts.st_mode & 07777;
  }

  void files_are_their_owners_alone() {
    const mode_t before = umask(0);
    const Spool spool(path_);
    const std::string file = spool.keep(pending(1));
    umask(before);
    CPPUNIT_ASSERT_EQUAL(0700U, mode(path_));
    CPPUNIT_ASSERT_EQUAL(0600U, mode(path_ + "/" + file));
    CPPUNIT_ASSERT_EQUAL(0600U, mode(path_ + "/lock"));
  }

  void what_is_no_notification_blocks_no_other() {
    const Spool spool(path_);
    const std::string good = read_file(path_ + "/" + spool.keep(pending(1)));
    const auto with = [&](const std::string& from, const std::string& to) {
      std::string text = good;
      CPPUNIT_ASSERT(text.find(from) != std::string::npos);
      return text.replace(text.find(from), from.size(), to);
    };
    const std::map<std::string, std::string> garbage = {
        {"empty.json", ""},
        {"half.json", good.substr(0, good.size() / 2)},
        {"binary.json", std::string("\0\xff{", 3)},
        {"array.json", "[1,2]"},
        {"deep.json", std::string(200000, '[')},
        {"long.json", good + std::string(300000, ' ')},
        {"newer.json", with("\"format\":1", "\"format\":2")},
        {"odd.json", with("\"exceeded\"", "\"lost\"")},
        {"type.json", with("\"user1\"", "17")},
        {"time.json", with("1790000000001", "-9223372036854775808")},
        {"notes.txt", good},
    };
    for (const auto& [name, text] : garbage) write_file(path_ + "/" + name, text);
    std::filesystem::create_directory(path_ + "/directory.json");
    CPPUNIT_ASSERT_EQUAL(0, mkfifo((path_ + "/fifo.json").c_str(), 0600));
    CPPUNIT_ASSERT_EQUAL(0, symlink("/etc/passwd", (path_ + "/link.json").c_str()));
    const auto found = load(spool);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.size());
    CPPUNIT_ASSERT_EQUAL(good, encode(found[0]));
    for (const auto& [name, text] : garbage) {
      CPPUNIT_ASSERT_MESSAGE(name, skipped_.count(name) == 1);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, text, read_file(path_ + "/" + name));
    }
    CPPUNIT_ASSERT_EQUAL(garbage.size() + 3, skipped_.size());
  }

  void what_was_not_finished_is_removed() {
    const Spool spool(path_);
    write_file(path_ + "/0123456789abcdef-mail.json.new", "{");
    CPPUNIT_ASSERT(load(spool).empty());
    CPPUNIT_ASSERT(skipped_.empty());
    CPPUNIT_ASSERT(!std::filesystem::exists(path_ + "/0123456789abcdef-mail.json.new"));
  }

  void two_processes_do_not_share_a_spool() {
    const Spool spool(path_);
    CPPUNIT_ASSERT_THROW(Spool{path_}, std::runtime_error);
  }

  void a_directory_that_cannot_be_made_is_an_error() {
    CPPUNIT_ASSERT_THROW(Spool{directory_.file("a/b")}, std::runtime_error);
    write_file(directory_.file("file"), "");
    CPPUNIT_ASSERT_THROW(Spool{directory_.file("file")}, std::runtime_error);
    {
      const Spool spool(path_);
      std::filesystem::remove_all(path_);
      CPPUNIT_ASSERT_THROW(spool.keep(pending(1)), std::runtime_error);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SpoolTest);
