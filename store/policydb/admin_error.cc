// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/admin_error.h"

namespace mailreeve {

std::string quoted(const std::string& name) { return "\"" + name + "\""; }

void refuse_unknown(const std::string& what) {
  throw PolicyAdminError(PolicyAdminError::Kind::Unknown, what);
}

void refuse_invalid(const std::string& why) { throw PolicyAdminError(PolicyAdminError::Kind::Invalid, why); }

void translate(const SqlError& error) {
  using Kind = PolicyAdminError::Kind;
  switch (error.kind()) {
    case SqlError::Kind::Missing:
      throw PolicyAdminError(
          Kind::Tables, std::string("the database lacks tables (mailreevectl db check): ") + error.what());
    case SqlError::Kind::Unfit:
      throw PolicyAdminError(Kind::Invalid,
                             std::string("the database cannot hold that text: ") + error.what());
    case SqlError::Kind::Duplicate:
      throw PolicyAdminError(Kind::Exists, std::string("the database has that already: ") + error.what());
    default:
      throw;
  }
}

}  // namespace mailreeve
