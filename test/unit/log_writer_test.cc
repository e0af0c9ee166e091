// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log_writer.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "daemon/log_format.h"

using namespace mailreeve;

namespace {

// No file may grow beyond it, as long as this lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t octets) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{.rlim_cur = octets, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

class LogWriterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogWriterTest);
  CPPUNIT_TEST(hostile_values_are_escaped);
  CPPUNIT_TEST(json_is_json_whatever_is_in_it);
  CPPUNIT_TEST(a_file_gets_one_line_an_event);
  CPPUNIT_TEST(the_level_is_respected_and_can_change);
  CPPUNIT_TEST(a_moved_file_is_opened_anew);
  CPPUNIT_TEST(what_did_not_fit_joins_no_other_line_and_is_told);
  CPPUNIT_TEST(a_target_that_cannot_be_opened_is_an_error);
  CPPUNIT_TEST(every_event_has_a_row_of_its_own);
  CPPUNIT_TEST_SUITE_END();

  std::filesystem::path dir_;

  static std::string text_of(std::string_view value) {
    const Field field{"v", value};
    return format_text(Event::Started, std::span(&field, 1));
  }

  static std::string json_of(std::string_view value) {
    const Field fields[] = {{"v", value}, {"n", std::int64_t{-7}}};
    return format_json(Event::Verdict, fields,
                       {.time = "2026-11-21T10:00:00.000Z", .host = "mx1", .pid = 4711});
  }

  std::string file(const char* name) const { return dir_ / name; }

  std::vector<std::string> lines(const char* name) const {
    std::vector<std::string> out;
    std::ifstream in(dir_ / name);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

 public:
  void setUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "log_test.XXXXXX";
    CPPUNIT_ASSERT(mkdtemp(pattern.data()) != nullptr);
    dir_ = pattern;
  }
  void tearDown() override { std::filesystem::remove_all(dir_); }

  void hostile_values_are_escaped() {
    const struct {
      std::string_view in;
      const char* out;
    } table[] = {
        {"plain", "started v=plain"},
        {"", "started v=\"\""},
        {"a b", "started v=\"a b\""},
        {"a=b", "started v=\"a=b\""},
        {"a\"b\\c", "started v=\"a\\\"b\\\\c\""},
        {"a\nverdict verdict=pass", "started v=\"a\\x0averdict verdict=pass\""},
        {std::string_view("a\0b", 3), "started v=\"a\\x00b\""},
        {"\x1b[2J\x7f", "started v=\"\\x1b[2J\\x7f\""},
        {"j\xc3\xbcrg", "started v=\"j\\xc3\\xbcrg\""},
        {"<>", "started v=<>"},
    };
    for (const auto& row : table) CPPUNIT_ASSERT_EQUAL(std::string(row.out), text_of(row.in));
    const std::string cut = text_of(std::string(100000, 'x'));
    CPPUNIT_ASSERT_EQUAL("started v=\"" + std::string(512, 'x') + "\"...", cut);
  }

  void json_is_json_whatever_is_in_it() {
    for (const std::string_view value : {std::string_view("a\nb\"\\"), std::string_view("\xff\xfe"),
                                         std::string_view("a\0b", 3), std::string_view("\xc3")}) {
      const std::string line = json_of(value);
      CPPUNIT_ASSERT(line.find('\n') == std::string::npos);
      const auto parsed = nlohmann::json::parse(line);
      CPPUNIT_ASSERT_EQUAL(std::string("verdict"), parsed["event"].get<std::string>());
      CPPUNIT_ASSERT_EQUAL(std::string("info"), parsed["severity"].get<std::string>());
      CPPUNIT_ASSERT_EQUAL(std::string("mx1"), parsed["host"].get<std::string>());
      CPPUNIT_ASSERT_EQUAL(std::string("mailreeve"), parsed["program"].get<std::string>());
      CPPUNIT_ASSERT_EQUAL(4711, parsed["pid"].get<int>());
      CPPUNIT_ASSERT_EQUAL(-7, parsed["n"].get<int>());
    }
    const std::string line = json_of(std::string(100000, 'x'));
    CPPUNIT_ASSERT_EQUAL(std::string(512, 'x') + "...", nlohmann::json::parse(line)["v"].get<std::string>());
  }

  void a_file_gets_one_line_an_event() {
    LogWriter log("file:" + file("log"), LogFormat::Text, Severity::Info);
    CPPUNIT_ASSERT((std::filesystem::status(file("log")).permissions() &
                    std::filesystem::perms::others_all) == std::filesystem::perms::none);
    log.write(Event::Reloaded, {{"file", std::string_view("x")}});
    log.write(Event::Bug, {{"error", std::string_view("{} %s")}});
    const auto got = lines("log");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, got.size());
    CPPUNIT_ASSERT(got[0].ends_with(": notice: reloaded file=x"));
    CPPUNIT_ASSERT(got[1].ends_with(": error: bug error=\"{} %s\""));
  }

  void the_level_is_respected_and_can_change() {
    LogWriter log("file:" + file("log"), LogFormat::Text, Severity::Notice);
    log.write(Event::Verdict, {});
    CPPUNIT_ASSERT(lines("log").empty());
    log.reconfigure(LogFormat::Json, Severity::Info);
    log.write(Event::Verdict, {});
    CPPUNIT_ASSERT_EQUAL(std::string("verdict"),
                         nlohmann::json::parse(lines("log").at(0))["event"].get<std::string>());
  }

  void a_moved_file_is_opened_anew() {
    LogWriter log("file:" + file("log"), LogFormat::Text, Severity::Info);
    log.write(Event::Started, {});
    std::filesystem::rename(file("log"), file("old"));
    log.write(Event::Started, {});
    log.reopen();
    log.write(Event::Stopped, {});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lines("old").size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines("log").size());
  }

  // EFBIG in the midst of a line, as ENOSPC comes.
  void what_did_not_fit_joins_no_other_line_and_is_told() {
    std::signal(SIGXFSZ, SIG_IGN);
    LogWriter log("file:" + file("log"), LogFormat::Text, Severity::Info);
    log.write(Event::Started, {});
    {
      const FileSizeLimit room(std::filesystem::file_size(file("log")) + 20);
      for (int i = 0; i < 3; ++i) log.write(Event::Reloaded, {{"file", std::string_view("lost")}});
    }
    log.write(Event::Bug, {{"error", std::string_view("whole")}});
    log.write(Event::Stopped, {});
    const auto got = lines("log");
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, got.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, got[1].size());
    CPPUNIT_ASSERT_MESSAGE(got[2], got[2].starts_with("20") && got[2].ends_with(": error: bug error=whole"));
    CPPUNIT_ASSERT_MESSAGE(got[3], got[3].ends_with(": warning: log-lost lines=3"));
    CPPUNIT_ASSERT_MESSAGE(got[4], got[4].ends_with(": notice: stopped"));
  }

  void a_target_that_cannot_be_opened_is_an_error() {
    LogWriter log("file:" + file("log"), LogFormat::Text, Severity::Info);
    log.write(Event::Started, {});
    CPPUNIT_ASSERT_THROW(LogWriter("file:" + file("log/log"), LogFormat::Text, Severity::Info),
                         std::runtime_error);
    std::filesystem::remove(file("log"));
    std::filesystem::create_directory(file("log"));
    CPPUNIT_ASSERT_THROW(log.reopen(), std::runtime_error);
    log.write(Event::Stopped, {});
  }

  void every_event_has_a_row_of_its_own() {
    int index = 0;
    for (const auto& row : event_table()) {
      CPPUNIT_ASSERT_EQUAL(index++, static_cast<int>(row.event));
      CPPUNIT_ASSERT(&row_of(row.event) == &row);
      CPPUNIT_ASSERT(row.manual.ends_with("."));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogWriterTest);
