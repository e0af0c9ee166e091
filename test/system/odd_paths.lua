-- SPDX-License-Identifier: BSD-2-Clause
-- addresses come bare, empty, in brackets and with ESMTP parameters: the same address is the same tuple

local function both(sender, recipient, reply)
  local conn = greet("192.0.2.7")
  did(mt.mailfrom(conn, sender, "SIZE=100", "BODY=8BITMIME"))
  expect(mt.getreply(conn) == SMFIR_CONTINUE, "MAIL " .. sender)
  rcpt(conn, recipient, reply)
  mt.disconnect(conn)
end

both("<alice@example.org>", "<bob@example.net>", SMFIR_REPLYCODE)
both("<>", "<bob@example.net>", SMFIR_REPLYCODE)
advance(301)
both("alice@example.org", "bob@example.net", SMFIR_CONTINUE)
both("<@relay.example:alice@example.org>", "<bob@example.net>", SMFIR_CONTINUE)
both("<>", "bob@example.net", SMFIR_CONTINUE)
both("<alice>", "<bob@example.net>", SMFIR_REPLYCODE)
both("<alice@example.org>", "<>", SMFIR_REPLYCODE)
both("<alice@example.org>", "postmaster", SMFIR_CONTINUE)
