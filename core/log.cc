// SPDX-License-Identifier: BSD-2-Clause
#include "core/log.h"

#include <algorithm>
#include <array>

namespace mailreeve {

namespace {

constexpr std::array kTable{
    EventRow{Event::Started, "started", Severity::Notice, "The daemon accepts connections."},
    EventRow{
        Event::Stopping, "stopping", Severity::Notice,
        "SIGTERM, SIGINT or the service manager asked the daemon to stop. It accepts no more connections."},
    EventRow{
        Event::Stopped, "stopped", Severity::Notice,
        "Everything that was decided is stored. \"unfinished\" counts callbacks that did not end in time."},
    EventRow{Event::Reloaded, "reloaded", Severity::Notice,
             "A new configuration is in force. Sessions that are open keep the one they began with."},
    EventRow{
        Event::ReloadFailed, "reload-failed", Severity::Error,
        "The new configuration is not in force, and nothing of it is; \"error\" says why, in a line for each "
        "reason. The old one stays."},
    EventRow{Event::Verdict, "verdict", Severity::Info,
             "A decision about one recipient or one message. \"verdict\" is pass, allow, defer or reject; "
             "\"policy\" and \"reason\" say why, if a policy had a say; \"ref\" also stands in the reply "
             "that the client got."},
    EventRow{Event::Message, "message", Severity::Info,
             "A message has ended: it was let through or, if it is outbound, refused as a whole. \"user\" is "
             "whose outbound message it is, \"recipients\" how many were let through, \"size\" what the "
             "client announced; \"ref\" begins with the session, which the verdicts on its recipients have."},
    EventRow{Event::BackendFailed, "backend-failed", Severity::Error,
             "A backend (\"state\", \"policy-db\", or \"messages\", the table of them) does not answer; "
             "\"error\" says why, and \"calls\" for what the state store was asked: greylist, quota, or "
             "upkeep, which is no mail's. Until backend-recovered, mail is treated as the "
             "on-failure option of each policy says that needs it; messages for their table wait. "
             "Logged once for each kind of call, not for each mail."},
    EventRow{Event::BackendRecovered, "backend-recovered", Severity::Notice,
             "The backend answers again, or calls of that kind. \"failures\" counts those that failed. What "
             "goes on failing and working by turns is not called recovered until it has been well for "
             "a while."},
    EventRow{Event::StoreTrouble, "store-trouble", Severity::Warning,
             "Old messages could not be removed from their table (\"backend\" is messages); \"error\" says "
             "why. That is tried again, with fewer at a time. Or an SQLite file was removed, replaced or "
             "emptied while it was in use (\"backend\" is state or policy-db), or its log cannot be moved "
             "into it (\"backend\" is state); \"error\" says what was done, or why it cannot be used. "
             "Logged once, until it works. No mail was affected, or backend-failed says so."},
    EventRow{Event::NotificationSent, "notification-sent", Severity::Notice,
             "Somebody was told that a user exceeds a quota or tries to send as somebody else. \"target\" is "
             "webhook, command or mail; \"what\" is quota-exceeded or unauthorized-sender."},
    EventRow{
        Event::NotificationFailed, "notification-failed", Severity::Warning,
        "A notification was not delivered; \"error\" says why. \"next\" is retry, which is logged once and "
        "not for each attempt, or given-up, or dropped (too many are pending), or skipped (\"file\" in the "
        "spool is not ours). No mail was "
        "affected."},
    EventRow{
        Event::MessagesLost, "messages-lost", Severity::Warning,
        "Messages are not in their table. So many wait for it that the oldest are left out, because the "
        "policy database is away or slow: logged when that begins, with \"waiting\", and once there is room "
        "again, with \"lost\". Or the table was missing, or the daemon stopped before all were written: "
        "logged then, with \"lost\". No mail was affected."},
    EventRow{
        Event::TablesMissing, "tables-missing", Severity::Warning,
        "The policy database has no tables of mailreeve beside those of CHAPPS, or those of a newer version; "
        "\"error\" says so. Quotas of several windows, quotas of domains, raises, aliases and the table "
        "of messages are off, whatever messages.log says; mailreevectl db init makes what is missing. They "
        "are looked for once a minute. Logged once."},
    EventRow{Event::MilterError, "milter-error", Severity::Error,
             "libmilter or the MTA refused something the daemon asked of it."},
    EventRow{Event::Bug, "bug", Severity::Error,
             "A defect of mailreeve. The client was asked to try again later. Please report it."},
    EventRow{
        Event::FilesLow, "files-low", Severity::Warning,
        "The limit on open files leaves room for few connections, or, with \"connections\", for no more of "
        "them: new ones wait until others end. Raise it (LimitNOFILE= in the service). Logged at a start, "
        "and "
        "once a minute at most while connections wait."},
    EventRow{
        Event::LogLost, "log-lost", Severity::Warning,
        "So many \"lines\" of the log file before this one could not be written, because the disk was full, "
        "or the like. Or, with \"error\", the file could not be opened anew; the old one is still used."},
    EventRow{Event::ClockShifted, "clock-shifted", Severity::Warning,
             "The environment variable MAILREEVE_CLOCK_SHIFT is set: a test moves this daemon through time."},
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
