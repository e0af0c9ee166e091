#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Authentication-Results that a message brings along, through a real Postfix: who reads ours must be able to
rely on it."""

from harness import Suite, check_equal
from spf_site import (FORGERIES, OTHERS, SpfSite, arrived, brought_along, read_authentication_results,
                      read_received_spf, send, top_headers)

suite = Suite()
CLIENT, SENDER = "192.0.2.7", "alice@example.com"


@suite.scenario("headers that claim to be ours are removed, however they are written; all others stay in order")
def forged(bench, site):
    site.daemon(bench)
    for header in FORGERIES:
        check_equal(brought_along(site.deliver(SENDER, [header.replace("ID", "1")], client=CLIENT)), [], header)
    lines, kept = [], []
    for number, header in enumerate(OTHERS):
        for mine in FORGERIES[number::len(OTHERS)]:
            lines.append(mine.replace("ID", f"forged-{number}"))
        lines.append(header.replace("ID", f"other-{number}"))
        kept.append(f"other-{number}")
    message = site.deliver(SENDER, lines, client=CLIENT)
    check_equal(brought_along(message), kept, "what is left of all at once")
    check_equal(read_authentication_results(top_headers(message)[0])[1]["spf"][0], "pass", "our own header")


@suite.scenario("each message of a session is cleaned by itself")
def two_messages(bench, site):
    site.daemon(bench)
    other, forgery = OTHERS[0].replace("ID", "other"), FORGERIES[0].replace("ID", "forged")
    with site.postfix.session(client=CLIENT) as session:
        tokens = [send(session, SENDER, headers) for headers in ([other, forgery], [forgery, other], [other, other])]
    check_equal([brought_along(arrived(site.sink, token)) for token in tokens], [["other"], ["other"], ["other"] * 2],
                "what is left")


@suite.scenario("an authenticated client cannot forge them either")
def authenticated(bench, site):
    site.daemon(bench)
    message = site.deliver(SENDER, [FORGERIES[0], OTHERS[0].replace("ID", "other")], client=CLIENT, login="alice")
    check_equal(brought_along(message), ["other"], "what is left")


@suite.scenario("a trusted client's are kept, below our own")
def trusted(bench, site):
    site.daemon(bench)
    message = site.deliver(SENDER, [FORGERIES[0].replace("ID", "1"), OTHERS[0].replace("ID", "2")], client=None)
    check_equal(brought_along(message), ["1", "2"], "what is left")
    top_headers(message, ["Authentication-Results", "Received"])


@suite.scenario("without Authentication-Results of our own, nothing is removed")
def off(bench, site):
    site.daemon(bench, {"headers.authentication-results": "no"})
    message = site.deliver(SENDER, [FORGERIES[0].replace("ID", "1")], client=CLIENT)
    check_equal(brought_along(message), ["1"], "what is left")


@suite.scenario("with authserv-id, that is our name: in what is added and in what is removed")
def authserv_id(bench, site):
    site.daemon(bench, {"authserv-id": "mail.example.com"})
    message = site.deliver(SENDER, ["Authentication-Results: mx.example.net; x-id=1",
                                    "Authentication-Results: Mail.Example.com; x-id=2"], client=CLIENT)
    check_equal(brought_along(message), ["1"], "what is left")
    results, received, _ = top_headers(message)
    check_equal(read_authentication_results(results)[0], "mail.example.com", "authserv-id")
    _, comment, pairs = read_received_spf(received)
    check_equal((comment.split(":")[0], pairs["receiver"]), ("mail.example.com",) * 2, "the receiver")


suite.run(requirements=[SpfSite.required], fixture=SpfSite)
