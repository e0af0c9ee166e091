// SPDX-License-Identifier: BSD-2-Clause
// Reports on a message: a line in the log, a row in the table of messages, a
// notification.
#ifndef MAILREEVE_MILTER_REPORT_H
#define MAILREEVE_MILTER_REPORT_H

#include "core/facts.h"
#include "core/log.h"
#include "core/message_record.h"
#include "core/notification.h"
#include "policies/pipeline.h"

namespace mailreeve {

// `carried_out`: false if a refusal is only logged.
void log_opinion(Log& log, const Facts& facts, const Findings& findings, const Opinion& opinion,
                 bool carried_out);

void log_message(Log& log, const MessageRecord& record);

// About facts.rcpt alone, if there is one.
MessageRecord make_record(const Facts& facts, const Opinion& opinion, bool with_addresses);

Notification make_notification(const Facts& facts, const NoticeDue& due);

}  // namespace mailreeve

#endif
