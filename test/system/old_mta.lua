-- SPDX-License-Identifier: BSD-2-Clause
-- an MTA that can leave out nothing gets an answer to every step

local conn = open()
did(mt.negotiate(conn, 6, SMFIF_ADDHDRS, 0))

local function continues(what)
  expect(mt.getreply(conn) == SMFIR_CONTINUE, what .. " is answered with " .. mt.getreply(conn))
end

did(mt.conninfo(conn, "client.example.org", "192.0.2.7"))
continues("connect")
did(mt.helo(conn, "client.example.org"))
continues("helo")
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_REPLYCODE)
rcpt(conn, "<postmaster@example.net>", SMFIR_CONTINUE)
did(mt.data(conn))
continues("data")
did(mt.header(conn, "Subject", "test"))
continues("header")
did(mt.eoh(conn))
continues("end of headers")
did(mt.bodystring(conn, "Text.\r\n"))
continues("body")
did(mt.eom(conn))
expect(mt.getreply(conn) == SMFIR_CONTINUE or mt.getreply(conn) == SMFIR_ACCEPT, "the message is not accepted")
mt.disconnect(conn)
