// SPDX-License-Identifier: BSD-2-Clause
#include "core/log.h"

#include <algorithm>
#include <array>

namespace mailreeve {

namespace {

constexpr std::array kTable{
    EventRow{Event::Started, "started", Severity::Notice, "The daemon accepts connections."},
    EventRow{Event::Stopping, "stopping", Severity::Notice,
             "SIGTERM, SIGINT or the service manager asked the daemon to stop. It accepts no more "
             "connections."},
    EventRow{Event::Stopped, "stopped", Severity::Notice,
             "The daemon has stored all its decisions. \"unfinished\" counts callbacks that did not "
             "end in time."},
    EventRow{Event::Reloaded, "reloaded", Severity::Notice,
             "A new configuration is in force. Open sessions keep the one that they began with."},
    EventRow{Event::ReloadFailed, "reload-failed", Severity::Error,
             "No part of the new configuration is in force, and the old one remains; \"error\" says "
             "why, in a line for each reason."},
    EventRow{Event::Verdict, "verdict", Severity::Info,
             "A decision about one recipient or one message. \"verdict\" is pass, allow, defer or "
             "reject; \"policy\" and \"reason\" say why, if a policy was consulted; \"ref\" is also "
             "in the reply to the client."},
    EventRow{Event::Message, "message", Severity::Info,
             "A message has ended: it was accepted or, if it is outbound, refused as a whole. "
             "\"user\" is the user of an outbound message, \"recipients\" the number of accepted "
             "recipients, \"size\" the size that the client announced; \"ref\" begins with the "
             "session, which the verdicts on its recipients share."},
    EventRow{Event::BackendFailed, "backend-failed", Severity::Error,
             "A backend (the state store \"state\", the policy database \"policy-db\", or its table "
             "of messages, \"messages\") does not answer; \"error\" says why, and \"calls\" names "
             "the kind of calls to the state store: greylist, quota, memos (what the daemon remembers "
             "for a while), or upkeep, which no mail depends on; or those to the policy database for "
             "access rules (access), of which the last ones stay in force. Until backend-recovered, the "
             "on-failure "
             "option of each policy that needs "
             "the backend decides about mail; messages wait for their table. Logged once for each "
             "kind of calls, not for each mail."},
    EventRow{Event::BackendRecovered, "backend-recovered", Severity::Notice,
             "The backend, or this kind of calls to it, works again. \"failures\" counts the calls "
             "that failed. A backend that alternately fails and works has recovered only when it has "
             "worked for a while."},
    EventRow{Event::StoreTrouble, "store-trouble", Severity::Warning,
             "Old messages could not be removed from their table (\"backend\" is messages); "
             "\"error\" says why. The daemon tries again, with fewer at a time. Or an SQLite file "
             "was removed, replaced or emptied while it was in use (\"backend\" is state or "
             "policy-db), or its log cannot be moved into it (\"backend\" is state); \"error\" says "
             "what was done, or why the file cannot be used. Logged once, until it works. Mail was "
             "not affected unless backend-failed says so."},
    EventRow{Event::NotificationSent, "notification-sent", Severity::Notice,
             "A notification was delivered: a user has exceeded a quota or tried to send as somebody "
             "else. \"target\" is webhook, command or mail; \"what\" is quota-exceeded or "
             "unauthorized-sender."},
    EventRow{Event::NotificationFailed, "notification-failed", Severity::Warning,
             "A notification was not delivered; \"error\" says why. \"next\" is retry, which is "
             "logged once and not for each attempt, or given-up, or dropped (too many are pending), "
             "or skipped (\"file\" in the spool is not a notification). Mail was not affected."},
    EventRow{Event::MessagesLost, "messages-lost", Severity::Warning,
             "Messages are missing from their table. If too many wait for it, because the policy "
             "database is away or slow, the oldest are dropped: this is logged when it begins, with "
             "\"waiting\", and when there is room again, with \"lost\". If the table was missing, or "
             "the daemon stopped before it had written all messages, that is logged with \"lost\". "
             "Mail was not affected."},
    EventRow{Event::TablesMissing, "tables-missing", Severity::Warning,
             "The policy database lacks mailreeve's own tables beside those of CHAPPS, or has those "
             "of a newer version; \"error\" says which. Quotas of several windows, quotas of "
             "domains, raises, aliases, access rules of the database and the table of messages are disabled, "
             "regardless of "
             "messages.log; mailreevectl db init creates missing tables. The daemon looks for them "
             "once a minute. Logged once."},
    EventRow{Event::AccessRuleSkipped, "access-rule-skipped", Severity::Warning,
             "A rule in the table of access rules cannot be used and is passed over; \"id\" is its number, "
             "and \"error\" says why. Logged once for each such rule, and for 20 of them at most."},
    EventRow{Event::MilterError, "milter-error", Severity::Error,
             "libmilter or the MTA refused a request of the daemon."},
    EventRow{
        Event::ProtocolError, "protocol-error", Severity::Warning,
        "What connected to the socket did not speak the milter protocol, or stopped reading; its connection "
        "was closed. Only with engine = native: libmilter closes such connections without a word."},
    EventRow{Event::ThreadsBusy, "threads-busy", Severity::Warning,
             "All threads wait for DNS or a database, and commands queue (see threads-max). At most once a "
             "minute."},
    EventRow{Event::Bug, "bug", Severity::Error,
             "A defect of mailreeve. The client was asked to try again later. Please report it."},
    EventRow{Event::DnsListFailed, "dns-list-failed", Severity::Warning,
             "A DNS list is set aside: it is not asked about mail, and lists nobody. \"error\" says why: "
             "it answered what is no listing, as lists do to those whom they refuse to answer or when they "
             "have gone; it lists everything; it does not list its own test entry; or it does not answer. "
             "\"option\" is dnsbl, dnswl or rhsbl. The daemon tests it again after a minute, then after "
             "pauses that double, up to an hour. Logged once, until dns-list-recovered."},
    EventRow{Event::DnsListRecovered, "dns-list-recovered", Severity::Notice,
             "A test of the DNS list found it well, and mail is checked with it again, after \"seconds\"."},
    EventRow{Event::FilesLow, "files-low", Severity::Warning,
             "The limit on open files allows few connections or, with \"connections\", no more of "
             "them: new ones wait until others end. Raise it (LimitNOFILE= in the service). Logged "
             "at the start, and at most once a minute while connections wait."},
    EventRow{Event::LogLost, "log-lost", Severity::Warning,
             "\"lines\" counts the lines before this one that could not be written to the log file, "
             "because the disk was full, for example. Or, with \"error\", the file could not be "
             "reopened; the daemon still uses the old one."},
    EventRow{Event::ClockShifted, "clock-shifted", Severity::Warning,
             "The environment variable MAILREEVE_CLOCK_SHIFT is set: a test shifts the clock of this "
             "daemon."},
};

}  // namespace

std::span<const EventRow> event_table() { return kTable; }

const EventRow& row_of(Event event) {
  return *std::find_if(kTable.begin(), kTable.end(), [&](const EventRow& row) { return row.event == event; });
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Error:
      return "error";
    case Severity::Warning:
      return "warning";
    case Severity::Notice:
      return "notice";
    case Severity::Info:
      return "info";
  }
  return "?";
}

}  // namespace mailreeve
