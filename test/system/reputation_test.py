#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Reputation as clients of a real Postfix meet it, with a real DNS server that has the lists."""

import re

from harness import Suite, check, check_equal, wait_until
from mta import PostfixSite
from spf_site import Authority, need_nsd

suite = Suite()
SENDER, RECIPIENT = "alice@example.org", "bob@example.net"
CLEAN = {"client": "192.0.2.7", "name": "mx.example.org", "helo": "mx.example.org"}
HOME = {"client": "198.51.100.9", "name": "198-51-100-9.dsl.example.com", "helo": "localhost"}

# An entry is the address in reverse; 127.0.0.2 is the test point, and 127.0.0.1 must not be there.
TEST_POINT = "2.0.0.127 A 127.0.0.2\n"
ZONES = {
    "example.com": '@ TXT "v=spf1 ip4:198.51.100.0/24 -all"',
    "bl.example": TEST_POINT + "7.2.0.192 A 127.0.0.4\n8.2.0.192 A 127.0.0.10\n"
                  "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2 A 127.0.0.4\n",
    "wl.example": TEST_POINT + "7.2.0.192 A 127.0.5.1\n9.100.51.198 A 127.0.5.2\n",
    "refuses.example": TEST_POINT + "* A 127.255.255.254\n",
    "world.example": "* A 127.0.0.2\n",
    "odd.example": TEST_POINT + '7.2.0.192 TXT "only a text"\n8.2.0.192 A 192.0.2.1\n',
    "names.example": "TEST A 127.0.0.2\nspam.example A 127.0.1.2\nhelo.spam.example A 127.0.1.2\n",
    "dead.example": None,
}


class ReputationSite(PostfixSite):
    """For Suite.run()'s `fixture`."""

    def __init__(self, bench):
        self.dns = Authority(ZONES).start()
        bench.on_close(self.dns.stop)
        super().__init__(bench)

    @staticmethod
    def required():
        need_nsd()
        PostfixSite.required()

    def daemon(self, bench, options=None, **more):
        return super().daemon(bench, {"dns.servers": self.dns.server, "spf.apply": None, **(options or {})}, **more)


def judged(site, daemon, sender=SENDER, recipient=RECIPIENT, **client):
    """The reply to RCPT, and the line of the log about it."""
    before = len(daemon.verdicts())
    tried = site.postfix.attempt(sender, recipient, **client)
    verdict = wait_until(lambda: daemon.verdicts()[before:], "the verdict is logged")[0]
    return tried.rcpt[0], verdict


def check_judged(site, daemon, code, repute, signs, **client):
    reply, verdict = judged(site, daemon, **client)
    check_equal((reply.code, verdict.get("reputation"), verdict.get("signs")), (code, repute, signs),
                f"code, reputation and signs in {verdict}")


@suite.scenario("a clean host passes at once, a suspicious one waits, and the message says why")
def clean_and_suspicious(bench, site):
    daemon = site.daemon(bench)
    check_judged(site, daemon, 250, "clean", None, **CLEAN)
    check_judged(site, daemon, 451, "suspicious", "helo-unrelated:2 dynamic-name:2", **HOME)
    daemon.advance(312)
    tried = site.postfix.attempt(SENDER, RECIPIENT, **HOME)
    check(tried.message and tried.message.accepted, str(tried))
    header = site.sink.message(tried.token).header("X-Greylist")[0]
    check(re.search(r"\(helo-unrelated:2 dynamic-name:2\)", header), header)


@suite.scenario("SPF vouches for a client that its sender names")
def vouched_for(bench, site):
    daemon = site.daemon(bench)
    check_judged(site, daemon, 250, "clean", "helo-unrelated:2 dynamic-name:2", sender="alice@example.com", **HOME)


@suite.scenario("a HELO that is ours is one that Postfix lets a stranger say, and a sign")
def helo_is_ours(bench, site):
    daemon = site.daemon(bench)
    check_judged(site, daemon, 451, "suspicious", "helo-ours:3", **{**CLEAN, "helo": "mx.example.net"})
    check_judged(site, daemon, 451, "suspicious", "helo-ours:3", **{**CLEAN, "helo": "[127.0.0.1]"})


@suite.scenario("from reject-threshold on, the client is refused")
def refused(bench, site):
    daemon = site.daemon(bench, {"reputation.reject-threshold": "4"})
    reply, verdict = judged(site, daemon, **HOME)
    check(reply.code == 550 and reply.text.startswith("5.7.1 Refused for the reputation of 198.51.100.9 ("), str(reply))
    check_equal((verdict["policy"], verdict["verdict"]), ("reputation", "reject"), "the verdict")
    check_equal(judged(site, daemon, **CLEAN)[0].code, 250, "a clean client's reply")


@suite.scenario("a list makes a host suspicious whatever SPF says, over IPv4 and IPv6, and the log names it")
def listed(bench, site):
    daemon = site.daemon(bench, {"reputation.dnsbl": "bl.example=127.0.0.2-9"})
    check_judged(site, daemon, 451, "suspicious", "bl.example/127.0.0.4:1", **CLEAN)
    check_judged(site, daemon, 451, "suspicious", "bl.example/127.0.0.4:1", **{**CLEAN, "client": "2001:db8::7"})
    check_judged(site, daemon, 250, "clean", None, **{**CLEAN, "client": "192.0.2.8"})
    check_judged(site, daemon, 250, "clean", None, **{**CLEAN, "client": "2001:db8::8"})


@suite.scenario("a list may be there twice, with a weight for each of its answers, and is remembered so")
def weights(bench, site):
    daemon = site.daemon(bench, {"reputation.dnsbl": "bl.example=127.0.0.2-9:3 bl.example=127.0.0.10",
                                 "reputation.dnsbl-threshold": "2"})
    for _ in range(2):
        check_judged(site, daemon, 451, "suspicious", "bl.example/127.0.0.4:3", **CLEAN)
        check_judged(site, daemon, 250, "clean", "bl.example/127.0.0.10:1", **{**CLEAN, "client": "192.0.2.8"})


@suite.scenario("a whitelist is looked at first, and the message says so")
def white(bench, site):
    daemon = site.daemon(bench, {"reputation.dnsbl": "bl.example", "reputation.dnswl": "wl.example",
                                 "headers.authentication-results": None, "greylist.apply": "all"})
    for client in (CLEAN, HOME):
        reply, verdict = judged(site, daemon, **client)
        check_equal((reply.code, verdict["reputation"], verdict["reason"]), (250, "trusted", "trusted"),
                    f"code, reputation and reason in {verdict}")
    tried = site.postfix.attempt(SENDER, RECIPIENT, **HOME)
    results = re.sub(r"\s+", " ", site.sink.message(tried.token).header("Authentication-Results")[0])
    check("; dnswl=pass dns.zone=wl.example policy.ip=127.0.5.2" in results, results)


@suite.scenario("a list of names is asked about HELO and the sender's domain")
def names(bench, site):
    daemon = site.daemon(bench, {"reputation.rhsbl": "names.example:2"})
    sign = "names.example/127.0.1.2:2"
    check_judged(site, daemon, 451, "suspicious", sign, sender="alice@spam.example", **CLEAN)
    check_judged(site, daemon, 250, "clean", None, **CLEAN)
    reply, verdict = judged(site, daemon, **{**CLEAN, "helo": "helo.spam.example"})
    check_equal((reply.code, verdict["signs"]), (451, f"helo-unrelated:2 {sign}"), "code and signs")


@suite.scenario("lists that do not do their work list nobody, and are told of once and shown in status")
def broken_lists(bench, site):
    zones = ("refuses.example", "world.example", "odd.example", "dead.example")
    daemon = site.daemon(bench, {"reputation.dnsbl": " ".join((*zones, "bl.example=127.0.0.10"))})
    failed = wait_until(lambda: [event["list"] for event in daemon.events("dns-list-failed")
                                 if event["list"] == "world.example"], "the list of the world is set aside")
    for _ in range(3):
        check_judged(site, daemon, 250, "clean", None, **CLEAN)
    check_judged(site, daemon, 451, "suspicious", "bl.example/127.0.0.10:1", **{**CLEAN, "client": "192.0.2.8"})
    failed = [event["list"] for event in daemon.events("dns-list-failed")]
    check(set(failed) <= set(zones) and len(set(failed)) == len(failed), f"lists that failed: {failed}")


@suite.scenario("what the lists say is remembered across a restart, and asked anew for another list")
def remembered(bench, site):
    options = {"reputation.dnsbl": "bl.example"}
    daemon = site.daemon(bench, options)
    check_judged(site, daemon, 451, "suspicious", "bl.example/127.0.0.4:1", **CLEAN)
    check_equal(daemon.terminate(), 0, "exit status")
    # Nobody answers any more.
    daemon.configure({"dns.servers": "127.0.0.1@9", "dns.timeout": "200ms", "spf.apply": "never"})
    daemon.start()
    check_judged(site, daemon, 451, "suspicious", "bl.example/127.0.0.4:1", **CLEAN)
    check_judged(site, daemon, 250, "clean", None, **{**CLEAN, "client": "192.0.2.8"})
    daemon.configure({"reputation.dnsbl": "bl.example other.example"})
    daemon.reload()
    check_judged(site, daemon, 250, "clean", None, **CLEAN)


suite.run(requirements=[ReputationSite.required], fixture=ReputationSite)
