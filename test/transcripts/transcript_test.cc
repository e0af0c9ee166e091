// SPDX-License-Identifier: BSD-2-Clause
// Plays SMTP conversations from *.txt files against Conversation and the embedded
// memory store, and compares replies, headers and log lines. The words of a
// transcript are in README.md beside this file.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "config/load.h"
#include "config/options.h"
#include "config/value.h"
#include "daemon/log_format.h"
#include "milter/conversation.h"
#include "setup/access_files.h"
#include "test/contract/cut_off_store.h"
#include "test/contract/temp_directory.h"
#include "test/unit/policy_fixture.h"

namespace mailreeve {
namespace {

class TestClock final : public Clock {
 public:
  TimePoint at = from_millis(1795255200000);
  TimePoint now() const override { return at; }
};

class Lines final : public Log {
 public:
  std::string recent;  // lines of the last command
  bool wants(Severity) const override { return true; }
  using Log::write;
  void write(Event event, std::span<const Field> fields) override {
    recent += format_text(event, fields) + "\n";
  }
};

// DNS as `dns NAME TYPE DATA` lines make it.
class Zone final : public Resolver {
 public:
  std::map<std::string, DnsAnswer> answers;
  using Resolver::resolve;
  std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline) override {
    std::vector<DnsAnswer> out;
    for (const auto& question : questions) out.push_back(answer(question));
    return out;
  }

 private:
  DnsAnswer answer(const Question& question) const {
    const auto found = answers.find(question.name);
    if (found == answers.end()) return {.status = DnsAnswer::Status::NoName};
    if (found->second.status == DnsAnswer::Status::TryAgain) return found->second;
    const bool has_address = !found->second.addresses.empty();
    const bool fits = question.type == (has_address ? RecordType::A : RecordType::TXT);
    return fits ? found->second : DnsAnswer{.status = DnsAnswer::Status::NoData};
  }
};

class Records final : public MessageSink {
 public:
  std::vector<std::string> lines;
  void add(MessageRecord record) override {
    lines.push_back(record.verdict + " " + record.user + " " + record.sender + " " +
                    std::to_string(record.recipients) + " " + std::to_string(record.size) + " " +
                    record.reason + (record.addresses.empty() ? "" : " to " + record.addresses));
  }
};

class Notes final : public Notifications {
 public:
  std::vector<std::string> lines;
  void add(const Notification& what) override {
    lines.push_back((what.notice == Notice::Exceeded ? "exceeded " : "unauthorized ") + what.user + " " +
                    std::to_string(what.used) + "/" + std::to_string(what.quota) + " " +
                    std::to_string(what.recipients) + " " + what.sender);
  }
};

// The oldest that has not been asked for.
std::string next_of(std::vector<std::string>& lines) {
  if (lines.empty()) return "none";
  std::string out = lines.front();
  lines.erase(lines.begin());
  return out;
}

class TestMacros final : public Macros {
 public:
  std::map<std::string, std::string, std::less<>> values;
  std::string_view get(const char* name) const override {
    const auto found = values.find(name);
    return found == values.end() ? std::string_view() : std::string_view(found->second);
  }
};

std::string as_text(const std::optional<Reply>& reply) {
  if (!reply) return "250";
  return std::to_string(reply->code()) + " " + reply->enhanced() + " " + reply->text();
}

class Player {
 public:
  // Throws std::runtime_error with what was wrong.
  void play(std::istream& in) {
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      if (line.empty() || line.front() == '#') continue;
      try {
        step(line);
      } catch (const std::exception& error) {
        throw std::runtime_error("line " + std::to_string(number) + ": " + line + "\n" + error.what());
      }
    }
    if (expectations_ == 0) throw std::runtime_error("it expects nothing");
  }

 private:
  void step(const std::string& line) {
    const auto arrow = line.find(" > ");
    std::string command = line.substr(0, arrow);
    command.erase(command.find_last_not_of(' ') + 1);
    const std::string got = perform(command);
    if (arrow == std::string::npos) return;
    ++expectations_;
    std::string wanted = line.substr(arrow + 3);
    wanted.erase(0, wanted.find_first_not_of(' '));
    if (!got.starts_with(wanted)) throw std::runtime_error("got: " + got);
  }

  std::string perform(const std::string& command) {
    std::istringstream words(command);
    std::string verb;
    words >> verb;
    std::string rest;
    std::getline(words >> std::ws, rest);
    if (verb == "set") return set(rest);
    if (verb == "sample") return sample(rest);
    if (verb == "file") return file(rest);
    if (verb == "clock") return (clock_.at += Seconds(std::stol(rest))), "";
    if (verb == "store") return (store_->wire().cut = rest == "down"), "";
    if (verb == "database") return (db_->down = rest == "down"), "";
    if (verb == "user") return user(rest);
    if (verb == "domain") return domain(rest);
    if (verb == "notified") return next_of(notes_.lines);
    if (verb == "recorded") return next_of(records_.lines);
    if (verb == "dns") return dns(rest);
    if (verb == "header") return header(rest);
    if (verb == "macro") return macro(rest);
    if (verb == "connect") return connect(rest);
    if (verb == "log")
      return log_.recent.find(rest) != std::string::npos ? "" : throw std::runtime_error(log_.recent);
    if (!session_) throw std::runtime_error("no connection");
    if (verb == "EHLO") return session_->helo(rest), "250";
    log_.recent.clear();
    if (verb == "MAIL") return mail(rest.substr(rest.find(':') + 1));
    if (verb == "RCPT") return as_text(session_->rcpt(rest.substr(rest.find(':') + 1), macros_));
    if (verb == "DATA") return session_->data(macros_), "250";
    if (verb == "RSET") return session_->abort(Deadline(Milliseconds(1000))), "250";
    if (verb == ".") return headers();
    throw std::runtime_error("no such command");
  }

  std::string mail(std::string path) {
    MailParameters parameters{.size = 1234};
    constexpr std::string_view kUtf8 = " SMTPUTF8";
    parameters.smtputf8 = path.ends_with(kUtf8);
    if (parameters.smtputf8) path.resize(path.size() - kUtf8.size());
    return as_text(session_->mail(path, parameters, macros_));
  }

  // A file of contrib/samples, in place of the options set so far.
  std::string sample(const std::string& name) {
    const char* top = std::getenv("abs_top_srcdir");
    settings_ = load_settings(std::string(top != nullptr ? top : "..") + "/contrib/samples/" + name, {});
    return "";
  }

  std::string set(const std::string& rest) {
    const auto blank = rest.find(' ');
    const OptionRow* row = find_option(rest.substr(0, blank));
    if (row == nullptr) throw std::runtime_error("no such option");
    row->set(settings_, blank == std::string::npos ? "" : in_place(rest.substr(blank + 1)));
    return "";
  }

  // "NAME senders WORD ...", "NAME limits TEXT" or "NAME raised TEXT"
  std::string user(const std::string& rest) {
    std::istringstream words(rest);
    std::string name;
    std::string what;
    std::string value;
    words >> name >> what;
    std::getline(words >> std::ws, value);
    UserPolicy& policy = db_->users[name];
    if (what == "senders") policy.senders = split_list(value);
    if (what == "limits") policy.limits = value;
    if (what == "raised") policy.raised = value;
    return "";
  }

  // "NAME greylist", "NAME check-spf", "NAME known" or "NAME limits TEXT"
  std::string domain(const std::string& rest) {
    std::istringstream words(rest);
    std::string name;
    std::string what;
    words >> name >> what;
    if (what == "limits") {
      std::getline(words >> std::ws, db_->domain_limits[name]);
      return "";
    }
    DomainPolicy& policy = db_->domains[name];
    policy.greylist |= what == "greylist";
    policy.check_spf |= what == "check-spf";
    return "";
  }

  // "NAME TXT" or "NAME fails"
  std::string dns(const std::string& rest) {
    const auto blank = rest.find(' ');
    DnsAnswer answer{.status = DnsAnswer::Status::Found};
    const std::string data = rest.substr(blank + 1);
    if (data.starts_with("A ")) {
      answer.addresses.push_back(IpAddress::parse(data.substr(2)).value());
    } else {
      answer.texts.push_back(data);
    }
    if (data == "fails") answer = {.status = DnsAnswer::Status::TryAgain, .problem = "no answer"};
    zone_->answers[rest.substr(0, blank)] = std::move(answer);
    return "";
  }

  // "NAME TEXT": one more line of the file.
  std::string file(const std::string& rest) {
    const auto blank = rest.find(' ');
    std::ofstream(directory_.file(rest.substr(0, blank)), std::ios::app)
        << in_place(rest.substr(blank + 1)) << '\n';
    return "";
  }

  // "$DIR" is where `file` writes.
  std::string in_place(std::string text) const {
    constexpr std::string_view kDirectory = "$DIR";
    for (auto at = text.find(kDirectory); at != std::string::npos; at = text.find(kDirectory, at))
      text.replace(at, kDirectory.size(), directory_.path());
    return text;
  }

  std::string header(const std::string& rest) {
    const auto colon = rest.find(':');
    session_->header(rest.substr(0, colon), rest.substr(colon + 1));
    return "";
  }

  std::string macro(const std::string& rest) {
    const auto blank = rest.find(' ');
    macros_.values[rest.substr(0, blank)] = blank == std::string::npos ? "" : rest.substr(blank + 1);
    return "";
  }

  std::string connect(const std::string& rest) {
    std::istringstream words(rest);
    std::string name;
    std::string address;
    words >> name >> address;
    macros_.values["j"] = "mx.example.net";
    dns_lists_->reconfigure(dns_lists_settings(settings_.reputation), resolver_);
    const auto access = std::make_shared<AccessRules>();
    access->set_files(read_access_files(settings_.access));
    session_.emplace(make_runtime(
        settings_, {clock_, log_, store_, resolver_, dns_lists_, db_, records_, notes_, access}));
    session_->connect(name, IpAddress::parse(address), macros_);
    return "";
  }

  std::string headers() {
    std::string out;
    const Ending edits = session_->end_of_message(macros_);
    if (edits.refusal) return as_text(edits.refusal);
    for (const int number : edits.forged_results) out += "removed " + std::to_string(number) + "\n";
    for (const auto& header : edits.on_top) out += header.name + ": " + header.value + "\n";
    std::erase(out, '\t');
    std::replace(out.begin(), out.end(), '\n', ' ');
    return out.empty() ? "no headers" : out;
  }

  TestClock clock_;
  Lines log_;
  std::shared_ptr<test::CutOffStore> store_ = std::make_shared<test::CutOffStore>();
  std::shared_ptr<Zone> zone_ = std::make_shared<Zone>();
  std::shared_ptr<Resolver> resolver_ = zone_;
  std::shared_ptr<DnsLists> dns_lists_ = std::make_shared<DnsLists>(DnsListsSettings(), resolver_, log_);
  // As `user` and `domain` lines make it.
  std::shared_ptr<test::FakePolicyDb> db_ = std::make_shared<test::FakePolicyDb>();
  Records records_;
  Notes notes_;
  Settings settings_;
  TempDirectory directory_;
  TestMacros macros_;
  std::optional<Conversation> session_;
  int expectations_ = 0;
};

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

int play_all(const std::vector<std::string>& files) {
  int number = 0;
  int failed = 0;
  for (const auto& file : files) {
    ++number;
    try {
      std::ifstream in(file);
      if (!in) throw std::runtime_error("cannot be opened");
      Player().play(in);
      std::cout << "ok " << number << " - " << base_name(file) << '\n';
    } catch (const std::exception& error) {
      ++failed;
      std::cout << "not ok " << number << " - " << base_name(file) << "\n# ";
      for (const char* c = error.what(); *c != '\0'; ++c)
        std::cout << (*c == '\n' ? "\n# " : std::string(1, *c));
      std::cout << '\n';
    }
  }
  std::cout << "1.." << number << std::endl;
  return failed == 0 && number > 0 ? 0 : 1;
}

}  // namespace
}  // namespace mailreeve

int main(int argc, char** argv) { return mailreeve::play_all({argv + 1, argv + argc}); }
