// SPDX-License-Identifier: BSD-2-Clause
// Reads access rules from files: those of mailreeve-rules(5), and the lists of postgrey. One reader reads
// all files of a configuration, and knows all that is wrong with them before any rule is used.
#ifndef MAILREEVE_ACCESS_RULE_FILE_H
#define MAILREEVE_ACCESS_RULE_FILE_H

#include <cstddef>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/rule.h"

namespace mailreeve {

// In all files together.
struct RuleFileBounds {
  std::size_t lines = 1'000'000;
  std::size_t octets = std::size_t{64} << 20;
  std::size_t depth = 8;  // of files that include each other
  std::size_t errors = 50;
};

class RuleFileReader {
 public:
  explicit RuleFileReader(RuleFileBounds bounds = {}) : bounds_(bounds) {}

  // Adds the rules of a file, in the order of the calls. The path is absolute, or as the admin gave it.
  void read_rules(const std::string& path);
  void read_postgrey_clients(const std::string& path);
  void read_postgrey_recipients(const std::string& path);

  // A line for each error, "FILE:LINE: what is wrong", and one for those beyond the bound.
  std::vector<std::string> errors() const;
  // Only if there are no errors.
  std::vector<AccessRule> take() { return std::move(rules_); }

 private:
  template <class Read>
  void read(Read file);
  template <class Line>
  void for_each_line(const std::string& path, Line line);
  std::string read_whole(const std::string& path);
  void read_file(const std::string& path);
  void object(std::string error);
  void take_line(const std::string& path, const std::string& where, std::string_view line);
  void include(const std::string& path, std::string_view name);
  std::shared_ptr<const AccessList> read_list(AccessKey key, const std::string& path);
  void add_skip(AccessKey key, std::vector<AccessPattern> patterns, const std::string& where);

  RuleFileBounds bounds_;
  std::size_t lines_ = 0;
  std::size_t octets_ = 0;
  std::vector<std::string> open_;  // the files that are being read, each included by the one before
  std::map<std::pair<AccessKey, std::string>, std::shared_ptr<const AccessList>> lists_;
  std::vector<AccessRule> rules_;
  std::vector<std::string> errors_;
  std::size_t more_errors_ = 0;
};

}  // namespace mailreeve

#endif
