-- SPDX-License-Identifier: BSD-2-Clause
-- a client without an address is not greylisted and harms nobody

local conn = greet("unspec")
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_CONTINUE)
did(mt.eom(conn))
expect(not mt.eom_check(conn, MT_HDRINSERT, "X-Greylist"), "a header says that the message was delayed")
mt.disconnect(conn)

conn = greet("192.0.2.7")
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_REPLYCODE)
mt.disconnect(conn)
