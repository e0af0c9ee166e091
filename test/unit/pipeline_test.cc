// SPDX-License-Identifier: BSD-2-Clause
#include "policies/pipeline.h"

#include <cppunit/extensions/HelperMacros.h>

#include "test/unit/policy_fixture.h"
#include "util/backend_error.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

ReplyTemplate reply(const char* text) {
  const auto cls = text[0] == '5' ? ReplyTemplate::Class::Permanent : ReplyTemplate::Class::Temporary;
  return ReplyTemplate(text, cls, text[0] == '5' ? "550 5.7.1" : "451 4.7.1", {});
}

// A policy that answers with a word: "pass", "silent", "allow", "defer", "reject", "dead".
class Saying final : public Policy {
 public:
  Saying(std::string_view name, std::string_view word, int* asked, Stage stage = Stage::Rcpt,
         Direction direction = Direction::Inbound)
      : name_(name), word_(word), asked_(asked), stage_(stage), direction_(direction) {}
  std::string_view name() const override { return name_; }
  Stage stage() const override { return stage_; }
  Direction direction() const override { return direction_; }
  Verdict judge(const Facts&, Findings&) const override {
    ++*asked_;
    if (word_ == "dead") throw BackendError("no answer");
    if (word_ == "allow") return Verdict::allow("listed");
    if (word_ == "defer") return Verdict::refuse(reply("451 later").render({}), "new");
    if (word_ == "reject") return Verdict::refuse(reply("550 never").render({}), "bad");
    return word_ == "silent" ? Verdict::pass() : Verdict::pass("fine");
  }

 private:
  std::string_view name_;
  std::string_view word_;
  int* asked_;
  Stage stage_;
  Direction direction_;
};

// An access rule's part.
class Skipping final : public Policy {
 public:
  explicit Skipping(Skip skip) : skip_(skip) {}
  std::string_view name() const override { return "access"; }
  Stage stage() const override { return Stage::Rcpt; }
  Direction direction() const override { return Direction::Inbound; }
  Verdict judge(const Facts&, Findings& findings) const override {
    findings.access.skips.add(skip_);
    return Verdict::pass();
  }

 private:
  Skip skip_;
};

}  // namespace

class PipelineTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PipelineTest);
  CPPUNIT_TEST(the_first_that_objects_or_allows_ends_it);
  CPPUNIT_TEST(only_policies_of_the_stage_and_direction_are_asked);
  CPPUNIT_TEST(a_dead_backend_is_what_on_failure_says);
  CPPUNIT_TEST(a_policy_without_a_dead_backend_is_still_asked);
  CPPUNIT_TEST(a_monitored_policy_is_heard_and_not_obeyed);
  CPPUNIT_TEST(what_an_access_rule_skips_is_not_asked);
  CPPUNIT_TEST(what_was_found_of_one_recipient_says_nothing_of_the_next);
  CPPUNIT_TEST(what_is_given_up_is_taken_back_whatever_fails);
  CPPUNIT_TEST_SUITE_END();

  void the_first_that_objects_or_allows_ends_it() {
    const struct {
      const char* first;
      const char* second;
      const char* verdict;
      const char* policy;
      int asked;
    } table[] = {
        {"pass", "defer", "defer", "b", 2},   {"defer", "reject", "defer", "a", 1},
        {"reject", "pass", "reject", "a", 1}, {"allow", "reject", "allow", "a", 1},
        {"pass", "silent", "pass", "a", 2},   {"pass", "pass", "pass", "b", 2},
        {"silent", "silent", "pass", "", 2},
    };
    for (const auto& row : table) {
      int asked = 0;
      Pipeline pipeline;
      pipeline.add(std::make_unique<Saying>("a", row.first, &asked));
      pipeline.add(std::make_unique<Saying>("b", row.second, &asked));
      Findings findings;
      const Message message;
      const Decision decision = pipeline.judge(Stage::Rcpt, message.facts(), findings);
      CPPUNIT_ASSERT_EQUAL(std::string(row.verdict),
                           std::string(to_string(decision.opinion().verdict.kind())));
      CPPUNIT_ASSERT_EQUAL(std::string(row.policy), std::string(decision.opinion().policy));
      CPPUNIT_ASSERT_EQUAL(row.asked, asked);
      CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(row.asked), decision.asked.size());
    }
  }

  void only_policies_of_the_stage_and_direction_are_asked() {
    int asked = 0;
    Pipeline pipeline;
    pipeline.add(std::make_unique<Saying>("mail", "reject", &asked, Stage::Mail));
    pipeline.add(std::make_unique<Saying>("out", "reject", &asked, Stage::Rcpt, Direction::Outbound));
    CPPUNIT_ASSERT(!pipeline.has(Stage::Data));
    CPPUNIT_ASSERT(pipeline.has(Stage::Mail));
    Findings findings;
    const Message message;
    CPPUNIT_ASSERT(pipeline.judge(Stage::Rcpt, message.facts(), findings).opinion().policy.empty());
    CPPUNIT_ASSERT_EQUAL(0, asked);
  }

  void a_dead_backend_is_what_on_failure_says() {
    for (const auto on_failure : {OnFailure::Accept, OnFailure::Defer}) {
      int asked = 0;
      Pipeline pipeline;
      pipeline.add(std::make_unique<Saying>("a", "dead", &asked), {.on_failure = on_failure});
      Findings findings;
      const Message message;
      const Opinion decision = pipeline.judge(Stage::Rcpt, message.facts(), findings).opinion();
      CPPUNIT_ASSERT_EQUAL(std::string("backend-failed"), std::string(decision.verdict.reason()));
      CPPUNIT_ASSERT_EQUAL(on_failure == OnFailure::Defer, decision.verdict.refuses());
      if (!decision.verdict.refuses()) continue;
      CPPUNIT_ASSERT_EQUAL(451, decision.verdict.reply().code());
      CPPUNIT_ASSERT_EQUAL(std::string("4.3.0"), decision.verdict.reply().enhanced());
    }
  }

  void a_policy_without_a_dead_backend_is_still_asked() {
    int asked = 0;
    Pipeline pipeline;
    pipeline.add(std::make_unique<Saying>("a", "dead", &asked));
    pipeline.add(std::make_unique<Saying>("b", "reject", &asked));
    Findings findings;
    const Message message;
    CPPUNIT_ASSERT(pipeline.judge(Stage::Rcpt, message.facts(), findings).opinion().verdict.kind() ==
                   Verdict::Kind::Reject);
  }

  void a_monitored_policy_is_heard_and_not_obeyed() {
    int asked = 0;
    Pipeline pipeline;
    pipeline.add(std::make_unique<Saying>("a", "reject", &asked), {.mode = Mode::Monitor});
    pipeline.add(std::make_unique<Saying>("b", "defer", &asked), {.mode = Mode::Monitor});
    pipeline.add(std::make_unique<Saying>("c", "pass", &asked));
    const Message message;
    Findings findings;
    const Decision decision = pipeline.judge(Stage::Rcpt, message.facts(), findings);
    CPPUNIT_ASSERT_EQUAL(3, asked);
    CPPUNIT_ASSERT(decision.opinion().policy == "c" && !decision.opinion().verdict.refuses());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, decision.asked.size());
    for (std::size_t i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::string(1, static_cast<char>('a' + i)), std::string(decision.asked[i].policy));
      CPPUNIT_ASSERT_EQUAL(i < 2, decision.asked[i].monitored);
      CPPUNIT_ASSERT_EQUAL(i < 2, decision.asked[i].verdict.refuses());
    }
  }

  // A policy that says how often it was asked to take back, and may be dead.
  class Charging final : public Policy {
   public:
    Charging(int* taken_back, bool dead) : taken_back_(taken_back), dead_(dead) {}
    std::string_view name() const override { return "charging"; }
    Stage stage() const override { return Stage::Data; }
    Direction direction() const override { return Direction::Inbound; }
    Verdict judge(const Facts&, Findings&) const override { return Verdict::pass(); }
    void take_back(const Facts&, Findings&) const override {
      ++*taken_back_;
      if (dead_) throw BackendError("no answer");
    }

   private:
    int* taken_back_;
    bool dead_;
  };

  void what_an_access_rule_skips_is_not_asked() {
    int asked = 0;
    Pipeline pipeline;
    pipeline.add(std::make_unique<Skipping>(Skip::Greylist));
    pipeline.add(std::make_unique<Saying>("greylist", "defer", &asked));
    pipeline.add(std::make_unique<Saying>("spf", "pass", &asked));
    pipeline.add(std::make_unique<Saying>("quota", "defer", &asked, Stage::Data));
    Findings findings;
    const Message message;
    CPPUNIT_ASSERT_EQUAL(
        std::string("spf"),
        std::string(pipeline.judge(Stage::Rcpt, message.facts(), findings).opinion().policy));
    CPPUNIT_ASSERT_EQUAL(1, asked);
    // The message is another matter than its recipient.
    findings.access.skips.add(Skip::Quota);
    CPPUNIT_ASSERT(pipeline.judge(Stage::Data, message.facts(), findings).opinion().verdict.refuses());
    findings.access_of_message.skips.add(Skip::Quota);
    CPPUNIT_ASSERT(!pipeline.judge(Stage::Data, message.facts(), findings).opinion().verdict.refuses());
  }

  void what_was_found_of_one_recipient_says_nothing_of_the_next() {
    int asked = 0;
    Pipeline pipeline;
    pipeline.add(std::make_unique<Saying>("greylist", "defer", &asked));
    Findings findings;
    findings.must_greylist = true;
    findings.access = {.skips = Skips::all(), .greylist = true, .delay = Seconds(1), .rule = "#1"};
    const Message message;
    CPPUNIT_ASSERT(pipeline.judge(Stage::Rcpt, message.facts(), findings).opinion().verdict.refuses());
    CPPUNIT_ASSERT(!findings.must_greylist && !findings.access.greylist && !findings.access.delay);
    CPPUNIT_ASSERT(findings.access.rule.empty() && findings.access.skips.empty());
  }

  void what_is_given_up_is_taken_back_whatever_fails() {
    int taken_back = 0;
    Pipeline pipeline;
    pipeline.add(std::make_unique<Charging>(&taken_back, true));
    pipeline.add(std::make_unique<Charging>(&taken_back, false));
    const Message message;
    Findings findings;
    pipeline.take_back(message.facts(), findings);
    CPPUNIT_ASSERT_EQUAL(2, taken_back);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PipelineTest);
