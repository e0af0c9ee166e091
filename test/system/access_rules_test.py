#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Access rules in the policy database: one command on one host, in force on all of them."""

import itertools

from ctl_site import Site
from harness import Suite, check, check_equal, wait_until
from mariadb import Mariadb, need_mariadb

suite = Suite()
NAME, ADDRESS = "mx.partner.example", "192.0.2.7"
_numbers = itertools.count()


def host(bench, url, name):
    """A daemon that greylists everybody, and asks often whether something has changed."""
    site = Site(bench, {"policy-db.url": url, "policy-db.cache-ttl": "1s", "policy-db.timeout": "2s",
                        "greylist.apply": "all", "greylist.delay": "5m", "spf.apply": "never"}, name=name)
    site.daemon.start()
    return site


def code(site, sender=None, recipient=None):
    """What a new triple of this client is told; None and 250 are acceptance."""
    number = next(_numbers)
    with site.daemon.session() as session:
        session.negotiate()
        session.macros("C", {"{client_resolve}": "OK"})
        session.connect(name=NAME, address=ADDRESS)
        session.helo(NAME)
        session.mail(f"<{sender or f's{number}@other.example'}>")
        return session.rcpt(f"<{recipient or f'r{number}@example.net'}>").code or 250


def becomes(site, wanted, what, **words):
    wait_until(lambda: code(site, **words) == wanted, f"{what}: {wanted}", seconds=30)


def access_events(site, name):
    return [event for event in site.daemon.events(name) if event.get("calls") == "access"]


def two_hosts(bench, url, make):
    first = host(bench, url, "first")
    make(first)
    return first, host(bench, url, "second")


def exemption(bench, url, make):
    first, second = two_hosts(bench, url, make)
    for site in (first, second):
        check_equal(code(site), 451, "before")
    found = first.json("exempt", "partner.example", "--from", "greylist", "--until", "30d", "--why", "a partner")
    check_equal([rule["rule"] for rule in found["rules"]],
                ["skip=greylist client-name=partner.example,.partner.example", "skip=greylist sender=partner.example"],
                "the rules")
    becomes(first, 250, "on the host where it was made")
    becomes(second, 250, "on the other one")
    check_equal([(row["rule"], row["why"]) for row in second.json("access", "list", "--search", "PARTNER")],
                [(rule["rule"], "a partner") for rule in found["rules"]], "the list")
    second.ok("access", "remove", *(str(rule["id"]) for rule in found["rules"]))
    becomes(first, 451, "when it is removed on the other host")
    becomes(second, 451, "where it was removed")
    return first, second


@suite.scenario("with SQLite, exempt on one host takes effect on both")
def sqlite(bench, _server):
    exemption(bench, "sqlite:" + bench.path("shared.db"), lambda site: None)


@suite.scenario("with MariaDB, exempt on one host takes effect on both, and stays while the database is down")
def mariadb(bench, server):
    server.make_database("access")
    first, second = exemption(bench, server.url("access"), lambda site: site.ok("db", "init"))
    first.ok("exempt", ADDRESS, "--from", "greylist")
    for site in (first, second):
        becomes(site, 250, "the client")
    server.kill()
    for site in (first, second):
        wait_until(lambda: access_events(site, "backend-failed"), "the log tells of it", seconds=30)
        check_equal(code(site), 250, "without the database")
    check(second.fails(69, "access", "list"), "a list")
    server.start()
    first.ok("access", "add", "--first", "reject", f"client={ADDRESS}", "550 5.7.1 Go away")
    for site in (first, second):
        becomes(site, 550, "when it is back")
        wait_until(lambda: access_events(site, "backend-recovered"), "the log tells of that", seconds=30)


@suite.scenario("a rule of the database that cannot be used is skipped, and the log has its number once")
def malformed(bench, server):
    server.make_database("malformed")
    server.chapps_tables("malformed")
    site = host(bench, server.url("malformed"), "site")
    site.daemon.wait_for_event("tables-missing")
    site.ok("db", "init")
    site.ok("access", "add", "skip=greylist", f"client={ADDRESS}")
    server.sql("INSERT INTO access_rules (id, place, rule, why, added_ms) VALUES (77, -5, 'frobnicate', '', 0);"
               "UPDATE access_version SET version = version + 1", "malformed")
    check_equal(site.daemon.wait_for_event("access-rule-skipped")["id"], "77", "the log")
    becomes(site, 250, "the rule behind it")
    for number in range(2):
        site.ok("access", "add", "--first", "reject", f"sender=other{number}.example")
        becomes(site, 550, "a further change", sender=f"a@other{number}.example")
    check_equal(len(site.daemon.events("access-rule-skipped")), 1, "lines in the log")
    check_equal(site.json("status")["policy-db"]["access-rules"], 3, "rules")
    doubts = site.json("db", "check", status=1)["doubts"]
    check(len(doubts) == 1 and "rule 77" in doubts[0], f"db check: {doubts}")


@suite.scenario("exempt names a client, a sender or a recipient; what it cannot mean is refused")
def words(bench, _server):
    site = Site(bench)

    def rules(*given):
        found = [rule["rule"] for rule in site.json("exempt", *given, "--from", "spf,greylist")["rules"]]
        return found

    skip = "skip=greylist,spf "
    for given, wanted in (
            (["192.0.2.0/24"], ["client=192.0.2.0/24"]), (["2001:db8::1"], ["client=2001:db8::1"]),
            (["A@Partner.Example"], ["sender=A@partner.example"]), (["bounce@"], ["sender=bounce@"]),
            (["!x@partner.example"], ['sender="!x"@partner.example']),
            ([".partner.example"], ["client-name=.partner.example", "sender=.partner.example"]),
            (["--recipient", "open.example"], ["recipient=open.example"]),
            (["--name", "mx.example", "--sender", "", "--recipient", "postmaster@"],
             ["client-name=mx.example,.mx.example sender=<> recipient=postmaster@"]),
            (["--client", "192.0.2.1", "--sender", "b@partner.example"],
             ["client=192.0.2.1 sender=b@partner.example"])):
        check_equal([rule.lower() for rule in rules(*given)], [(skip + each).lower() for each in wanted], given)
    for status, given in ((64, []), (64, ["a.example", "--client", "192.0.2.1"]), (1, ["no domain"]),
                          (64, ["--client", "a.example"]), (1, ["--sender", "a b@c.example"]), (1, ["a@b@c d"])):
        site.fails(status, "exempt", *given, "--from", "greylist")
    for given in (["--from", "nothing"], ["--from", ""], ["--from", "greylist", "--until", "yesterday"], []):
        site.fails(64, "exempt", "a.example", *given)
    for rule in ("frobnicate", "reject sender=@/etc/passwd", "include /etc/passwd", "skip=greylist a text"):
        site.fails(1, "access", "add", rule)
    site.fails(64, "access", "add", "")
    for number in ("x", "0", "-1", "99999999999999999999"):
        site.fails(64, "access", "remove", "--", number)
    check("no rule 999" in site.fails(1, "access", "remove", "999"), "an unknown number")
    number = site.json("access", "add", "defer helo=twice")["rules"][0]["id"]
    check_equal([rule["id"] for rule in site.json("access", "remove", str(number), f"#{number}")["rules"]], [number],
                "a rule that is named twice")
    why = "\u2603 \U0001f600 'quoted\" \\ 100% $(id) --"
    site.ok("access", "add", "accept-all client=192.0.2.9", "--why", why)
    check_equal([row["why"] for row in site.json("access", "list", "--search", "192.0.2.9")], [why], "a reason")
    for bad in ("a\nb", "a\x1b[2J", "x" * 256):
        site.fails(1, "access", "add", "accept-all client=192.0.2.9", f"--why={bad}")
    site.fails(1, "access", "add", "reject sender=" + "x" * 60 + ".example 550 5.7.1 " + "y" * 1000)


suite.run(requirements=[need_mariadb], fixture=Mariadb)
