// SPDX-License-Identifier: BSD-2-Clause
// Everything a conversation needs, made from one configuration. Immutable; a
// reload makes another one, and conversations keep the one they began with.
#ifndef MAILREEVE_SETUP_RUNTIME_H
#define MAILREEVE_SETUP_RUNTIME_H

#include <memory>

#include "access/access_rules.h"
#include "config/settings.h"
#include "core/log.h"
#include "core/message_record.h"
#include "core/notification.h"
#include "core/policy_db.h"
#include "core/resolver.h"
#include "core/state_store.h"
#include "dnslists/dns_lists.h"
#include "policies/pipeline.h"
#include "spf/engine.h"

namespace mailreeve {

// The parts that outlive every reload.
struct Services {
  const Clock& clock;
  Log& log;
  std::shared_ptr<StateStore> store;
  std::shared_ptr<Resolver> resolver;
  std::shared_ptr<DnsLists> dns_lists;
  std::shared_ptr<PolicyDb> policy_db;
  MessageSink& messages;
  Notifications& notifications;
  std::shared_ptr<const AccessRules> access = std::make_shared<const AccessRules>();
};

DnsListsSettings dns_lists_settings(const ReputationSettings& settings);

struct Runtime {
  Settings settings;
  const Clock& clock;
  Log& log;
  MessageSink& messages;
  Notifications& notifications;
  std::shared_ptr<Resolver> resolver;  // policies refer to it
  Pipeline pipeline;
};

// The engine that the settings choose; load_checked_settings() has checked that it exists.
// It refers to `resolver`.
std::shared_ptr<const SpfEngine> make_spf_engine(const SpfSettings& settings, Resolver& resolver);

std::shared_ptr<const Runtime> make_runtime(Settings settings, const Services& services);

}  // namespace mailreeve

#endif
