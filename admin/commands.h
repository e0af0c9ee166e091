// SPDX-License-Identifier: BSD-2-Clause
// The functions of the table in admin/command_table.cc. Each takes the command line and returns
// the output; main() maps exceptions to exit statuses.
#ifndef MAILREEVE_ADMIN_COMMANDS_H
#define MAILREEVE_ADMIN_COMMANDS_H

#include "admin/command.h"

namespace mailreeve {

// admin/user_commands.cc
Answer show(const Call& call);
Answer allow(const Call& call);
Answer deny(const Call& call);
Answer set_quota(const Call& call);
Answer user_list(const Call& call);
Answer user_add(const Call& call);
Answer user_remove(const Call& call);
Answer address_list(const Call& call);
Answer address_show(const Call& call);
Answer address_add(const Call& call);
Answer address_remove(const Call& call);
Answer alias_list(const Call& call);
Answer alias_add(const Call& call);
Answer alias_remove(const Call& call);
Answer import_file(const Call& call);

// admin/domain_commands.cc
Answer domain_list(const Call& call);
Answer domain_show(const Call& call);
Answer domain_add(const Call& call);
Answer domain_remove(const Call& call);
Answer domain_greylist(const Call& call);
Answer domain_check_spf(const Call& call);
Answer domain_quota(const Call& call);

// admin/access_commands.cc
Answer access_list(const Call& call);
Answer access_add(const Call& call);
Answer access_remove(const Call& call);
Answer exempt(const Call& call);

// admin/quota_commands.cc
Answer quota_list(const Call& call);
Answer quota_add(const Call& call);
Answer quota_change(const Call& call);
Answer quota_remove(const Call& call);
Answer quota_raise(const Call& call);
Answer quota_raised(const Call& call);
Answer quota_lower(const Call& call);
Answer quota_lock(const Call& call);
Answer quota_unlock(const Call& call);

// admin/allowance_commands.cc
Answer quota_show(const Call& call);
Answer quota_reset(const Call& call);

// admin/message_commands.cc
Answer messages(const Call& call);
Answer totals(const Call& call);

// admin/db_commands.cc
Answer db_init(const Call& call);
Answer db_upgrade(const Call& call);
Answer db_check(const Call& call);

// admin/daemon_commands.cc
Answer refresh(const Call& call);
Answer status(const Call& call);

// admin/state_commands.cc
Answer state_stats(const Call& call);
Answer state_list(const Call& call);
Answer state_show(const Call& call);
Answer state_forget(const Call& call);
Answer state_copy(const Call& call);
Answer state_backup(const Call& call);
Answer state_restore(const Call& call);
Answer db_backup(const Call& call);
Answer db_restore(const Call& call);

// admin/access_check_command.cc
Answer access_check(const Call& call);
Answer access_test(const Call& call);

// admin/spf_command.cc
Answer spf(const Call& call);

}  // namespace mailreeve

#endif
