-- SPDX-License-Identifier: BSD-2-Clause
-- negotiation asks for what is needed and for nothing else

local conn = open()
did(mt.negotiate(conn, nil, nil, nil))

for name, option in pairs({body = SMFIP_NOBODY, headers = SMFIP_NOHDRS, ["unknown commands"] = SMFIP_NOUNKNOWN}) do
  expect(mt.test_option(conn, option), "the daemon wants to see " .. name)
end
for name, option in pairs({connect = SMFIP_NR_CONN, helo = SMFIP_NR_HELO, ["end of headers"] = SMFIP_NR_EOH}) do
  expect(mt.test_option(conn, option), "the MTA has to wait for an answer to " .. name)
end
for name, option in pairs({connect = SMFIP_NOCONNECT, helo = SMFIP_NOHELO, mail = SMFIP_NOMAIL,
                           rcpt = SMFIP_NORCPT, data = SMFIP_NODATA, ["end of headers"] = SMFIP_NOEOH,
                           ["answer to mail"] = SMFIP_NR_MAIL, ["answer to rcpt"] = SMFIP_NR_RCPT, ["answer to data"] = SMFIP_NR_DATA,
                           ["refused recipients"] = SMFIP_RCPT_REJ}) do
  expect(not mt.test_option(conn, option), "the daemon goes without " .. name .. " or asks for it")
end

expect(mt.test_action(conn, SMFIF_ADDHDRS), "the daemon could add no header")
for name, action in pairs({body = SMFIF_CHGBODY, ["new recipients"] = SMFIF_ADDRCPT, ["fewer recipients"] = SMFIF_DELRCPT,
                           headers = SMFIF_CHGHDRS, quarantine = SMFIF_QUARANTINE, sender = SMFIF_CHGFROM,
                           ["recipients with parameters"] = SMFIF_ADDRCPT_PAR}) do
  expect(not mt.test_action(conn, action), "the daemon wants to change: " .. name)
end

did(mt.conninfo(conn, "client.example.org", "192.0.2.7"))
mail(conn, "<alice@example.org>")
rcpt(conn, "<bob@example.net>", SMFIR_REPLYCODE)
mt.disconnect(conn)
