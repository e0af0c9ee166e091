-- SPDX-License-Identifier: BSD-2-Clause
-- a message that was delayed gets one X-Greylist header, inserted at index 0

local conn = greet("192.0.2.7")
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_REPLYCODE)
rcpt(conn, "<carol@example.net>", SMFIR_REPLYCODE)
did(mt.abort(conn))

advance(400)
mt.macro(conn, SMFIC_MAIL, "i", "queue1")
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_CONTINUE)
rcpt(conn, "<carol@example.net>", SMFIR_CONTINUE)
did(mt.data(conn))
expect(mt.getreply(conn) == SMFIR_CONTINUE, "DATA is not answered")
did(mt.eom(conn))
local value = mt.getheader(conn, "X-Greylist", 0)
expect(value ~= nil, "no X-Greylist header")
expect(string.match(value, "^delayed 40%d seconds by mailreeve at "), "X-Greylist: " .. value)
expect(mt.eom_check(conn, MT_HDRINSERT, "X-Greylist", value, 0), "it is not inserted at index 0")
expect(mt.getheader(conn, "X-Greylist", 1) == nil, "there is another one")
expect(not mt.eom_check(conn, MT_HDRADD), "a header is added at the end")
mt.disconnect(conn)
