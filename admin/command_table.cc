// SPDX-License-Identifier: BSD-2-Clause
#include <array>

#include "admin/commands.h"

namespace mailreeve {

namespace {

constexpr Effect kAsks = Effect::Asks;
constexpr Effect kLooks = Effect::Looks;
constexpr Effect kChanges = Effect::ChangesPolicy;

constexpr std::array kCommands{
    Command{"show", "USER [--quota]", "everything about a user; --quota: also what is used now", kLooks,
            show},
    Command{"allow", "USER ADDRESS|DOMAIN [--create]", "let a user send as this", kChanges, allow},
    Command{"deny", "USER ADDRESS|DOMAIN", "take that back", kChanges, deny},
    Command{"set-quota", "USER NAME|none", "give a user a quota", kChanges, set_quota},
    Command{"reset", "USER", "the same as quota reset", kLooks, quota_reset},
    Command{"refresh", "[USER]", "let the daemon ask the policy database again", kLooks, refresh},
    Command{"status", "", "what the daemon does and how its backends are", kAsks, status},

    Command{"user list", "[--search TEXT] [--offset N] [--limit N]", "users and their quotas", kLooks,
            user_list},
    Command{"user show", "USER [--quota]", "the same as show", kLooks, show},
    Command{"user add", "USER", "make a user known", kChanges, user_add},
    Command{"user remove", "USER", "remove a user and what is only his", kChanges, user_remove},

    Command{"domain list", "[--search TEXT] [--offset N] [--limit N]", "domains and their switches", kLooks,
            domain_list},
    Command{"domain show", "DOMAIN [--users]", "a domain; --users: who may send as it", kLooks, domain_show},
    Command{"domain add", "DOMAIN", "make a domain known", kChanges, domain_add},
    Command{"domain remove", "DOMAIN", "remove a domain", kChanges, domain_remove},
    Command{"domain greylist", "DOMAIN [on|off]", "greylist mail for it, or not; without a word, show",
            kChanges, domain_greylist},
    Command{"domain check-spf", "DOMAIN [on|off]", "check SPF of mail for it, or not; without a word, show",
            kChanges, domain_check_spf},
    Command{"domain quota", "DOMAIN NAME|none", "the quota of its users who have none", kChanges,
            domain_quota},

    Command{"address list", "[--search TEXT] [--offset N] [--limit N]", "addresses that users may send as",
            kLooks, address_list},
    Command{"address show", "ADDRESS", "who may send as it", kLooks, address_show},
    Command{"address add", "ADDRESS", "make an address known", kChanges, address_add},
    Command{"address remove", "ADDRESS", "remove an address", kChanges, address_remove},

    Command{"alias list", "[--search TEXT] [--offset N] [--limit N]", "aliases and what they stand for",
            kLooks, alias_list},
    Command{"alias add", "ALIAS ADDRESS|USER", "who may send as the second may send as the first", kChanges,
            alias_add},
    Command{"alias remove", "ALIAS ADDRESS|USER", "take that back", kChanges, alias_remove},

    Command{"quota list", "[--search TEXT] [--offset N] [--limit N]",
            "quotas, their limits, how many have them", kLooks, quota_list},
    Command{"quota add", "NAME LIMITS...", "make a quota", kChanges, quota_add},
    Command{"quota change", "NAME LIMITS...", "give it other limits", kChanges, quota_change},
    Command{"quota remove", "NAME", "remove a quota that no user and no domain has", kChanges, quota_remove},
    Command{"quota show", "USER", "limits of a user, and what is used of them", kLooks, quota_show},
    Command{"quota reset", "USER", "forget what a user has sent", kLooks, quota_reset},
    Command{"quota raise", "USER LIMITS... [--until WHEN]",
            "other limits, for the rest of the day or until then", kChanges, quota_raise},
    Command{"quota raised", "[--search TEXT] [--offset N] [--limit N]", "users with raised limits, and locks",
            kLooks, quota_raised},
    Command{"quota lower", "USER", "end that now", kChanges, quota_lower},
    Command{"quota lock", "USER", "let it not end by itself", kChanges, quota_lock},
    Command{"quota unlock", "USER", "let it end again", kChanges, quota_unlock},

    Command{"import-file", "FILE [--create]", "do what the lines of a file say; - is standard input",
            kChanges, import_file},
    Command{"messages",
            "[--user USER] [--sender SENDER] [--verdict WORD] [--queue ID] [--ref REF] [--since WHEN]"
            " [--until WHEN] [--limit N]",
            "the messages of late", kLooks, messages},
    Command{"totals", "[--user USER] [--search TEXT] [--offset N] [--limit N]", "what users ever sent",
            kLooks, totals},

    Command{"state stats", "", "how much the state store holds", kLooks, state_stats},
    Command{"state list", "tuples|clients|users [--search TEXT] [--limit N]", "its entries", kLooks,
            state_list},
    Command{"state show", "CLIENT", "what is known of a client network and its tuples", kLooks, state_show},
    Command{"state forget", "CLIENT", "forget that", kLooks, state_forget},
    Command{"state copy", "FROM-URL TO-URL", "add all of a store to another", kLooks, state_copy},
    Command{"state backup", "FILE", "write a copy of the state store's SQLite file", kLooks, state_backup},
    Command{"state restore", "FILE", "put such a copy back", kLooks, state_restore},
    Command{"client show", "CLIENT", "the same as state show", kLooks, state_show},

    Command{"db init", "", "make the tables that are missing", kChanges, db_init},
    Command{"db upgrade", "", "bring mailreeve's tables up to date", kChanges, db_upgrade},
    Command{"db check", "", "look for what is wrong with the tables", kLooks, db_check},

    Command{"db backup", "FILE", "write a copy of the policy database's SQLite file", kLooks, db_backup},
    Command{"db restore", "FILE", "put such a copy back", kChanges, db_restore},

    Command{"spf", "--client ADDRESS --helo NAME --sender SENDER", "what SPF says of such mail, and why",
            kLooks, spf},
};

}  // namespace

std::span<const Command> command_table() { return kCommands; }

}  // namespace mailreeve
