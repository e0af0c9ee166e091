#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mailreevectl and a policy database in MariaDB: one of its own, and one that CHAPPS made."""

import signal
import time

from ctl_site import Site
from harness import Suite, check, check_equal
from mariadb import Mariadb, need_mariadb

suite = Suite()
ALICE, BOB = "alice@example.com", "bob@example.com"
THEIRS = {"users", "domains", "emails", "quotas", "domain_user", "email_user", "quota_user"}
OURS = {"quota_limits", "domain_quota", "raises", "aliases", "messages", "totals", "access_rules", "access_version",
        "mailreeve_schema"}


def site_on(bench, server, database, user="root", name="site"):
    return Site(bench, {"policy-db.url": server.url(database, user)}, name=name)


def tables(server, database):
    return {row[0] for row in server.sql("SHOW TABLES", database)}


def shapes(server, database):
    return {table: server.sql(f"SHOW CREATE TABLE {table}", database) for table in THEIRS}


def chapps(server, name):
    """A database as CHAPPS has it, in use."""
    server.make_database(name)
    server.chapps_tables(name)
    server.sql(f"""INSERT INTO users (name) VALUES ('{ALICE}'), ('{BOB}');
                   INSERT INTO quotas (name, quota) VALUES ('10eph', 240);
                   INSERT INTO domains (name, greylist) VALUES ('example.com', 1);
                   INSERT INTO quota_user VALUES (1, 1); INSERT INTO domain_user VALUES (1, 1);""", name)


@suite.scenario("an empty database gets its tables when it is asked for, and all commands work on it")
def empty(bench, server):
    server.make_database("fresh")
    site = site_on(bench, server, "fresh")
    site.make_state()
    check("db init" in site.run("db", "check")[1], "db check says what to do")
    check_equal(site.json("db", "check", status=1)["current"], False, "db check")
    check("db check" in site.fails(1, "user", "list"), "a command")
    check("db check" in site.fails(1, "messages"), "another")
    check("db init" in site.fails(1, "db", "upgrade"), "db upgrade")
    check_equal(tables(server, "fresh"), set(), "tables that nobody asked for")
    check_equal(set(site.json("db", "init")["made"]) | {"mailreeve_schema"}, THEIRS | OURS, "db init")
    check_equal(tables(server, "fresh"), THEIRS | OURS, "tables")
    check_equal(site.json("db", "init")["made"], [], "db init again")
    check_equal(site.json("db", "check")["current"], True, "db check")
    for words in (["quota", "add", "small", "100/1h", "500/day"], ["allow", ALICE, "example.com", "--create"],
                  ["set-quota", ALICE, "small"], ["quota", "raise", ALICE, "900", "--until", "2036-01-01T00:00:00Z"],
                  ["quota", "lock", ALICE], ["alias", "add", "a@example.net", ALICE], ["domain", "greylist", "example.com", "on"],
                  ["domain", "quota", "example.com", "small"]):
        check_equal(site.json(*words)["changed"], True, words)
    shown = site.json("show", ALICE, "--quota")
    check_equal((shown["source"], shown["quota"], shown["domains"], shown["raise"]),
                ("raised", "small", ["example.com"],
                 {"limits": "900", "until": "2036-01-01T00:00:00.000Z", "locked": True}), "show")
    check_equal(site.json("domain", "show", "example.com"),
                {"domain": "example.com", "greylist": True, "check_spf": False, "quota": "small"}, "the domain")
    check_equal((site.json("messages"), site.json("totals")), ([], []), "messages and totals")
    check("may send as anybody" in site.run("user", "remove", ALICE)[2], "what follows")
    check_equal(site.json("user", "list"), [], "users at the end")


@suite.scenario("CHAPPS' tables are used as they are, and stay so when ours are made beside them")
def beside(bench, server):
    chapps(server, "theirs")
    before = shapes(server, "theirs")
    site = site_on(bench, server, "theirs")
    shown = site.json("show", ALICE)
    check_equal((shown["limits"], shown["source"], shown["domains"]), (["recipients:240/24h"], "user", ["example.com"]),
                "what CHAPPS wrote")
    site.ok("set-quota", BOB, "10EPH")
    check("db check" in site.fails(1, "quota", "raise", BOB, "900"), "what needs our tables")
    check_equal(set(site.json("db", "init")["made"]) - {"mailreeve_schema"}, OURS - {"mailreeve_schema"}, "db init")
    site.ok("quota", "raise", BOB, "900")
    check_equal(shapes(server, "theirs"), before, "CHAPPS' tables")
    check_equal(tables(server, "theirs"), THEIRS | OURS, "tables")


@suite.scenario("an account that may only read shows everything and is told that it may change nothing")
def read_only(bench, server):
    chapps(server, "readonly")
    server.make_user("reader", "SELECT ON readonly.*")
    site = site_on(bench, server, "readonly", "reader")
    site.make_state()
    check_equal([row["user"] for row in site.json("user", "list")], [ALICE, BOB], "users")
    check_equal(site.json("domain", "list"),
                [{"domain": "example.com", "greylist": True, "check_spf": False, "quota": None}], "domains")
    check_equal(site.json("quota", "show", ALICE)["limits"], ["recipients:240/24h"], "limits")
    for words in (["user", "add", "carol"], ["allow", BOB, "example.com"], ["set-quota", ALICE, "none"],
                  ["domain", "greylist", "example.com", "off"], ["quota", "add", "small", "100"], ["db", "init"],
                  ["user", "remove", ALICE]):
        errors = site.fails(1, *words)
        check("refuses" in errors and "\n" == errors[-1] and errors.count("\n") == 1, f"{words}: {errors}")
    check_equal([row["user"] for row in site.json("user", "list")], [ALICE, BOB], "users afterwards")
    check_equal(tables(server, "readonly"), THEIRS, "tables afterwards")


@suite.scenario("a server that does not answer is exit status 69, one that does not let one in 1")
def away(bench, server):
    server.make_database("away")
    site = site_on(bench, server, "away")
    site.ok("db", "init")
    wrong = Site(bench, {"policy-db.url": server.tcp_url("away", "stranger")}, name="wrong")
    check("Access denied" in wrong.fails(1, "user", "list"), "a wrong account")
    server.kill()
    for words in (["user", "list"], ["user", "add", ALICE], ["messages"], ["db", "check"], ["quota", "show", ALICE]):
        check(site.fails(69, *words), words)
    server.start()
    check_equal(site.json("user", "list"), [], "when it is back")


@suite.scenario("a server that hangs keeps a command no longer than policy-db.timeout")
def hanging(bench, server):
    server.make_database("hanging")
    site = Site(bench, {"policy-db.url": server.url("hanging"), "policy-db.timeout": "1s"})
    site.ok("db", "init")
    server.send_signal(signal.SIGSTOP)
    try:
        begin = time.monotonic()
        for words in (["user", "list"], ["user", "add", ALICE], ["messages"]):
            check(site.fails(69, *words), words)
        took = time.monotonic() - begin
    finally:
        server.send_signal(signal.SIGCONT)
    check(took < 25, f"three commands took {took:.1f} s")


@suite.scenario("changes go past the first host where it is read-only")
def read_only_host(bench, server):
    other = Mariadb(bench, "replica")
    for each in (server, other):
        each.make_database("shared")
        each.make_user("writer", "ALL ON shared.*")
    urls = [each.tcp_url("shared", "writer") for each in (other, server)]
    for number, url in enumerate(urls):
        Site(bench, {"policy-db.url": url}, name=f"direct{number}").ok("db", "init")
    other.sql("SET GLOBAL read_only = 1")
    site = Site(bench, {"policy-db.url": f"mysql://writer@127.0.0.1:{other.port},127.0.0.1:{server.port}/shared"})
    check_equal(site.json("user", "add", ALICE), {"changed": True}, "a change")
    check_equal(server.sql("SELECT name FROM users", "shared"), [[ALICE]], "who has it")
    server.sql("SET GLOBAL read_only = 1")
    check("read-only" in site.fails(1, "user", "add", BOB), "where none takes changes")
    server.sql("SET GLOBAL read_only = 0")


suite.run(requirements=[need_mariadb], fixture=Mariadb)
