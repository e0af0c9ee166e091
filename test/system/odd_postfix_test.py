#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Odd spellings of senders and recipients through a real Postfix: what the message will carry is what is judged."""

from harness import Suite, check, check_equal
from mta import PostfixSite
from odd_site import ZONES, OddSite
from spf_site import Authority, need_nsd, spf_options

suite = Suite()


class Site(OddSite, PostfixSite):
    def __init__(self, bench):
        self.dns = Authority(ZONES).start()
        bench.on_close(self.dns.stop)
        PostfixSite.__init__(self, bench)

    def start(self, bench, options):
        return self.daemon(bench, options)

    def session(self):
        return self.postfix.session(client="192.0.2.7")

    @staticmethod
    def known_to_differ(argument):
        # Postfix leaves these alone until it reads them as the address again.
        return {"<a@friend.test@>": ['"a@friend.test"@'], '<"a@friend.test"@>': ['"a@friend.test"@'],
                "<a%friend.test@>": ["a%friend.test@"]}.get(argument, [])


@suite.scenario("no spelling of a sender gets past its domain's -all")
def senders(bench, site):
    site.check_senders(bench, 0)


@suite.scenario("no spelling of a recipient misses its domain's opt-in, and all spellings are one recipient")
def recipients(bench, site):
    site.check_recipients(bench, 0)


@suite.scenario("what is judged is what the message carries")
def carried(bench, site):
    site.check_carried(bench, 0)


@suite.scenario("literals, underscores and bare names pass")
def legal(bench, site):
    site.check_legal(bench)


@suite.scenario("a domain in Unicode is the same as in ASCII")
def in_unicode(bench, site):
    site.check_unicode(bench, " SMTPUTF8")


@suite.scenario("mail of sendmail(1) is not refused, whatever its sender is")
def not_by_smtp(bench, site):
    daemon = site.daemon(bench, spf_options(site.dns))
    for sender in ("a b@friend.test", "a@b@friend.test", ""):
        site.postfix.submit(sender, ["ok@other.test"], f"Subject: from {sender}\nX-Token: {sender}.\n\nText.\n")
        site.sink.wait_for(lambda message, token=f"{sender}.": message.header("X-Token") == [token])
    check_equal({verdict["verdict"] for verdict in daemon.verdicts()}, {"pass"}, "verdicts")


@suite.scenario("in monitor mode, what is no address is told and not refused")
def monitor(bench, site):
    daemon = site.daemon(bench, {"mode": "monitor"})
    with site.session() as session:
        check(session.command('MAIL FROM:<"a\x01b"@friend.test>').accepted, "MAIL")
        check(session.command("RCPT TO:<ok@other.test>").accepted, "RCPT")
    found = daemon.verdicts(policy="envelope")
    check_equal([(v["verdict"], v["reason"], v["mode"]) for v in found], [("reject", "malformed-sender", "monitor")],
                "verdicts")


suite.run(requirements=[need_nsd, PostfixSite.required], fixture=Site)
