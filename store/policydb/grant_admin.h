// SPDX-License-Identifier: BSD-2-Clause
// What users may: whom they may send as, and how much.
#ifndef MAILREEVE_STORE_POLICYDB_GRANT_ADMIN_H
#define MAILREEVE_STORE_POLICYDB_GRANT_ADMIN_H

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/policydb/admin_database.h"

namespace mailreeve {

struct ImportReport {
  struct Problem {
    std::size_t line = 0;
    std::string text;
  };
  std::size_t done = 0;  // lines
  std::vector<Problem> problems{};
  std::vector<std::string> denied{};         // users of successful deny lines
  std::vector<std::string> without_quota{};  // those of quota:USER:none
  bool everything_to_everybody = false;      // by allow:*:*
};

struct ImportLine {
  std::size_t number;
  std::string_view text;
};

class GrantAdmin {
 public:
  explicit GrantAdmin(const AdminDatabase& database) : database_(database) {}

  // `what` is an address if it has an "@", else a domain.
  // `create` adds the user, the domain or the address if they are unknown.
  // False: it was so already.
  bool allow(const std::string& user, const std::string& what, bool create = false);
  bool deny(const std::string& user, const std::string& what);
  bool set_quota(const std::string& user, const std::string& quota);  // empty: none

  // Lines "allow:USER:WHAT", "deny:USER:WHAT", "quota:USER:QUOTA", "quota:USER:none"; "#" at the
  // beginning or after whitespace begins a comment. Lines that cannot be carried out are
  // reported and have no effect; the others take effect.
  ImportReport import_lines(std::string_view text, bool create);

 private:
  void import_step(std::span<const ImportLine> lines, bool create, ImportReport& report);

  AdminDatabase database_;
};

}  // namespace mailreeve

#endif
