// SPDX-License-Identifier: BSD-2-Clause
// Addresses that users may send as.
#ifndef MAILREEVE_STORE_POLICYDB_ADDRESS_ADMIN_H
#define MAILREEVE_STORE_POLICYDB_ADDRESS_ADMIN_H

#include <string>
#include <vector>

#include "core/page.h"
#include "store/policydb/admin_database.h"

namespace mailreeve {

class AddressAdmin {
 public:
  explicit AddressAdmin(const AdminDatabase& database) : database_(database) {}

  std::vector<std::string> addresses(const Page& page = {});
  std::vector<std::string> address_users(const std::string& name, const Page& page = {});
  void add_address(const std::string& name);
  void remove_address(const std::string& name);

 private:
  AdminDatabase database_;
};

}  // namespace mailreeve

#endif
