// SPDX-License-Identifier: BSD-2-Clause
// Why a request of the admin cannot be carried out.
#ifndef MAILREEVE_STORE_POLICYDB_ADMIN_ERROR_H
#define MAILREEVE_STORE_POLICYDB_ADMIN_ERROR_H

#include <stdexcept>
#include <string>

#include "store/sql/sql.h"

namespace mailreeve {

// A request of the admin cannot be carried out; what() is a sentence that says why.
class PolicyAdminError : public std::runtime_error {
 public:
  enum class Kind { Unknown, Exists, Invalid, Tables };
  PolicyAdminError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  // Unknown: the name does not exist. Exists: it exists already. Invalid: it can
  // never exist. Tables: the database has no tables for it yet.
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

// `"name"`, for a sentence.
std::string quoted(const std::string& name);
[[noreturn]] void refuse_unknown(const std::string& what);
[[noreturn]] void refuse_invalid(const std::string& why);

// Rethrows the exception being handled: as a PolicyAdminError if it is a failure of the
// database that the admin can repair, otherwise unchanged.
[[noreturn]] void translate(const SqlError& error);

}  // namespace mailreeve

#endif
