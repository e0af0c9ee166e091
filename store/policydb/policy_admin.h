// SPDX-License-Identifier: BSD-2-Clause
// What an admin looks at and changes in the policy database. Each change is one
// transaction: all of it, or nothing. Names may come in any case and with
// U-labels; they are stored and shown folded, as UserPolicy::senders are. Safe
// to call from any thread.
#ifndef MAILREEVE_STORE_POLICYDB_POLICY_ADMIN_H
#define MAILREEVE_STORE_POLICYDB_POLICY_ADMIN_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.h"
#include "store/sql/sql.h"
#include "util/time.h"

namespace mailreeve {

// What the admin asked for cannot be done; what() is a sentence that says why.
class PolicyAdminError : public std::runtime_error {
 public:
  enum class Kind { Unknown, Exists, Invalid, Tables };
  PolicyAdminError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  // Unknown: what was named is not there. Exists: it is there already. Invalid:
  // it can never be. Tables: the database has no tables for it yet.
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

// Part of a list in the order of names.
struct Page {
  std::string search{};  // in the name; empty: all
  std::size_t offset = 0;
  std::size_t limit = 100;
};

struct QuotaEntry {
  std::string name;
  std::int64_t number = 0;   // CHAPPS' "quota"
  std::string limits;        // what holds: as given, or the number
  std::int64_t users = 0;    // who have it
  std::int64_t domains = 0;  // whose users have it if they have none
};

struct RaiseEntry {
  std::string limits;
  std::optional<TimePoint> until;  // none: until it is taken back
  bool locked = false;             // it does not end by itself
};

struct RaisedUser {
  std::string user;
  RaiseEntry raise;
};

// What a user ever sent; refused ones are not in `messages` and `recipients`.
struct TotalsEntry {
  std::string user;
  std::int64_t messages = 0;
  std::int64_t recipients = 0;
  std::int64_t refused = 0;
  TimePoint since;
};

struct UserRow {
  std::string name;
  std::string quota;  // empty: none
};

struct AliasEntry {
  std::string alias;
  std::string target;  // an address, or a user's name
};

struct UserEntry {
  std::string name;
  std::optional<QuotaEntry> quota;
  std::optional<RaiseEntry> raise;  // also one that is over
  std::vector<std::string> domains;
  std::vector<std::string> addresses;
  std::vector<AliasEntry> aliases;
  std::optional<TotalsEntry> totals;
};

struct DomainEntry {
  std::string name;
  bool greylist = false;
  bool check_spf = false;
  std::string quota;  // empty: none
};

struct ImportReport {
  struct Problem {
    std::size_t line = 0;
    std::string text;
  };
  std::size_t done = 0;  // lines
  std::vector<Problem> problems{};
  std::vector<std::string> denied{};         // users of deny lines that are done
  std::vector<std::string> without_quota{};  // those of quota:USER:none
  bool everything_to_everybody = false;      // by allow:*:*
};

struct ImportLine {
  std::size_t number;
  std::string_view text;
};

// All throw PolicyAdminError, and BackendError if the database does.
class PolicyAdmin {
 public:
  // `patience` bounds each call; limits are read with `defaults`.
  explicit PolicyAdmin(SqlDatabase& database, Milliseconds patience = Milliseconds(30'000),
                       const LimitDefaults& defaults = {})
      : database_(database), patience_(patience), defaults_(defaults) {}

  // -- Users. Removing one removes what is only his.
  std::vector<UserRow> users(const Page& page = {});
  UserEntry user(const std::string& name);
  void add_user(const std::string& name);
  void remove_user(const std::string& name);

  // -- Domains: of recipients, with switches, and what users may send as. As the
  // latter, ".example.com" means all below it and "*" everything.
  std::vector<DomainEntry> domains(const Page& page = {});
  DomainEntry domain(const std::string& name);
  void add_domain(const std::string& name);
  void remove_domain(const std::string& name);
  // False: it was so already.
  bool set_greylist(const std::string& name, bool on);
  bool set_check_spf(const std::string& name, bool on);
  // The quota of users of this domain who have none; empty: none. False: it was so already.
  bool set_domain_quota(const std::string& name, const std::string& quota);
  std::vector<std::string> domain_users(const std::string& name, const Page& page = {});

  // -- Addresses that users may send as.
  std::vector<std::string> addresses(const Page& page = {});
  std::vector<std::string> address_users(const std::string& name, const Page& page = {});
  void add_address(const std::string& name);
  void remove_address(const std::string& name);

  // -- Named quotas. `limits` is as in core/limits.h. In CHAPPS' tables a quota
  // is one number that no other quota has: the first of the limits.
  std::vector<QuotaEntry> quotas(const Page& page = {});
  QuotaEntry quota(const std::string& name);
  void add_quota(const std::string& name, const std::string& limits);
  // False: it had them already.
  bool change_quota(const std::string& name, const std::string& limits);
  void remove_quota(const std::string& name);

  // -- What a user may. `what` is an address if it has an "@", else a domain.
  // `create` adds the user, the domain or the address if they are unknown.
  // False: it was so already.
  bool allow(const std::string& user, const std::string& what, bool create = false);
  bool deny(const std::string& user, const std::string& what);
  bool set_quota(const std::string& user, const std::string& quota);  // empty: none
  // Other limits for a while; replaces an earlier raise, but for its lock. True:
  // it is locked.
  bool raise(const std::string& user, const std::string& limits, std::optional<TimePoint> until);
  std::vector<RaisedUser> raises(const Page& page, TimePoint now);  // those in force
  bool lower(const std::string& user);                              // false: there was no raise
  // While locked, a raise does not end; one that is over cannot be locked. False:
  // it was so already.
  bool set_lock(const std::string& user, bool locked, TimePoint now);

  // -- Aliases: whoever may send as the target may send as the alias.
  std::vector<AliasEntry> aliases(const Page& page = {});
  void add_alias(const std::string& alias, const std::string& target);
  void remove_alias(const std::string& alias, const std::string& target);

  // Lines "allow:USER:WHAT", "deny:USER:WHAT", "quota:USER:QUOTA", "quota:USER:none"; "#" at the
  // beginning or behind a blank begins a comment. Lines that cannot be done are
  // reported and leave no trace, the others are done.
  ImportReport import_lines(std::string_view text, bool create);

 private:
  void import_step(std::span<const ImportLine> lines, bool create, ImportReport& report);

  SqlDatabase& database_;
  Milliseconds patience_;
  LimitDefaults defaults_;
};

}  // namespace mailreeve

#endif
