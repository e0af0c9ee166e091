#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""DNS lists that do not do their work, as the log and mailreevectl status tell an admin."""

import os
import sys

from ctl_site import Site
from harness import Suite, check, check_equal, wait_until

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dns"))
from slow_server import SlowServer  # pylint: disable=wrong-import-position

suite = Suite()
# In none of these zones is 127.0.0.1, but in that of the list of the world.
ZONE = {"A 2.0.0.127.good.example": "127.0.0.2",
        "A 2.0.0.127.world.example": "127.0.0.2", "A 1.0.0.127.world.example": "127.0.0.2",
        "A 2.0.0.127.refuses.example": "127.255.255.254", "A 1.0.0.127.refuses.example": "127.255.255.254",
        "A 2.0.0.127.sold.example": "192.0.2.1", "A 1.0.0.127.sold.example": "192.0.2.1",
        "A test.names.example": "127.0.0.2",
        "A 7.2.0.192.world.example": "127.0.0.2", "A 7.2.0.192.good.example": "127.0.0.2"}
BAD = {"world.example": "it lists everything: 1.0.0.127 as well",
       "refuses.example": "it refuses to answer: 127.255.255.254",
       "sold.example": "it answers 192.0.2.1, which is no list's answer",
       "gone.example": "it does not list its own test entry, 2.0.0.127",
       "list.silent.example.com": "it does not answer: no answer in time"}


def started(bench, dns, options):
    site = Site(bench, {"dns.servers": dns.server, "dns.timeout": "2s", "spf.apply": "never", **options})
    site.daemon.start()
    return site


def told(site):
    return {event["list"]: event["error"] for event in site.daemon.events("dns-list-failed")}


def states(site):
    return {(one["option"], one["list"]): (one["state"], one["problem"]) for one in site.json("status")["dns-lists"]}


@suite.scenario("lists are tested at the start; those that fail are set aside, told of once, and shown in status")
def at_start(bench):
    with SlowServer(0, zone=ZONE) as dns:
        site = started(bench, dns, {"reputation.dnsbl": " ".join(["good.example", *BAD]),
                                    "reputation.dnswl": "white.example", "reputation.rhsbl": "names.example no.example"})
        wait_until(lambda: len(told(site)) == len(BAD) + 1, "all that fail are told of")
        no_name = "it does not list its own test entry, test"
        check_equal(told(site), {**BAD, "no.example": no_name}, "the log")
        expected = {("dnsbl", "good.example"): ("in-use", "")}
        expected.update({("dnsbl", zone): ("set-aside", problem) for zone, problem in BAD.items()})
        # A white list without a test entry trusts nobody too much.
        expected.update({("dnswl", "white.example"): ("in-use", ""), ("rhsbl", "names.example"): ("in-use", ""),
                         ("rhsbl", "no.example"): ("set-aside", no_name)})
        check_equal(states(site), expected, "status")
        printed = site.ok("status")
        check("LIST" in printed and "set-aside" in printed, printed)
        check(any(line.split()[:3] == ["good.example", "dnsbl", "in-use"] for line in printed.splitlines()), printed)
        check_equal(len(site.daemon.events("dns-list-failed")), len(BAD) + 1, "lines of the log")
        check_equal(site.daemon.terminate(), 0, "exit status")


@suite.scenario("mail is not checked with a list that is set aside, and asks it nothing")
def mail(bench):
    with SlowServer(0, zone=ZONE) as dns:
        site = started(bench, dns, {"reputation.dnsbl": "world.example gone.example good.example"})
        wait_until(lambda: len(told(site)) == 2, "the lists are set aside")
        with site.daemon.session() as session:
            session.open().message("a@example.org", "b@example.net")
        check_equal([name for name in dns.waits if name.startswith("A 7.2.0.192.")], ["A 7.2.0.192.good.example"],
                    "what lists were asked about mail")


@suite.scenario("rules whose lists do not answer leave time for greylisting")
def silent_rules(bench):
    with SlowServer(0, zone=ZONE) as dns:
        rules = bench.write("access.rules", "".join(f"reject listed={name}.silent.example.com\n" for name in "abc"))
        site = started(bench, dns, {"access.rules": rules, "greylist.apply": "all", "deadline": "1s"})
        with site.daemon.session() as session:
            answer = session.open().message("a@example.org", "b@example.net")[0]
            check_equal((answer.code, site.daemon.verdicts()[-1]["reason"]), (451, "new"), "the answer and its reason")


@suite.scenario("a reload keeps what is known of lists that stay, and forgets the others")
def reload(bench):
    with SlowServer(0, zone=ZONE) as dns:
        site = started(bench, dns, {"reputation.dnsbl": "world.example gone.example"})
        wait_until(lambda: len(told(site)) == 2, "the lists are set aside")
        site.daemon.configure({"reputation.dnsbl": "world.example=127.0.0.2:5 good.example"})
        check_equal(site.daemon.reload()["event"], "reloaded", "the reload")
        check_equal(states(site), {("dnsbl", "world.example"): ("set-aside", BAD["world.example"]),
                                   ("dnsbl", "good.example"): ("in-use", "")}, "status")


suite.run()
