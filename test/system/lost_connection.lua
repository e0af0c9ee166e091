-- SPDX-License-Identifier: BSD-2-Clause
-- a connection may end at any step, politely or not

for _, polite in ipairs({true, false}) do
  local conn = open()
  mt.disconnect(conn, polite)

  conn = open()
  did(mt.negotiate(conn, nil, nil, nil))
  mt.disconnect(conn, polite)

  conn = open()
  did(mt.conninfo(conn, "client.example.org", "192.0.2.7"))
  mt.disconnect(conn, polite)

  conn = greet("192.0.2.7")
  mt.disconnect(conn, polite)

  conn = greet("192.0.2.7")
  mail(conn, "<alice@example.org>")
  mt.disconnect(conn, polite)

  conn = greet("192.0.2.7")
  mail(conn, "<alice@example.org>")
  rcpt(conn, "<bob@example.net>", SMFIR_REPLYCODE)
  mt.disconnect(conn, polite)
end

local conn = greet("192.0.2.7")
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_REPLYCODE)
mt.disconnect(conn)
