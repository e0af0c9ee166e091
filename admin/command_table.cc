// SPDX-License-Identifier: BSD-2-Clause
#include <array>

#include "admin/commands.h"

namespace mailreeve {

namespace {

constexpr Effect kAsks = Effect::Asks;
constexpr Effect kLooks = Effect::Looks;
constexpr Effect kChanges = Effect::ChangesPolicy;

constexpr std::array kCommands{
    Command{"show", "USER [--quota]", "show everything about a user; --quota: also current usage", kLooks,
            show},
    Command{"allow", "USER ADDRESS|DOMAIN [--create]", "permit a user to send as this", kChanges, allow},
    Command{"deny", "USER ADDRESS|DOMAIN", "revoke that permission", kChanges, deny},
    Command{"set-quota", "USER NAME|none", "assign a quota to a user", kChanges, set_quota},
    Command{"reset", "USER", "same as quota reset", kLooks, quota_reset},
    Command{"refresh", "[USER]", "make the daemon query the policy database again", kLooks, refresh},
    Command{"status", "", "show the state of the daemon and its backends", kAsks, status},

    Command{"user list", "[--search TEXT] [--offset N] [--limit N]", "list users and their quotas", kLooks,
            user_list},
    Command{"user show", "USER [--quota]", "same as show", kLooks, show},
    Command{"user add", "USER", "add a user", kChanges, user_add},
    Command{"user remove", "USER", "remove a user, its grants, quota and raise", kChanges, user_remove},

    Command{"domain list", "[--search TEXT] [--offset N] [--limit N]", "list domains and their switches",
            kLooks, domain_list},
    Command{"domain show", "DOMAIN [--users]", "show a domain; --users: also who may send as it", kLooks,
            domain_show},
    Command{"domain add", "DOMAIN", "add a domain", kChanges, domain_add},
    Command{"domain remove", "DOMAIN", "remove a domain", kChanges, domain_remove},
    Command{"domain greylist", "DOMAIN [on|off]",
            "switch greylisting of mail to it on or off, or show whether it is on", kChanges,
            domain_greylist},
    Command{"domain check-spf", "DOMAIN [on|off]",
            "switch SPF for mail to it on or off, or show whether it is on", kChanges, domain_check_spf},
    Command{"domain quota", "DOMAIN NAME|none", "set the quota of its users who have none", kChanges,
            domain_quota},

    Command{"address list", "[--search TEXT] [--offset N] [--limit N]",
            "list addresses that users may send as", kLooks, address_list},
    Command{"address show", "ADDRESS", "show who may send as it", kLooks, address_show},
    Command{"address add", "ADDRESS", "add an address", kChanges, address_add},
    Command{"address remove", "ADDRESS", "remove an address", kChanges, address_remove},

    Command{"alias list", "[--search TEXT] [--offset N] [--limit N]", "list aliases and their targets",
            kLooks, alias_list},
    Command{"alias add", "ALIAS ADDRESS|USER", "permit all who may send as the second to send as the first",
            kChanges, alias_add},
    Command{"alias remove", "ALIAS ADDRESS|USER", "remove that alias", kChanges, alias_remove},

    Command{"access list", "[--search TEXT] [--offset N] [--limit N]",
            "list access rules in the order in which they are tried", kLooks, access_list},
    Command{"access add", "RULE... [--first] [--until WHEN] [--why TEXT]",
            "add an access rule behind the others, or before them", kChanges, access_add},
    Command{"access remove", "ID...", "remove access rules", kChanges, access_remove},
    Command{"exempt",
            "[NAME] --from POLICY [--client CLIENT] [--name NAME] [--sender SENDER] [--recipient ADDRESS]"
            " [--until WHEN] [--why TEXT]",
            "keep policies from judging mail of this partner", kChanges, exempt},

    Command{"quota list", "[--search TEXT] [--offset N] [--limit N]",
            "list quotas, their limits, and how many have them", kLooks, quota_list},
    Command{"quota add", "NAME LIMITS...", "create a quota", kChanges, quota_add},
    Command{"quota change", "NAME LIMITS...", "change its limits", kChanges, quota_change},
    Command{"quota remove", "NAME", "remove a quota that no user and no domain has", kChanges, quota_remove},
    Command{"quota show", "USER", "show the limits of a user, and current usage", kLooks, quota_show},
    Command{"quota reset", "USER", "forget what a user has sent", kLooks, quota_reset},
    Command{"quota raise", "USER LIMITS... [--until WHEN]",
            "set temporary limits, until then or the end of the day", kChanges, quota_raise},
    Command{"quota raised", "[--search TEXT] [--offset N] [--limit N]",
            "list users with raised limits, and locks", kLooks, quota_raised},
    Command{"quota lower", "USER", "end a raise now", kChanges, quota_lower},
    Command{"quota lock", "USER", "keep a raise in force beyond its end", kChanges, quota_lock},
    Command{"quota unlock", "USER", "let a raise end at its original time", kChanges, quota_unlock},

    Command{"import-file", "FILE [--create]", "carry out the lines of a file; - is standard input", kChanges,
            import_file},
    Command{"messages",
            "[--user USER] [--sender SENDER] [--verdict WORD] [--queue ID] [--ref REF] [--since WHEN]"
            " [--until WHEN] [--limit N]",
            "list recent messages", kLooks, messages},
    Command{"totals", "[--user USER] [--search TEXT] [--offset N] [--limit N]",
            "show the totals of what users have sent", kLooks, totals},

    Command{"state stats", "", "show how much the state store holds", kLooks, state_stats},
    Command{"state list", "tuples|clients|users [--search TEXT] [--limit N]", "list its entries", kLooks,
            state_list},
    Command{"state show", "CLIENT", "show a client network and its tuples", kLooks, state_show},
    Command{"state forget", "CLIENT", "forget a client and its tuples", kLooks, state_forget},
    Command{"state copy", "FROM-URL TO-URL", "add the contents of one store to another", kLooks, state_copy},
    Command{"state backup", "FILE", "write a copy of the state store's SQLite file", kLooks, state_backup},
    Command{"state restore", "FILE", "restore such a copy", kLooks, state_restore},
    Command{"client show", "CLIENT", "same as state show", kLooks, state_show},

    Command{"db init", "", "create missing tables", kChanges, db_init},
    Command{"db upgrade", "", "bring mailreeve's tables up to date", kChanges, db_upgrade},
    Command{"db check", "", "look for problems in the tables", kLooks, db_check},

    Command{"db backup", "FILE", "write a copy of the policy database's SQLite file", kLooks, db_backup},
    Command{"db restore", "FILE", "restore such a copy", kChanges, db_restore},

    Command{
        "access check",
        "--client ADDRESS --sender SENDER --recipient RECIPIENT [--name NAME] [--helo NAME] [--login LOGIN]",
        "show the access rule that decides about a mail", kLooks, access_check},
    Command{"access test", "FILE", "check a file of access rules", kLooks, access_test},

    Command{"spf", "--client ADDRESS --helo NAME --sender SENDER",
            "check a client with SPF, and explain the result", kLooks, spf},
};

}  // namespace

std::span<const Command> command_table() { return kCommands; }

}  // namespace mailreeve
