// SPDX-License-Identifier: BSD-2-Clause
#include "setup/access_refresher.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "store/policydb/access_admin.h"
#include "store/policydb/open_policy_db.h"
#include "store/policydb/policy_schema.h"
#include "store/sql/sqlite_sql.h"
#include "temp_directory.h"
#include "test/steady_clock_shift.h"

namespace mailreeve {

namespace {

constexpr Milliseconds kPatience{30'000};

struct SetClock final : Clock {
  TimePoint now() const override { return time; }
  TimePoint time{Seconds(1'700'000'000)};
};

// Counts the events, with their error.
class CountingLog final : public Log {
 public:
  bool wants(Severity /*severity*/) const override { return true; }
  void write(Event event, std::span<const Field> fields) override {
    std::string error;
    for (const Field& field : fields)
      if (field.name == "error")
        if (const auto* text = std::get_if<std::string_view>(&field.value)) error = *text;
    lines_.lock()->emplace_back(event, error);
  }
  std::size_t count(Event event) const {
    const auto lines = lines_.lock();
    return static_cast<std::size_t>(std::count_if(lines->begin(), lines->end(),
                                                  [event](const auto& line) { return line.first == event; }));
  }

 private:
  mutable Guarded<std::vector<std::pair<Event, std::string>>> lines_;
};

// Fails while it is `down`.
class SwitchedConnector final : public SqlConnector {
 public:
  SwitchedConnector(std::unique_ptr<SqlConnector> inner, std::shared_ptr<std::atomic<bool>> down)
      : inner_(std::move(inner)), down_(std::move(down)) {}
  SqlDialect dialect() const override { return inner_->dialect(); }
  std::unique_ptr<SqlConnection> connect(Deadline deadline) override {
    if (*down_) throw SqlError(SqlError::Kind::Lost, "it is down");
    return std::make_unique<Connection>(inner_->connect(deadline), down_);
  }

 private:
  class Connection final : public SqlConnection {
   public:
    Connection(std::unique_ptr<SqlConnection> inner, std::shared_ptr<std::atomic<bool>> down)
        : inner_(std::move(inner)), down_(std::move(down)) {}
    void set_deadline(Deadline deadline) override { inner_->set_deadline(deadline); }
    SqlRows query(const std::string& sql, const SqlValues& values) override {
      if (*down_) throw SqlError(SqlError::Kind::Lost, "it is down");
      return inner_->query(sql, values);
    }
    std::int64_t change(const std::string& sql, const SqlValues& values) override {
      return inner_->change(sql, values);
    }
    void begin() override { inner_->begin(); }
    void commit() override { inner_->commit(); }
    void rollback() override { inner_->rollback(); }

   private:
    std::unique_ptr<SqlConnection> inner_;
    std::shared_ptr<std::atomic<bool>> down_;
  };

  std::unique_ptr<SqlConnector> inner_;
  std::shared_ptr<std::atomic<bool>> down_;
};

}  // namespace

class AccessRefresherTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AccessRefresherTest);
  CPPUNIT_TEST(the_rules_are_there_when_it_is_made);
  CPPUNIT_TEST(a_change_is_seen_at_the_next_look_and_nothing_is_read_without_one);
  CPPUNIT_TEST(a_rule_that_cannot_be_used_is_skipped_and_told_once);
  CPPUNIT_TEST(of_many_that_cannot_be_used_some_are_told);
  CPPUNIT_TEST(a_database_that_is_down_keeps_the_last_rules_and_is_told_once);
  CPPUNIT_TEST(a_database_without_the_table_has_no_rules);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    directory_ = std::make_unique<TempDirectory>();
    database_ = open_policy_db({.url = "sqlite:" + directory_->file("policy.db")});
    watched_ = std::make_unique<SqlDatabase>(
        std::make_unique<SwitchedConnector>(
            std::make_unique<SqliteConnector>(directory_->file("policy.db"), policy_format(),
                                              [](const std::string&) {}),
            down_),
        SqlPoolSettings{});
  }
  void tearDown() override {
    refresher_.reset();
    watched_.reset();
    database_.reset();
    directory_.reset();
  }

 private:
  void start() {
    refresher_ = std::make_unique<AccessRefresher>(
        *watched_,
        AccessRefresher::Settings{.every = Milliseconds(3'600'000), .patience = Milliseconds(5000)}, clock_,
        log_, [this](std::vector<AccessRule> rules) {
          std::string text;
          for (const AccessRule& rule : rules) text += rule.source + " " + to_string(rule) + "\n";
          auto taken = taken_.lock();
          taken->text = text;
          ++taken->times;
        });
  }
  std::int64_t add(const std::string& rule, std::optional<TimePoint> until = {}) {
    const std::vector<NewAccessRow> rows{{.rule = rule, .until = until, .why = {}}};
    return AccessAdmin{AdminDatabase(*database_)}.add_rules(rows, AccessPlace::Last, clock_.time).at(0);
  }
  std::string taken() const { return taken_.lock()->text; }
  // Makes it look, and waits until that has been done.
  void look(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
      CPPUNIT_ASSERT(std::chrono::steady_clock::now() < end);
      refresher_->hurry();
      std::this_thread::sleep_for(Milliseconds(5));
    }
  }

  void the_rules_are_there_when_it_is_made() {
    add("reject sender=a.example");
    add("skip=greylist client=192.0.2.1", clock_.time + Seconds(60));
    add("skip=greylist client=192.0.2.2", clock_.time);
    start();
    CPPUNIT_ASSERT_EQUAL(std::string("#1 reject sender=a.example\n#2 skip=greylist client=192.0.2.1\n"),
                         taken());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, refresher_->rules());
    CPPUNIT_ASSERT(!refresher_->missing());
  }

  void a_change_is_seen_at_the_next_look_and_nothing_is_read_without_one() {
    start();
    CPPUNIT_ASSERT_EQUAL(std::string(), taken());
    add("reject sender=a.example");
    look([this] { return taken() == "#1 reject sender=a.example\n"; });
    const int times = taken_.lock()->times;
    for (int i = 0; i < 20; ++i) {
      refresher_->hurry();
      std::this_thread::sleep_for(Milliseconds(1));
    }
    add("reject sender=b.example");
    look([this] { return refresher_->rules() == 2; });
    CPPUNIT_ASSERT_EQUAL(times + 1, taken_.lock()->times);
  }

  void a_rule_that_cannot_be_used_is_skipped_and_told_once() {
    add("frobnicate sender=a.example");
    add("reject sender=@/etc/passwd");
    add("reject sender=a.example");
    start();
    CPPUNIT_ASSERT_EQUAL(std::string("#3 reject sender=a.example\n"), taken());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, log_.count(Event::AccessRuleSkipped));
    add("reject sender=b.example");
    look([this] { return refresher_->rules() == 2; });
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, log_.count(Event::AccessRuleSkipped));
    add("frobnicate sender=b.example");
    look([this] { return log_.count(Event::AccessRuleSkipped) == 3; });
  }

  void of_many_that_cannot_be_used_some_are_told() {
    for (int i = 0; i < 30; ++i) add("frobnicate sender=d" + std::to_string(i) + ".example");
    add("reject sender=a.example");
    start();
    CPPUNIT_ASSERT_EQUAL(std::string("#31 reject sender=a.example\n"), taken());
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, log_.count(Event::AccessRuleSkipped));
  }

  void a_database_that_is_down_keeps_the_last_rules_and_is_told_once() {
    add("reject sender=a.example");
    start();
    *down_ = true;
    add("reject sender=b.example");
    look([this] { return log_.count(Event::BackendFailed) == 1; });
    for (int i = 0; i < 3; ++i) {
      SteadyClockShift::advance(Seconds(2));
      refresher_->hurry();
      std::this_thread::sleep_for(Milliseconds(20));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("#1 reject sender=a.example\n"), taken());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log_.count(Event::BackendFailed));
    *down_ = false;
    SteadyClockShift::advance(Seconds(2));
    look([this] { return refresher_->rules() == 2; });
    look([this] { return log_.count(Event::BackendRecovered) == 1; });
  }

  void a_database_without_the_table_has_no_rules() {
    database_->change(Deadline(kPatience),
                      [](SqlConnection& connection) { connection.change("DROP TABLE access_version"); });
    start();
    CPPUNIT_ASSERT(refresher_->missing());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, log_.count(Event::BackendFailed));
  }

  struct Taken {
    std::string text;
    int times = 0;
  };
  SetClock clock_;
  CountingLog log_;
  mutable Guarded<Taken> taken_;
  std::shared_ptr<std::atomic<bool>> down_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<TempDirectory> directory_;
  std::unique_ptr<SqlDatabase> database_;
  std::unique_ptr<SqlDatabase> watched_;
  std::unique_ptr<AccessRefresher> refresher_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(AccessRefresherTest);

}  // namespace mailreeve
