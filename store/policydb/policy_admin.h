// SPDX-License-Identifier: BSD-2-Clause
// Administration of the policy database. Each change is one transaction: all of it,
// or nothing. Names may have any case and U-labels; they are stored and shown folded,
// as UserPolicy::senders are. Safe to call from any thread.
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
#include "core/page.h"
#include "store/sql/sql.h"
#include "util/time.h"

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

struct QuotaEntry {
  std::string name;
  std::int64_t number = 0;   // CHAPPS' "quota"
  std::string limits;        // in force: as given, or the number
  std::int64_t users = 0;    // that have it
  std::int64_t domains = 0;  // whose users have it by default
};

struct RaiseEntry {
  std::string limits;
  std::optional<TimePoint> until;  // none: until revoked
  bool locked = false;             // it does not end by itself
};

struct RaisedUser {
  std::string user;
  RaiseEntry raise;
};

// The totals of a user; `messages` and `recipients` exclude refused ones.
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
  std::optional<RaiseEntry> raise;  // possibly one that has ended
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
  std::vector<std::string> denied{};         // users of successful deny lines
  std::vector<std::string> without_quota{};  // those of quota:USER:none
  bool everything_to_everybody = false;      // by allow:*:*
};

struct ImportLine {
  std::size_t number;
  std::string_view text;
};

// All throw PolicyAdminError, and BackendError if the database fails.
class PolicyAdmin {
 public:
  // `patience` bounds each call; limits are parsed with `defaults`.
  explicit PolicyAdmin(SqlDatabase& database, Milliseconds patience = Milliseconds(30'000),
                       const LimitDefaults& defaults = {})
      : database_(database), patience_(patience), defaults_(defaults) {}

  // -- Users. Removing one removes its grants, quota and raise.
  std::vector<UserRow> users(const Page& page = {});
  UserEntry user(const std::string& name);
  void add_user(const std::string& name);
  void remove_user(const std::string& name);

  // -- Domains: of recipients, with switches, and as senders of users. For senders,
  // ".example.com" means all domains below it and "*" everything.
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

  // -- Addresses that users may send as.
  std::vector<std::string> addresses(const Page& page = {});
  std::vector<std::string> address_users(const std::string& name, const Page& page = {});
  void add_address(const std::string& name);
  void remove_address(const std::string& name);

  // -- Named quotas. `limits` is as in core/limits.h. CHAPPS' tables identify a quota by
  // a unique number: the first of the limits.
  std::vector<QuotaEntry> quotas(const Page& page = {});
  QuotaEntry quota(const std::string& name);
  void add_quota(const std::string& name, const std::string& limits);
  // False: it had them already.
  bool change_quota(const std::string& name, const std::string& limits);
  void remove_quota(const std::string& name);

  // -- Permissions of a user. `what` is an address if it has an "@", else a domain.
  // `create` adds the user, the domain or the address if they are unknown.
  // False: it was so already.
  bool allow(const std::string& user, const std::string& what, bool create = false);
  bool deny(const std::string& user, const std::string& what);
  bool set_quota(const std::string& user, const std::string& quota);  // empty: none
  // Sets temporary limits; replaces an earlier raise, except its lock. True: it is
  // locked.
  bool raise(const std::string& user, const std::string& limits, std::optional<TimePoint> until);
  std::vector<RaisedUser> raises(const Page& page, TimePoint now);  // those in force
  bool lower(const std::string& user);                              // false: there was no raise
  // While locked, a raise does not end; one that has ended cannot be locked. False:
  // it was so already.
  bool set_lock(const std::string& user, bool locked, TimePoint now);

  // -- Aliases: users who may send as the target may send as the alias.
  std::vector<AliasEntry> aliases(const Page& page = {});
  void add_alias(const std::string& alias, const std::string& target);
  void remove_alias(const std::string& alias, const std::string& target);

  // Lines "allow:USER:WHAT", "deny:USER:WHAT", "quota:USER:QUOTA", "quota:USER:none"; "#" at the
  // beginning or after whitespace begins a comment. Lines that cannot be carried out are
  // reported and have no effect; the others take effect.
  ImportReport import_lines(std::string_view text, bool create);

 private:
  void import_step(std::span<const ImportLine> lines, bool create, ImportReport& report);

  SqlDatabase& database_;
  Milliseconds patience_;
  LimitDefaults defaults_;
};

}  // namespace mailreeve

#endif
