#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mailreevectl and databases of CHAPPS as they are found: other character sets and collations, accounts that may do
little, sets of tables that are not whole."""

from ctl_site import Site
from harness import Suite, check, check_equal
from mariadb import Mariadb, need_mariadb

suite = Suite()
ALICE, BOB, PJOTR = "alice@example.com", "bob@example.com", "пётр@пример.example"
A_LABEL = "xn--e1afmkfd.example"


def chapps(bench, server, name, options="CHARACTER SET utf8mb4", user="root", **more):
    """CHAPPS' tables, and a configuration that names them."""
    server.make_database(name, options)
    server.chapps_tables(name)
    return Site(bench, {"policy-db.url": server.url(name, user), **more}, name=name)


@suite.scenario("a name that the table's character set lacks is unknown, and one line of a file")
def latin1(bench, server):
    site = chapps(bench, server, "latin", "CHARACTER SET latin1")
    check("there is no user" in site.fails(1, "show", PJOTR), "a user")
    check("there is no user" in site.fails(1, "user", "remove", PJOTR), "removing him")
    check("cannot hold" in site.fails(1, "user", "add", PJOTR), "adding him")
    site.ok("domain", "add", A_LABEL)
    site.ok("allow", ALICE, f"jürgen@{A_LABEL}", "--create")
    lines = [f"allow:user{i}@example.com:example.com" for i in range(250)]
    lines[120] = f"allow:{PJOTR}:пример.example"
    lines[121] = f"allow:{BOB}:пётр@example.com"
    status, out, errors = site.run("import-file", "-", "--create", stdin="\n".join(lines))
    check_equal((status, out), (1, "248 lines are done, 2 cannot be\n"), f"the file: {errors}")
    check_equal([line.split(": ")[1] for line in errors.splitlines()], ["-:121", "-:122"], "lines")
    check_equal(site.json("user", "list", "--search", BOB), [], "what a line that cannot be done leaves")
    check_equal(len(site.json("domain", "show", "example.com", "--users")["users"]), 248, "users")


@suite.scenario("names that a collation which tells upper from lower case hides are named by db check")
def case_sensitive(bench, server):
    site = chapps(bench, server, "cased", "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    server.sql("INSERT INTO users (name) VALUES ('joe'), ('Jim'), ('Bob@Example.com'), ('cafÉ');"
               "INSERT INTO domains (name) VALUES ('Example.org'), ('bücher.example')", "cased")
    status, out, errors = site.run("db", "init")
    check_equal((status, out.startswith("made the tables quota_limits, ")), (0, True), f"db init: {out}{errors}")
    check_equal(errors.count("mailreevectl: warning: the collation of the table"), 2, errors)
    found = site.json("db", "check", status=1)
    check_equal((found["current"], found["problems"]), (True, []), "the tables")
    doubts = found["doubts"]
    check_equal([("users" in doubt, "domains" in doubt) for doubt in doubts], [(True, False), (False, True)],
                f"doubts: {doubts}")
    check('in it: "Bob@Example.com" and 1 more. ' in doubts[0], doubts[0])
    check('in it: "Example.org". ' in doubts[1], doubts[1])
    server.sql("UPDATE users SET name = LOWER(name); UPDATE domains SET name = LOWER(name)", "cased")
    check_equal(site.json("db", "check")["doubts"], [], "afterwards")
    check_equal(len(site.json("user", "list")), 4, "users")
    check_equal(site.json("show", "jim")["user"], "jim", "one of them")
    folding = chapps(bench, server, "folding")
    folding.ok("db", "init")
    server.sql("INSERT INTO users (name) VALUES ('Jim'), ('JÜRGEN')", "folding")
    check_equal(folding.json("db", "check")["doubts"], [], "a collation that does not")
    server.sql("INSERT INTO users (name) VALUES ('cafe\u0301')", "cased")
    doubt, = site.json("db", "check", status=1)["doubts"]
    check('form C: "cafe\u0301". "cafe\u0301" should be "café"' in doubt, doubt)


@suite.scenario("an account for CHAPPS' tables only does all that needs no others")
def narrow_account(bench, server):
    site = chapps(bench, server, "narrow", user="narrow")
    server.make_user("narrow", "SELECT ON narrow.users")
    for table in ("users", "domains", "emails", "quotas", "domain_user", "email_user", "quota_user"):
        server.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON narrow.{table} TO narrow@localhost")
    for words in (["quota", "add", "small", "100"], ["quota", "change", "small", "200"],
                  ["allow", ALICE, "example.com", "--create"], ["allow", ALICE, f"x@{A_LABEL}", "--create"],
                  ["set-quota", ALICE, "small"], ["domain", "remove", "example.com"]):
        check_equal(site.json(*words), {"changed": True}, words)
    check("db init" in site.run("db", "check")[1], "db check")
    check("db check" in site.fails(1, "quota", "raise", ALICE, "900"), "what needs another table")
    for words in (["address", "remove", f"x@{A_LABEL}"], ["user", "remove", ALICE], ["quota", "remove", "small"]):
        check_equal(site.json(*words), {"changed": True}, words)


@suite.scenario("db init completes a set of tables, and makes nothing where another program's is in the way")
def half_made(bench, server):
    site = chapps(bench, server, "half")
    site.ok("db", "init")
    server.sql("DROP TABLE email_user, raises, mailreeve_schema", "half")
    check("email_user" in site.run("db", "check")[1], "db check")
    check_equal(sorted(site.json("db", "init")["made"]), ["email_user", "mailreeve_schema", "raises"], "db init")
    check_equal(site.json("db", "check")["current"], True, "db check afterwards")
    check_equal(site.ok("db", "init"), "all tables are there already\n", "db init again")

    for place, (table, statement) in enumerate((
            ("users", "CREATE TABLE users (id INT, login VARCHAR(9))"), ("totals", "CREATE VIEW totals AS SELECT 1 AS x"),
            ("mailreeve_schema", "CREATE TABLE mailreeve_schema (x INT)"))):
        name = f"foreign{place}"
        server.make_database(name)
        server.sql(statement, name)
        other = Site(bench, {"policy-db.url": server.url(name)}, name=name)
        check(f"table {table} " in other.fails(1, "db", "init"), table)
        check_equal(server.sql("SHOW TABLES", name), [[table]], "tables")


@suite.scenario("a table that an account may not read is not taken for one that is there")
def unreadable(bench, server):
    site = chapps(bench, server, "unread", user="unread")
    server.make_user("unread", "CREATE ON unread.*")
    for table in ("users", "domains", "emails", "quotas", "domain_user", "email_user"):
        server.sql(f"GRANT SELECT ON unread.{table} TO unread@localhost")
    for table in ("quota_limits", "domain_quota", "raises", "aliases", "messages", "totals", "mailreeve_schema"):
        server.sql(f"GRANT CREATE, SELECT, INSERT ON unread.{table} TO unread@localhost")
    check("quota_user" in site.fails(1, "db", "init"), "db init")
    check("quota_user" in site.run("db", "check")[1], "db check")


suite.run(requirements=[need_mariadb], fixture=Mariadb)
