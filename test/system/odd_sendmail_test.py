#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Odd spellings of senders and recipients through a real Sendmail: what the message will carry is what is judged."""

import smtp
from daemon import inet_socket
from harness import Suite, check_equal
from mta import Sendmail
from odd_site import ZONES, OddSite, daemon_on, opt_in
from spf_site import Authority, need_nsd

suite = Suite()


class Site(OddSite):
    def __init__(self, bench):
        self.dns = Authority(ZONES).start()
        bench.on_close(self.dns.stop)
        self.socket = inet_socket()
        self.sink = smtp.Sink(bench)
        self.sendmail = Sendmail(bench, self.sink, self.socket, "LOCAL_DOMAIN(`own.test')dnl\n")

    def start(self, bench, options):
        return daemon_on(bench, self.socket, options)

    def session(self):
        return self.sendmail.session()

    @staticmethod
    def known_to_differ(argument):
        # As a sender, Sendmail completes it only where it hands it on.
        return {'<"a@friend.test">': ['"a@friend.test"@mx.example.net']}.get(argument, [])


@suite.scenario("no spelling of a sender gets past its domain's -all")
def senders(bench, site):
    site.check_senders(bench, 1)


@suite.scenario("no spelling of a recipient misses its domain's opt-in, and all spellings are one recipient")
def recipients(bench, site):
    site.check_recipients(bench, 1)


@suite.scenario("what is judged is what the message carries")
def carried(bench, site):
    site.check_carried(bench, 1)


@suite.scenario("literals, underscores and bare names pass")
def legal(bench, site):
    site.check_legal(bench)


@suite.scenario("a domain in Unicode is the same as in ASCII")
def in_unicode(bench, site):
    site.check_unicode(bench, "")


@suite.scenario("of its own users Sendmail tells no domain: a plain address has it, a way to one is refused")
def own_users(bench, site):
    daemon = site.start(bench, {"greylist.apply": "opt-in"})
    opt_in(daemon, "own.test")
    for argument, code in (("<root@own.test>", 451), ("<Root@OWN.test.>", 451), ('<"root"@own.test>', 451),
                           ("<@a.test:root@own.test>", 451), ("<root%own.test>", 501), ('<"root@own.test">', 501),
                           ("<root@ own.test>", 501), ("<root%own.test@mx.example.net>", 501),
                           ("<a%else.test@own.test>", 250), ("<root>", 250)):
        with site.session() as session:
            session.command("MAIL FROM:<someone@sender.test>")
            reply = session.command(f"RCPT TO:{argument}")
            check_equal(reply.code, code, f"{argument}: {reply}")
    check_equal([v["recipient"] for v in daemon.verdicts(verdict="pass")], ["a@else.test", "root@mx.example.net"],
                "what passed")


suite.run(requirements=[need_nsd, Sendmail.required], fixture=Site)
