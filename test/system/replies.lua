-- SPDX-License-Identifier: BSD-2-Clause
-- RCPT is answered with a reply code for who must wait, and with continue for who need not, whatever came before

local conn = greet("192.0.2.7")
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_REPLYCODE)
rcpt(conn, "<postmaster@example.net>", SMFIR_CONTINUE)
rcpt(conn, "<carol@example.net>", SMFIR_REPLYCODE)
mt.disconnect(conn)

advance(301)
conn = greet("192.0.2.8")
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_CONTINUE)
rcpt(conn, "<dave@example.net>", SMFIR_REPLYCODE)
rcpt(conn, "<carol@example.net>", SMFIR_CONTINUE)
mt.disconnect(conn)
