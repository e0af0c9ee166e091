// SPDX-License-Identifier: BSD-2-Clause
// Domains: of recipients, with switches, and as senders of users. For senders, ".example.com"
// means all domains below it and "*" everything.
#ifndef MAILREEVE_STORE_POLICYDB_DOMAIN_ADMIN_H
#define MAILREEVE_STORE_POLICYDB_DOMAIN_ADMIN_H

#include <string>
#include <vector>

#include "core/page.h"
#include "store/policydb/admin_database.h"

namespace mailreeve {

struct DomainEntry {
  std::string name;
  bool greylist = false;
  bool check_spf = false;
  std::string quota;  // empty: none
};

class DomainAdmin {
 public:
  explicit DomainAdmin(const AdminDatabase& database) : database_(database) {}

  std::vector<DomainEntry> domains(const Page& page = {});
  DomainEntry domain(const std::string& name);
  void add_domain(const std::string& name);
  void remove_domain(const std::string& name);
  // False: it was so already.
  bool set_greylist(const std::string& name, bool on);
  bool set_check_spf(const std::string& name, bool on);
  // Sets the quota of users of this domain who have none; empty: none. False: it was so already.
  bool set_domain_quota(const std::string& name, const std::string& quota);
  std::vector<std::string> domain_users(const std::string& name, const Page& page = {});

 private:
  AdminDatabase database_;
};

}  // namespace mailreeve

#endif
