#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""SPF and its headers through a real Sendmail and a real DNS server."""

import smtp
from daemon import Daemon, inet_socket
from harness import Suite, check, check_equal
from mta import Sendmail
from spf_site import (FORGERIES, OTHERS, RECIPIENT, Authority, arrived, brought_along, flat, need_nsd,
                      read_authentication_results, read_received_spf, send, spf_options, top_headers)

suite = Suite()
# Sendmail knows no XCLIENT: all its clients are on this machine.
PERMITTED, OTHER = "127.0.0.7", "127.0.0.9"
ZONES = {
    "example.com": '@ TXT "v=spf1 ip4:127.0.0.7 exp=why.example.com -all"\nwhy TXT "%{i} is no host of ours"',
    "soft.example": '@ TXT "v=spf1 ip4:127.0.0.7 ~all"',
    "dead.example": None,
}


class Site:
    def __init__(self, bench):
        self.dns = Authority(ZONES).start()
        bench.on_close(self.dns.stop)
        self.socket = inet_socket()
        self.sink = smtp.Sink(bench)
        self.sendmail = Sendmail(bench, self.sink, self.socket)

    def daemon(self, bench, options=None):
        return Daemon(bench, {"socket": self.socket, "trusted-networks": "", **spf_options(self.dns),
                              **(options or {})}).start()

    def deliver(self, sender, headers=(), **session):
        """The message as it arrived."""
        with self.sendmail.session(**session) as client:
            return arrived(self.sink, send(client, sender, headers))


@suite.scenario("mail that passes has both headers above Sendmail's Received")
def passed(bench, site):
    site.daemon(bench)
    results, received, _ = top_headers(site.deliver("alice@example.com", client=PERMITTED))
    name, methods = read_authentication_results(results)
    check_equal((name, methods["spf"]), ("mx.example.net", ("pass", "smtp.mailfrom", "example.com")), results)
    result, _, pairs = read_received_spf(received)
    check_equal((result, pairs), ("pass", {
        "client-ip": PERMITTED, "envelope-from": "alice@example.com", "helo": "client.example.org",
        "receiver": "mx.example.net", "mechanism": "ip4:127.0.0.7", "identity": "mailfrom"}), received)


@suite.scenario("a fail is refused with the domain's own words; softfail, temperror and none are delivered")
def failed(bench, site):
    site.daemon(bench)
    reply = site.sendmail.attempt("alice@example.com", RECIPIENT, client=OTHER).rcpt[0]
    check_equal((reply.code, reply.enhanced), (550, "5.7.23"), str(reply))
    check("The domain example.com explains: 127.0.0.9 is no host of ours" in flat(reply.text), str(reply))
    for sender, result in (("alice@soft.example", "softfail"), ("alice@dead.example", "temperror"),
                           ("alice@nowhere.example", "none")):
        results, received, _ = top_headers(site.deliver(sender, client=OTHER))
        check_equal(read_authentication_results(results)[1]["spf"][0], result, f"{sender}: {results}")
        check_equal(read_received_spf(received)[0], result, f"{sender}: {received}")


@suite.scenario("on-temperror = defer answers 451 4.7.24")
def temperror(bench, site):
    site.daemon(bench, {"spf.on-temperror": "defer"})
    reply = site.sendmail.attempt("alice@dead.example", RECIPIENT, client=OTHER).rcpt[0]
    check_equal((reply.code, reply.enhanced), (451, "4.7.24"), str(reply))


@suite.scenario("the null sender is judged by HELO")
def null_sender(bench, site):
    site.daemon(bench)
    for client, code in ((PERMITTED, 250), (OTHER, 550)):
        tried = site.sendmail.attempt("", RECIPIENT, client=client, helo="example.com")
        check_equal(tried.rcpt[0].code, code, client)
    results, _, _ = top_headers(site.deliver("", client=PERMITTED, helo="example.com"))
    check_equal(read_authentication_results(results)[1]["spf"], ("pass", "smtp.helo", "example.com"), results)


@suite.scenario("headers that claim to be ours are removed, however they are written; all others stay in order")
def forged(bench, site):
    site.daemon(bench)
    for header in FORGERIES:
        message = site.deliver("alice@example.com", [header.replace("ID", "1")], client=PERMITTED)
        check_equal(brought_along(message), [], header)
    lines = []
    for number, header in enumerate(OTHERS):
        lines += [mine.replace("ID", "forged") for mine in FORGERIES[number::len(OTHERS)]]
        lines.append(header.replace("ID", f"other-{number}"))
    message = site.deliver("alice@example.com", lines, client=PERMITTED)
    check_equal(brought_along(message), [f"other-{number}" for number in range(len(OTHERS))], "what is left")
    top_headers(message)


@suite.scenario("two messages of a session have each its own headers")
def two_messages(bench, site):
    site.daemon(bench)
    with site.sendmail.session(client=OTHER) as session:
        refused = smtp.attempt(session, "alice@example.com", [RECIPIENT])
        tokens = [send(session, sender, [FORGERIES[0]]) for sender in ("alice@soft.example", "alice@nowhere.example")]
    check_equal(refused.rcpt[0].code, 550, "the first")
    for token, result in zip(tokens, ("softfail", "none")):
        message = arrived(site.sink, token)
        check_equal(read_received_spf(top_headers(message)[1])[0], result, "Received-SPF")
        check_equal(brought_along(message), [], "what is left")


suite.run(requirements=[need_nsd, Sendmail.required], fixture=Site)
