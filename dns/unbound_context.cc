// SPDX-License-Identifier: BSD-2-Clause
#include "dns/unbound_context.h"

#include <unbound.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "util/fail_with_errno.h"

namespace mailreeve {

namespace {

constexpr int kClassIn = 1;
constexpr Milliseconds kOnePacket{5000};

struct Option {
  const char* name;
  std::string value;
};

std::vector<Option> options(Milliseconds wait) {
  return {
      // Servers on loopback and names of private networks are what sites have.
      {"do-not-query-localhost:", "no"},
      {"unblock-lan-zones:", "yes"},
      {"insecure-lan-zones:", "yes"},
      // libunbound learns how fast a server is, and listens for an answer no
      // longer than that takes, 50 ms and more. Where a server answers most
      // questions at once, the answer that it must look for would always be too
      // late. Up to 5 seconds, each packet would be sent twice.
      {"infra-cache-min-rtt:", std::to_string(std::max(wait, kOnePacket).count())},
      {"outbound-msg-retry:", "1"},
      // A server whose questions go unanswered would be taken for dead, and all
      // others would fail at once. Two domains whose servers are silent can do
      // that to a forwarder, and would so switch off SPF for all domains.
      {"infra-host-ttl:", "0"},
      // The library's own default of 16 sockets makes everybody wait for the slow.
      {"outgoing-range:", "512"},
      {"outgoing-num-tcp:", "32"},
      // What is known is also in a cache in front of this one.
      {"msg-cache-size:", "4m"},
      {"rrset-cache-size:", "8m"},
      // A domain that has just got its record should not stay without it for long.
      {"cache-max-negative-ttl:", "900"},
  };
}

// Answered by libunbound itself unless removed (RFC 6761, RFC 8375); a site's
// own servers may well know better.
constexpr const char* kSiteZones[] = {"test.", "home.arpa."};

void check(int error, const std::string& what) {
  if (error != UB_NOERROR) throw std::runtime_error(what + ": " + ub_strerror(error));
}

void set_trust_anchors(ub_ctx* context, const std::string& file) {
  if (file.empty()) {
    check(ub_ctx_set_option(context, "module-config:", "iterator"), "libunbound's modules");
    return;
  }
  if (access(file.c_str(), R_OK) != 0) fail_with_errno("the trust anchor file " + file);
  check(ub_ctx_add_ta_file(context, file.c_str()), "the trust anchor file " + file);
}

// The first call that needs all settings, and so reads the trust anchors.
// Nothing else is left then that could be wrong.
void finish_settings(ub_ctx* context, const std::string& trust_anchor_file) {
  const auto suspect =
      trust_anchor_file.empty() ? "libunbound's settings" : "the trust anchor file " + trust_anchor_file;
  for (const char* zone : kSiteZones) check(ub_ctx_zone_remove(context, zone), suspect);
}

// The worker starts with the first question. One that it answers by itself
// starts it here, and shows whether it can work.
void start_worker(ub_ctx* context) {
  const auto ignore = [](void*, int, ub_result* result) { ub_resolve_free(result); };
  check(ub_resolve_async(context, "localhost", type_code(RecordType::A), kClassIn, nullptr, ignore, nullptr),
        "libunbound does not start");
  check(ub_wait(context), "libunbound does not start");
}

}  // namespace

void UnboundDeleter::operator()(ub_ctx* context) const { ub_ctx_delete(context); }

UnboundContext open_unbound_context(const std::string& server, const std::string& trust_anchor_file,
                                    Milliseconds wait) {
  UnboundContext owned(ub_ctx_create());
  ub_ctx* const context = owned.get();
  if (context == nullptr) fail_with_errno("libunbound does not start");
  // It would write to our standard error.
  ub_ctx_debugout(context, nullptr);
  ub_ctx_async(context, 1);
  for (const auto& [name, value] : options(wait))
    check(ub_ctx_set_option(context, name, value.c_str()), std::string("libunbound's option ") + name);
  check(ub_ctx_set_fwd(context, server.c_str()), "the DNS server " + server);
  set_trust_anchors(context, trust_anchor_file);
  finish_settings(context, trust_anchor_file);
  start_worker(context);
  return owned;
}

int type_code(RecordType type) {
  switch (type) {
    case RecordType::A:
      return 1;
    case RecordType::PTR:
      return 12;
    case RecordType::MX:
      return 15;
    case RecordType::TXT:
      return 16;
    case RecordType::AAAA:
      return 28;
  }
  return 0;
}

}  // namespace mailreeve
