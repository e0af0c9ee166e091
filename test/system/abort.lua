-- SPDX-License-Identifier: BSD-2-Clause
-- after RSET, the next message on the connection starts with nothing of the last one

local conn = greet("192.0.2.7")
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_REPLYCODE)
did(mt.abort(conn))
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_REPLYCODE)
did(mt.abort(conn))

advance(301)
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_CONTINUE)
did(mt.abort(conn))

mail(conn, "<carol@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_REPLYCODE)
rcpt(conn, "<postmaster@example.net>", SMFIR_CONTINUE)
did(mt.eom(conn))
expect(not mt.eom_check(conn, MT_HDRINSERT, "X-Greylist"), "the header belongs to the message that was given up")

-- An abort where there is nothing to abort.
did(mt.abort(conn))
did(mt.abort(conn))
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_CONTINUE)
mt.disconnect(conn)
