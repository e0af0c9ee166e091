#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mailreevectl and the policy database in an SQLite file, without a daemon."""

import json
import os
import pwd
import shutil
import time

from ctl_site import Site, lines, table
from harness import Skip, Suite, check, check_equal

suite = Suite()
ALICE, BOB = "alice@example.com", "bob@example.com"


def names(rows, member):
    return [row[member] for row in rows]


@suite.scenario("users are added, listed by name, found, paged and removed")
def users(bench):
    site = Site(bench)
    for name in ("bob", "Alice@EXAMPLE.com", "carol"):
        check_equal(site.json("user", "add", name), {"changed": True}, f"adding {name}")
    check_equal(site.json("user", "list"),
                [{"user": ALICE, "quota": None}, {"user": "bob", "quota": None}, {"user": "carol", "quota": None}],
                "the list")
    check_equal(table(site.ok("user", "list")),
                [{"USER": ALICE, "QUOTA": "-"}, {"USER": "bob", "QUOTA": "-"}, {"USER": "carol", "QUOTA": "-"}],
                "the printed list")
    pages = [(["--search", "O"], [ALICE, "bob", "carol"]), (["--search", "ro"], ["carol"]), (["--search", "%"], []),
             (["--limit", "2"], [ALICE, "bob"]), (["--offset", "1", "--limit", "1"], ["bob"]), (["--offset", "9"], [])]
    for options, expected in pages:
        check_equal(names(site.json("user", "list", *options), "user"), expected, options)
    check_equal(site.ok("user", "list", "--search", "nobody"), "USER  QUOTA\n", "an empty list")
    check("already" in site.fails(1, "user", "add", "BOB"), "adding twice")
    site.ok("user", "remove", "bob")
    check_equal(names(site.json("user", "list"), "user"), [ALICE, "carol"], "the list afterwards")
    for words in (["user", "remove", "bob"], ["user", "show", "bob"], ["show", "bob"], ["set-quota", "bob", "none"],
                  ["allow", "bob", "example.org"], ["deny", "bob", "example.org"], ["quota", "raise", "bob", "5"],
                  ["quota", "lower", "bob"], ["quota", "lock", "bob"]):
        check("bob" in site.fails(1, *words) or "example.org" in site.fails(1, *words), words)


@suite.scenario("names are printed as the locale has them, in columns, and without what is not visible")
def foreign_names(bench):
    site = Site(bench)
    for name in ("jürgen@example.org", "山@example.org", "rig\u202eht@example.org"):
        site.ok("user", "add", name)

    check_equal(site.ok("user", "list", LC_ALL="C.UTF-8").splitlines()[1:],
                ["jürgen@example.org  -", "rig?ht@example.org  -", "山@example.org      -"], "in UTF-8")
    check_equal(site.ok("user", "list", LC_ALL="C").splitlines()[1:],
                ["j??rgen@example.org   -", "rig???ht@example.org  -", "???@example.org       -"], "in ASCII")


@suite.scenario("what a user may send as is allowed and denied")
def grants(bench):
    site = Site(bench)
    check('"example.org" (--create adds it)' in site.fails(1, "allow", ALICE, "example.org"), "an unknown domain")
    check("(--create" not in site.fails(1, "deny", ALICE, "example.org"), "what --create is not for")
    check("name of an address" in site.fails(1, "allow", ALICE, "a b@example.org"), "what is no address")
    check_equal(site.json("user", "list"), [], "users after that")
    check_equal(site.json("allow", ALICE, "Example.ORG", "--create"), {"changed": True}, "a domain")
    check_equal(site.json("--create", "allow", ALICE, "sales@example.org"), {"changed": True}, "an address")
    check_equal(site.json("allow", ALICE, "example.org"), {"changed": False}, "the same again")
    check_equal(site.json("allow", ALICE, "bücher.example", "--create"), {"changed": True}, "a U-label")
    shown = site.json("show", ALICE)
    check_equal((shown["domains"], shown["addresses"]),
                (["example.org", "xn--bcher-kva.example"], ["sales@example.org"]), "what she may send as")
    check_equal(names(site.json("domain", "list"), "domain"), ["example.org", "xn--bcher-kva.example"], "domains")
    site.sql("INSERT INTO domains (name) VALUES ('bücher.test')")
    for search in ("bücher", "BÜCHER", "xn--bcher-kva", "b"):
        check_equal(set(names(site.json("domain", "list", "--search", search), "domain")),
                    {"xn--bcher-kva.example", "xn--bcher-kva.test"}, f"searching for {search}")
    check_equal(site.json("domain", "show", "example.org", "--users")["users"], [ALICE], "users of the domain")
    check_equal(site.json("address", "show", "sales@example.org")["users"], [ALICE], "users of the address")
    check_equal(site.json("deny", ALICE, "example.org"), {"changed": True}, "denying")
    check_equal(site.json("deny", ALICE, "example.org"), {"changed": False}, "denying again")
    check("cannot be" in site.fails(1, "allow", ALICE, "no domain", "--create"), "what is no domain")
    site.ok("address", "remove", "sales@example.org")
    shown = site.json("user", "show", ALICE)
    check_equal((shown["domains"], shown["addresses"]), (["xn--bcher-kva.example"], []), "what is left")


@suite.scenario("a domain's switches are set; without a word they are shown, and stay")
def switches(bench):
    site = Site(bench, {"greylist.apply": "opt-in", "spf.apply": "opt-in"})
    site.ok("domain", "add", "example.org")
    check("already" in site.fails(1, "domain", "add", "EXAMPLE.org"), "adding twice")
    for command, member in (("greylist", "greylist"), ("check-spf", "check_spf")):
        table_of_words = [([], False, None), (["on"], True, True), ([], True, None), (["on"], True, False),
                          (["off"], False, True), (["off"], False, False)]
        for words, expected, different in table_of_words:
            found = site.json("domain", command, "Example.ORG", *words)
            check_equal((found.get("changed"), found["in_force"]), (different, expected), f"{command} {words}")
            check_equal(found.get(member, expected), expected, f"{command} {words}")
            check_equal(site.json("domain", "show", "example.org")[member], expected, f"{command} {words}")
        check("maybe" in site.fails(64, "domain", command, "example.org", "maybe"), "another word")
        check("example.net" in site.fails(1, "domain", command, "example.net", "on"), "an unknown domain")
        check_equal(site.json("domain", command, "example.net")["of"], None, "what nothing is said of")
    site.ok("domain", "check-spf", "example.org", "on")
    check_equal(table(site.ok("domain", "list")),
                [{"DOMAIN": "example.org", "GREYLIST": "no", "CHECK-SPF": "yes", "QUOTA": "-"}], "the printed list")
    site.ok("domain", "remove", "example.org")
    check_equal(site.json("domain", "list"), [], "the list afterwards")
    site.fails(1, "domain", "remove", "example.org")


@suite.scenario("what a domain's switch changes nothing about is told, with what is in force and why")
def switches_in_force(bench):
    cases = [("greylist", {"greylist.apply": "all"}, "off", "is greylisted: greylist.apply = all"),
             ("greylist", {"greylist.apply": "never"}, "on", "is not greylisted: greylist.apply = never"),
             ("greylist", {"greylist.apply": "all"}, "on", None), ("greylist", {"greylist.apply": "never"}, "off", None),
             ("check-spf", {"spf.apply": "all"}, "off", "mail to example.org is judged by SPF: spf.apply = all"),
             ("check-spf", {"spf.apply": "never"}, "on", "mail to example.org is not judged by SPF: spf.apply = never")]
    for number, (command, options, word, words) in enumerate(cases):
        site = Site(bench, options, name=f"site{number}")
        site.ok("domain", "add", "example.org")
        status, out, errors = site.run("domain", command, "example.org", word)
        check_equal(status, 0, f"exit status: {errors}")
        check(f"switch of example.org is {word}" in out, f"{command} {word}: {out}")
        check_equal("changes nothing" in errors, words is not None, f"the warning: {errors}")
        if words:
            check(words in out and words in errors and words in site.ok("domain", command, "example.org"),
                  f"{command} {word}: {out} {errors}")
    site = Site(bench, {"greylist.apply": "opt-in", "spf.apply": "all", "spf.on-softfail": "greylist",
                         "spf.on-none": "greylist"}, name="spf")
    check("may be: spf.on-softfail, spf.on-none = greylist" in site.json("domain", "greylist", "example.org")["why"],
          "by SPF")
    site = Site(bench, {"greylist.apply": "all", "mode": "monitor"}, name="monitor")
    check("mode = monitor" in site.json("domain", "greylist", "example.org")["why"], "monitor mode")


@suite.scenario("all domains, and those below one, have switches; nearer ones keep theirs, of which there is a warning")
def shared_switches(bench):
    site = Site(bench, {"greylist.apply": "opt-in"})
    for name in ("example.org", "a.example.org", ".example.org"):
        site.ok("domain", "add", name)
    status, out, errors = site.run("domain", "greylist", "*", "on")
    check_equal(status, 0, errors)
    check("of which nothing else is said is greylisted" in out, f"what it says: {out}")
    check("that of .example.org and of 2 more is off" in errors, f"the warning: {errors}")
    table_of_domains = [("elsewhere.test", "*", True), ("*", "*", True), ("b.example.org", ".example.org", False),
                        ("example.org", "example.org", False)]
    for name, of, on in table_of_domains:
        found = site.json("domain", "greylist", name)
        check_equal((found["of"], found["greylist"], found["in_force"]), (of, on, on), name)
    site.daemon.configure({"greylist.apply": "all"})
    check_equal(site.run("domain", "greylist", ".example.org", "on")[2], "", "a warning where no switch is asked")
    site.daemon.configure({"greylist.apply": "opt-in"})
    status, out, errors = site.run("domain", "greylist", ".example.org", "on")
    check("that of a.example.org is off" in errors, f"the warning: {errors}")
    check_equal(site.json("domain", "greylist", "b.example.org")["in_force"], True, "below it")
    # A domain that becomes known is treated as before.
    site.ok("allow", ALICE, "new.test", "--create")
    check_equal(site.json("domain", "greylist", "new.test")["in_force"], True, "a new one")
    site.run("domain", "greylist", "new.test", "off")
    check_equal(site.json("domain", "greylist", "new.test")["in_force"], False, "one that is out of it")


@suite.scenario("everybody and domains have limits for those who have none nearer")
def shared_limits(bench):
    site = Site(bench, {"quota.default": "1000"})
    site.make_state()
    for name, limits in (("tiny", "5"), ("small", "50"), ("wide", "500")):
        site.ok("quota", "add", name, limits)
    check("may send recipients:5/24h, the quota tiny of *" in site.ok("set-quota", "*", "tiny"), "everybody")
    site.ok("domain", "add", ".example.org")
    check("users of domains below example.org without a nearer quota may send recipients:50/24h" in
          site.ok("domain", "quota", ".example.org", "small"), "domains below one")
    site.ok("user", "add", BOB)
    check("bob@example.com may send recipients:500/24h, the quota wide of bob@example.com" in
          site.ok("set-quota", BOB, "wide"), "his own")

    def shown(user):
        found = site.json("quota", "show", user)
        return found["source"], found["source_name"], found["quota"], found["limits"]

    everybodys = ("everybody", "*", "tiny", ["recipients:5/24h"])
    check_equal(shown("stranger"), everybodys, "a stranger")
    check_equal(shown("a@example.org"), everybodys, "the domain itself")
    check_equal(shown("a@b.c.example.org"), ("domain", ".example.org", "small", ["recipients:50/24h"]), "one below")
    check_equal(shown(BOB), ("user", BOB, "wide", ["recipients:500/24h"]), "one with his own")
    site.ok("quota", "raise", "*", "7", "--until", "1h")
    check_equal(shown("stranger"), ("raised", "*", "tiny", ["recipients:7/24h"]), "a raise of everybody")
    check_equal(shown(BOB)[0], "user", "who has something nearer")
    check("recipients:5/24h, the quota tiny of *" in site.ok("quota", "lower", "*"), "lowered")
    # Nothing but the domain's word is taken back.
    check("may send recipients:5/24h, the quota tiny of *" in site.ok("domain", "quota", ".example.org", "none"), "none")
    check_equal(shown("a@b.c.example.org"), everybodys, "afterwards")
    site.ok("domain", "quota", "*", "wide")
    check_equal(shown("stranger"), ("everybody", "*", "wide", ["recipients:500/24h"]), "all domains")
    site.ok("domain", "quota", "*", "none")
    site.ok("set-quota", "*", "none")
    check_equal(shown("stranger"), ("default", None, None, ["recipients:1000/24h"]), "the default")


@suite.scenario("a name that only looks like a pattern is refused, with what to write instead")
def patterns(bench):
    site = Site(bench)
    site.ok("user", "add", BOB)
    table_of_names = [("*@sales.test", '"sales.test"'), ("@sales.test", '"sales.test"'), ("*.sub.test", '".sub.test"'),
                      ("*@*.sub.test", '".sub.test"'), ("@.sub.test", '".sub.test"'), ("*@*", '"*"')]
    for name, instead in table_of_names:
        for words in (["allow", BOB, name, "--create"], ["allow", BOB, name], ["deny", BOB, name]):
            check(f"write {instead}" in site.fails(1, *words), words)
        errors = site.run("import-file", "-", "--create", stdin=f"allow:{BOB}:{name}")[2]
        check(f"write {instead}" in errors, f"importing {name}: {errors}")
    for words in (["address", "add", "*@sales.test"], ["alias", "add", "*@sales.test", BOB]):
        check('write "sales.test"' in site.fails(1, *words), words)
    for words in (["domain", "add", "*.sub.test"], ["domain", "greylist", "*.sub.test"], ["domain", "quota", "*.sub.test", "none"]):
        check('write ".sub.test"' in site.fails(1, *words), words)
    for words in (["user", "add", "*@sales.test"], ["set-quota", "@sales.test", "none"], ["quota", "raise", "*@sales.test", "5"]):
        check("domain quota sales.test" in site.fails(1, *words), words)
    check_equal((site.json("address", "list"), site.json("domain", "list"), site.json("show", BOB)["addresses"]),
                ([], [], []), "what is there afterwards")
    # Other names with an asterisk may be addresses.
    check("stands for nothing" in site.run("allow", BOB, "sales-*@sales.test", "--create")[2], "the warning")
    # What was written earlier, or by others, is named and can be taken back.
    site.sql("INSERT INTO emails (id, name) VALUES (77, '*@sales.test')")
    site.sql("INSERT INTO email_user SELECT users.id, 77 FROM users")
    check("allows nothing" in site.run("show", BOB)[2], "show warns")
    check("*@sales.test" in site.run("db", "check")[1], "db check warns")
    check_equal(site.json("deny", BOB, "*@sales.test"), {"changed": True}, "taking it back")


@suite.scenario("what opens something is warned of")
def openings(bench):
    def warnings(site, *words, **more):
        status, _, errors = site.run(*words, **more)
        check_equal(status, 0, f"exit status of {words}: {errors}")
        return errors

    site = Site(bench, {"quota.default": "unlimited", "sender-auth.apply": "listed"})
    site.ok("quota", "add", "small", "5")
    site.ok("allow", BOB, "sales.test", "--create")
    site.ok("set-quota", BOB, "small")
    check("every user may send as anybody" in warnings(site, "allow", "*", "*", "--create"), "allow * *")
    check("sales.test, as everybody may" in warnings(site, "allow", BOB, "x.test", "--create") +
          warnings(site, "deny", BOB, "sales.test"), "what is still granted to everybody")
    site.ok("allow", BOB, ".test", "--create")
    check("may still send as a.test by what else" in warnings(site, "allow", BOB, "a.test", "--create") +
          warnings(site, "deny", BOB, "a.test"), "what is still granted")
    check("no limit, by quota.default = unlimited" in warnings(site, "set-quota", BOB, "none"), "set-quota none")
    site.ok("set-quota", BOB, "small")
    found = warnings(site, "user", "remove", BOB)
    check("it may send as anybody (sender-auth.apply = listed)" in found, f"user remove, senders: {found}")
    check("it may send no limit, by quota.default = unlimited" in found, f"user remove, quota: {found}")
    site.ok("domain", "add", "sales.example")
    site.ok("domain", "quota", "sales.example", "small")
    check("no limit" in warnings(site, "domain", "quota", "sales.example", "none"), "domain quota none")
    site.ok("domain", "quota", "sales.example", "small")
    check("no limit" in warnings(site, "domain", "remove", "sales.example"), "domain remove")
    site.ok("user", "add", BOB)
    site.ok("set-quota", BOB, "small")
    check("no limit" in warnings(site, "import-file", "-", stdin=f"quota:{BOB}:none\n"), "an import, quota")
    check("as anybody" in warnings(site, "import-file", "-", "--create", stdin="allow:*:*\n"), "an import, senders")

    site = Site(bench, {"quota.default": "7", "sender-auth.apply": "all"}, name="closed")
    site.ok("quota", "add", "small", "5")
    site.ok("user", "add", BOB)
    site.ok("set-quota", BOB, "small")
    check("recipients:7/24h, by quota.default" in site.ok("set-quota", BOB, "none"), "what holds then")
    site.ok("user", "remove", BOB)
    for options, words, warning in (({"quota.apply": "never"}, ["set-quota", "*", "small"], "quota.apply = never"),
                                    ({"sender-auth.apply": "never"}, ["allow", BOB, "x.test", "--create"],
                                     "sender-auth.apply = never")):
        site = Site(bench, options, name=warning.split(".", maxsplit=1)[0])
        site.ok("quota", "add", "small", "5")
        check(warning in warnings(site, *words), warning)


@suite.scenario("addresses and aliases are added, listed and removed")
def addresses(bench):
    site = Site(bench)
    site.ok("address", "add", "info@example.org")
    site.ok("address", "add", "Sales@example.org")
    check_equal(site.json("address", "list"), ["info@example.org", "sales@example.org"], "addresses")
    check_equal(site.ok("address", "list", "--search", "info"), "info@example.org\n", "addresses, printed")
    site.ok("allow", ALICE, "info@example.org", "--create")
    site.ok("alias", "add", "contact@example.org", "info@example.org")
    site.ok("alias", "add", "a.lice@example.com", ALICE)
    pairs = [{"alias": "a.lice@example.com", "target": ALICE},
             {"alias": "contact@example.org", "target": "info@example.org"}]
    check_equal(site.json("alias", "list"), pairs, "aliases")
    check_equal(sorted(site.json("show", ALICE)["aliases"], key=str), pairs, "hers")
    check("already" in site.fails(1, "alias", "add", "contact@example.org", "info@example.org"), "adding twice")
    site.fails(1, "alias", "add", "x@example.org", "nobody@example.org")
    site.ok("alias", "remove", "contact@example.org", "info@example.org")
    site.fails(1, "alias", "remove", "contact@example.org", "info@example.org")
    site.ok("address", "remove", "info@example.org")
    site.fails(1, "address", "remove", "info@example.org")
    site.fails(1, "address", "show", "info@example.org")


@suite.scenario("quotas are added, changed, given, taken back and removed")
def quotas(bench):
    site = Site(bench)
    site.ok("quota", "add", "small", "100")
    site.ok("quota", "add", "large", "100/1h", "messages:50/day")
    check_equal(site.json("quota", "list"),
                [{"quota": "large", "limits": "100/1h messages:50/day", "number": 99, "users": 0, "domains": 0},
                 {"quota": "small", "limits": "100", "number": 100, "users": 0, "domains": 0}], "the list")
    check("already" in site.fails(1, "quota", "add", "small", "7"), "adding twice")
    check("small" in site.fails(1, "quota", "add", "other", "100"), "a number that another has")
    for wrong in ("many", "100/5", "-1x"):
        check(site.fails(1, "quota", "add", "wrong", "--", wrong), f"limits {wrong!r}")
    site.ok("quota", "change", "small", "200/2h")
    check_equal(site.json("quota", "list", "--search", "small")[0]["limits"], "200/2h", "after the change")
    site.fails(1, "quota", "change", "nonsense", "5")
    site.ok("user", "add", ALICE)
    site.ok("set-quota", ALICE, "Small")
    check_equal(site.json("user", "list"), [{"user": ALICE, "quota": "small"}], "the user's")
    check("1 user" in site.fails(1, "quota", "remove", "small"), "removing one that is in use")
    site.fails(1, "set-quota", ALICE, "nonsense")
    check("none" in site.fails(1, "quota", "add", "None", "5"), "a name that means something else")
    status, _, errors = site.run("set-quota", ALICE, "None")
    check(status == 0 and "no limit" in errors, f"taking a quota away: {errors}")
    site.ok("domain", "add", "example.com")
    site.ok("domain", "quota", "example.com", "small")
    check_equal(table(site.ok("quota", "list", "--search", "small")),
                [{"QUOTA": "small", "LIMITS": "200/2h", "NUMBER": "200", "USERS": "0", "DOMAINS": "1"}], "a domain's")
    check('"example.com"' in site.fails(1, "quota", "remove", "small"), "removing one that a domain has")
    status, _, errors = site.run("domain", "quota", "example.com", "none")
    check(status == 0 and "no limit" in errors, f"taking a domain's quota away: {errors}")
    site.ok("quota", "remove", "small")
    check_equal(names(site.json("quota", "list"), "quota"), ["large"], "what is left")


@suite.scenario("limits come from a raise, the user's quota, the domain's, the default")
def sources(bench):
    site = Site(bench, {"quota.default": "7/1h"})
    site.make_state()
    for words in (["quota", "add", "small", "100"], ["quota", "add", "wide", "5/day"], ["user", "add", ALICE],
                  ["domain", "add", "example.com"]):
        site.ok(*words)
    steps = [([], "default", None, ["recipients:7/1h"]),
             (["domain", "quota", "example.com", "wide"], "domain", "wide", ["recipients:5/day"]),
             (["set-quota", ALICE, "small"], "user", "small", ["recipients:100/24h"]),
             (["quota", "raise", ALICE, "900", "messages:30/1h"], "raised", "small",
              ["recipients:900/24h", "messages:30/1h"]),
             (["quota", "lower", ALICE], "user", "small", ["recipients:100/24h"]),
             (["set-quota", ALICE, "none"], "domain", "wide", ["recipients:5/day"]),
             (["domain", "quota", "example.com", "none"], "default", None, ["recipients:7/1h"])]
    for words, source, quota, limits in steps:
        if words:
            check_equal(site.json(*words), {"changed": True}, words)
        for command in (["quota", "show", ALICE], ["show", ALICE]):
            found = site.json(*command)
            check_equal((found["source"], found["quota"], found["limits"], found["may_send"]),
                        (source, quota, limits, "limited"), f"{command} after {words}")
    check_equal(site.json("quota", "lower", ALICE), {"changed": False}, "lowering what is not raised")


@suite.scenario("where there are no limits, the default says whether everything or nothing may be sent")
def no_limits(bench):
    for default, expected in (("unlimited", "unlimited"), ("refuse", "nothing")):
        site = Site(bench, {"quota.default": default}, name=default)
        site.make_state()
        found = site.json("quota", "show", "stranger")
        check_equal((found["may_send"], found["limits"], found["used"]), (expected, [], []), default)


@suite.scenario("a raise ends when it is said to, in each form of time, and by itself at the end of the day")
def raises(bench):
    # Berlin has no 02:30 on 2027-03-28, and two on 2027-10-31.
    site = Site(bench, {"quota.reset-at": "06:30"}, environment={"TZ": "Europe/Berlin"})
    site.ok("user", "add", ALICE)
    forms = [("2036-11-21T10:00:00Z", "2036-11-21T10:00:00.000Z"), ("2036-11-21T10:00:00.25z", "2036-11-21T10:00:00.250Z"),
             ("2036-11-21T10:00:00+05:30", "2036-11-21T04:30:00.000Z"),
             ("2036-12-31 23:30:00-01:00", "2037-01-01T00:30:00.000Z"),
             ("2036-11-21 10:00", "2036-11-21T09:00:00.000Z"), ("2036-07-01T10:00", "2036-07-01T08:00:00.000Z"),
             ("2036-11-21", "2036-11-20T23:00:00.000Z")]
    for text, expected in forms:
        site.ok("quota", "raise", ALICE, "900", "--until", text)
        check_equal(site.json("show", ALICE)["raise"], {"limits": "900", "until": expected, "locked": False}, text)
    for wrong in ("2036-02-30 10:00", "2036-13-01 10:00", "2036-11-31", "2036-11-21 ", "2036-11-21 24:00", "2036-11-21 10:00 ",
                  "2036-11-21T10:00:00.Z", "2036-11-21T10:00:00+0100", "someday", "", "10", "12021-11-21 10:00",
                  "2001-01-01 00:00", "0"):
        check("--until" in site.fails(64, "quota", "raise", ALICE, "900", "--until", wrong), f"{wrong!r}")
    site.fails(1, "quota", "raise", ALICE, "many")

    site.ok("quota", "raise", ALICE, "900", "--until", "90m")
    site.daemon.advance(89 * 60)
    check_equal(site.json("show", ALICE)["source"], "raised", "after 89 minutes")
    site.daemon.advance(62)
    check_equal(site.json("show", ALICE)["source"], "default", "after 90 minutes")
    site.ok("quota", "raise", ALICE, "900")
    check(site.json("show", ALICE)["raise"]["until"][11:] in ("05:30:00.000Z", "04:30:00.000Z"), "the end of the day")
    site.daemon.advance(25 * 3600)
    check_equal(site.json("show", ALICE)["source"], "default", "the next day")


@suite.scenario("a raise that is locked does not end")
def locks(bench):
    site = Site(bench)
    site.ok("user", "add", ALICE)
    site.fails(1, "quota", "lock", ALICE)
    site.ok("quota", "raise", ALICE, "900", "--until", "1h")
    site.ok("quota", "lock", ALICE)
    site.daemon.advance(7200)
    check_equal(site.json("show", ALICE)["source"], "raised", "locked")
    site.ok("quota", "unlock", ALICE)
    check_equal(site.json("show", ALICE)["source"], "default", "unlocked")
    check("ended at" in site.fails(1, "quota", "lock", ALICE), "locking what is over")
    check_equal(site.json("show", ALICE)["source"], "default", "afterwards")

    site.ok("user", "add", BOB)
    check_equal(site.json("quota", "raised"), [], "those in force")
    until = "2036-01-01T00:00:00.000Z"
    site.ok("quota", "raise", BOB, "800", "--until", until)
    check_equal(site.json("quota", "raised"), [{"user": BOB, "limits": "800", "until": until, "locked": False}], "his")
    steps = [("lock", True), ("lock", False), ("unlock", True), ("unlock", False), ("lock", True)]
    for word, different in steps:
        check_equal(site.json("quota", word, BOB), {"changed": different}, word)
    check("locked" in site.ok("quota", "raise", BOB, "700", "--until", "1h"), "raising what is locked")
    check_equal(table(site.ok("quota", "raised"))[0]["LOCKED"], "yes", "the lock stays")


@suite.scenario("limits that the daemon would pass over are refused")
def too_many_limits(bench):
    five = ["1/1h", "2/2h", "3/3h", "4/4h", "5/5h"]
    site = Site(bench, {"quota.counting": "both"})
    site.ok("user", "add", ALICE)
    site.ok("quota", "add", "four", *five[:4])
    for words in (["quota", "add", "five"], ["quota", "change", "four"], ["quota", "raise", ALICE]):
        check(site.fails(1, *words, *five), words)
    recipients = Site(bench, name="recipients")
    recipients.ok("quota", "add", "five", *five)


@suite.scenario("a change that changes nothing says so")
def nothing_changed(bench):
    site = Site(bench)
    for words in (["user", "add", ALICE], ["domain", "add", "example.org"], ["quota", "add", "small", "100"]):
        site.ok(*words)
    for words in (["set-quota", ALICE, "small"], ["domain", "quota", "example.org", "small"],
                  ["quota", "change", "small", "200/1h"], ["set-quota", ALICE, "none"],
                  ["domain", "quota", "example.org", "none"]):
        for different in (True, False):
            check_equal(site.json(*words), {"changed": different}, words)


@suite.scenario("a user without a quota or anything to send as is warned of, with what follows")
def warnings(bench):
    cases = [("listed", "as anybody"), ("all", "as itself only"), ("never", "nobody looks at it")]
    for apply, words in cases:
        site = Site(bench, {"sender-auth.apply": apply}, name=apply)
        site.ok("user", "add", ALICE)
        status, _, errors = site.run("show", ALICE)
        check_equal(status, 0, "exit status")
        check("has no quota" in errors and words in errors, f"{apply}: {errors}")
        site.ok("quota", "add", "small", "100")
        site.ok("set-quota", ALICE, "small")
        status, _, errors = site.run("allow", ALICE, "example.com", "--create")
        check_equal((status, "nobody looks at" in errors), (0, apply == "never"), f"{apply}: {errors}")
        site.ok("show", ALICE)
    site = Site(bench, {"quota.apply": "never"}, name="no-quota")
    site.make_state()
    check("quota.apply = never" in site.run("quota", "show", ALICE)[2], "quotas that are off")


@suite.scenario("who loses the last thing to send as is warned of, because it may then send as anybody")
def last_grants(bench):
    cases = [(["allow", ALICE, "example.org", "--create"], ["deny", "Alice@Example.COM", "example.org"]),
             (["allow", ALICE, "x@example.org", "--create"], ["deny", ALICE, "x@example.org"]),
             (["allow", ALICE, "example.org", "--create"], ["domain", "remove", "example.org"]),
             (["allow", ALICE, "x@example.org", "--create"], ["address", "remove", "x@example.org"]),
             (["alias", "add", "x@example.org", ALICE], ["alias", "remove", "x@example.org", ALICE])]
    warning = (f"mailreevectl: warning: {ALICE} has no domain and no address to send as: "
               "it may send as anybody (sender-auth.apply = listed)\n")
    for number, (grant, loss) in enumerate(cases):
        for left in ([], [["allow", ALICE, "example.net", "--create"]]):
            site = Site(bench, name=f"site{number}{len(left)}")
            for words in (["user", "add", ALICE], ["user", "add", BOB], grant, *left):
                site.ok(*words)
            status, out, errors = site.run(*loss)
            check_equal((status, errors), (0, "" if left else warning), loss)
            check("may" not in out, f"what is not so with sender-auth.apply = listed: {out}")


@suite.scenario("a file of changes is done line by line, and what cannot be is named")
def import_file(bench):
    site = Site(bench)
    site.ok("quota", "add", "small", "100")
    text = (f"# customers\nallow:{ALICE}:example.com\nquota:{ALICE}:small  # as agreed\n\n"
            f"allow:{BOB}:bob@example.net\nnonsense\nquota:{BOB}:nonsense\ndeny:nobody:example.com\n")
    file = bench.write("customers", text)
    status, out, errors = site.run("import-file", file)
    check_equal((status, out), (1, "0 lines are done, 6 cannot be\n"), "without --create")
    status, out, errors = site.run("import-file", file, "--create")
    check_equal((status, out), (1, "3 lines are done, 3 cannot be\n"), "with --create")
    heads = [line.split(": ")[1] for line in errors.splitlines()]
    check_equal(heads, [f"{file}:6", f"{file}:7", f"{file}:8"], "lines that cannot be done")
    shown = site.json("show", ALICE)
    check_equal((shown["domains"], shown["quota"]), (["example.com"], "small"), "hers")
    check_equal(site.json("show", BOB)["addresses"], ["bob@example.net"], "his")

    found = site.json("import-file", "-", stdin=f"deny:{BOB}:bob@example.net\ndeny:{ALICE}:example.com")
    check_equal(found, {"done": 2, "problems": []}, "standard input")
    found = site.json("import-file", "-", "--create", stdin="\nx\x1b[31m", status=1)
    check_equal((found["done"], names(found["problems"], "line")), (0, [2]), "problems in JSON")
    check_equal(site.json("import-file", "-", stdin=""), {"done": 0, "problems": []}, "an empty file")
    status, _, errors = site.run("import-file", "-", stdin=f"quota:{ALICE}:None")
    check(status == 0 and "no limit" in errors, f"a quota that is taken back: {errors}")
    check_equal(site.json("show", ALICE)["quota"], None, "a quota that is taken back")
    for file, why in ((bench.path("none"), "No such file or directory"), (bench.directory, "Is a directory")):
        check(f"{file}: cannot be read: {why}" in site.fails(1, "import-file", file), file)


@suite.scenario("a file of changes warns of those who lose the last thing to send as")
def import_unlisted(bench):
    site = Site(bench)
    for who, what in ((ALICE, "example.com"), (BOB, "example.com"), (BOB, "example.net"), ("carol", "example.net")):
        site.ok("allow", who, what, "--create")
    status, _, errors = site.run("import-file", "-", stdin=f"deny:{ALICE}:example.com\ndeny:{ALICE}:example.net\n"
                                 f"deny:{BOB}:example.com\ndeny:carol:example.net\nallow:carol:example.com\n")
    check_equal((status, errors), (0, f"mailreevectl: warning: {ALICE} has no domain and no address to send as: "
                                      "it may send as anybody (sender-auth.apply = listed)\n"), "warnings")


def add_message(site, **values):
    row = {"time_ms": 0, "host": "mx", "queue_id": "q1", "ref": "r", "outbound": 1, "user": ALICE, "login": "alice",
           "sender": ALICE, "recipients": 1, "addresses": "", "client": "192.0.2.7", "client_name": "", "helo": "h",
           "size": 0, "verdict": "pass", "policy": "quota", "reason": "within-quota", **values}
    site.sql(f"INSERT INTO messages ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


@suite.scenario("messages are found by user and time, the newest first")
def messages(bench):
    site = Site(bench)
    site.ok("db", "init")
    check_equal((site.json("messages"), site.ok("messages").split()[:2]), ([], ["TIME", "USER"]), "none")
    at = {"q1": "2026-11-21T10:00:00.000Z", "q2": "2026-11-21T11:00:00.500Z", "q3": "2026-11-21T12:00:00.000Z"}
    for queue_id, millis, user in (("q1", 1795255200000, ALICE), ("q2", 1795258800500, BOB),
                                   ("q3", 1795262400000, ALICE)):
        add_message(site, queue_id=queue_id, time_ms=millis, user=user, recipients=3)
    queries = [([], ["q3", "q2", "q1"]), (["--user", "Alice@example.com"], ["q3", "q1"]), (["--limit", "1"], ["q3"]),
               (["--since", "2026-11-21T11:00:00.500Z"], ["q3", "q2"]), (["--since", "2026-11-21T11:00:00.501Z"], ["q3"]),
               (["--until", "2026-11-21T11:00:00.500Z"], ["q1"]), (["--until", "2026-11-21T11:00:00.501Z"], ["q2", "q1"]),
               (["--user", "nobody"], [])]
    for options, expected in queries:
        found = site.json("messages", *options)
        check_equal([(row["queue_id"], row["time"]) for row in found], [(name, at[name]) for name in expected], options)
    add_message(site, queue_id="q9", ref="r9", verdict="reject", sender="Bob@example.net", time_ms=2)
    add_message(site, queue_id="q8", ref="r8", verdict="defer", sender="<>", time_ms=1)
    queries = [(["--ref", "r9"], ["q9"]), (["--queue", "q8"], ["q8"]), (["--verdict", "reject"], ["q9"]),
               (["--sender", "BOB@example.net"], ["q9"]), (["--sender", "<>"], ["q8"]), (["--queue", "q"], []),
               (["--verdict", "reject", "--sender", "<>"], [])]
    for options, expected in queries:
        check_equal(names(site.json("messages", *options), "queue_id"), expected, options)
    add_message(site, queue_id="long ago", time_ms=1)
    add_message(site, queue_id="just now", time_ms=int(os.stat(site.daemon.config).st_mtime * 1000))
    check_equal(names(site.json("messages", "--since", "1h"), "queue_id"), ["just now"], "of the last hour")
    check_equal(table(site.run("messages", "--limit", "1", "--until", "2026-11-22 00:00")[1])[0],
                {"TIME": at["q3"], "USER": ALICE, "SENDER": ALICE, "RECIPIENTS": "3", "CLIENT": "192.0.2.7",
                 "VERDICT": "pass", "REASON": "within-quota", "QUEUE-ID": "q3"}, "a printed one")
    for wrong in (["--since", "sometime"], ["--verdict", "rejected"], ["--limit", "some"], ["--limit", "-1"], ["--offset", "1"]):
        site.fails(64, "messages", *wrong)


@suite.scenario("people see local time beside UTC, programs UTC alone; days have names")
def local_time(bench):
    site = Site(bench)
    site.ok("db", "init")
    add_message(site, time_ms=1795255200000)
    utc = "2026-11-21T10:00:00.000Z"
    site.ok("user", "add", ALICE)
    for zone, local in (("UTC0", ""), ("CET-1", " (11:00:00 +0100)"), ("XXX-14", " (2026-11-22 00:00:00 +1400)"),
                        ("XXX10:30", " (2026-11-20 23:30:00 -1030)")):
        expected = utc + local
        check_equal(site.ok("quota", "raise", ALICE, "7", "--until", "2036" + utc[4:], TZ=zone),
                    f"{ALICE} may send 7 until 2036{utc[4:]}{local.replace('2026', '2036')}\n", f"quota raise, {zone}")
        check_equal(table(site.ok("messages", TZ=zone))[0]["TIME"], expected, zone)
        check_equal(names(site.json("messages", TZ=zone), "time"), [utc], f"in JSON, {zone}")
    add_message(site, time_ms=int(time.time() * 1000), queue_id="now")
    for zone in ("UTC0", "XXX-14", "XXX10:30"):
        for options, expected in ((["--since", "today"], ["now"]), (["--since", "yesterday"], ["now"]), (["--since", "tomorrow"], []),
                                  (["--until", "tomorrow", "--since", "today"], ["now"]), (["--until", "today", "--queue", "now"], [])):
            check_equal(names(site.json("messages", *options, TZ=zone), "queue_id"), expected, f"{options}, {zone}")
        site.ok("quota", "raise", ALICE, "7", "--until", "tomorrow", TZ=zone)
        check("over already" in site.fails(64, "quota", "raise", ALICE, "7", "--until", "today", TZ=zone), zone)


@suite.scenario("a message's recipients are an array in JSON")
def recipients(bench):
    site = Site(bench)
    site.ok("db", "init")
    for text, expected in (("", []), ("a@example.com", ["a@example.com"]), ("a@example.com b@example.net", ["a@example.com", "b@example.net"]),
                           (r'"a b"@example.com "c\" d"@example.net e@example.org',
                            ['"a b"@example.com', r'"c\" d"@example.net', "e@example.org"]), ('"cut off', ['"cut off']),):
        site.sql("DELETE FROM messages")
        add_message(site, addresses=text)
        check_equal(names(site.json("messages"), "addresses"), [expected], text)
    add_message(site, sender="<>", queue_id="bounce")
    for empty in ("", "<>"):
        check_equal(names(site.json("messages", "--sender", empty), "queue_id"), ["bounce"], f"sender {empty!r}")


@suite.scenario("what clients say can neither steer a terminal nor break JSON")
def hostile(bench):
    site = Site(bench)
    site.ok("db", "init")
    odd = "a\x1b[2J\x07\r\n\t\x7f\u009b\u202e\"\\ \u00fc"
    add_message(site, user=odd, sender=odd, helo=odd, reason=odd, client_name=odd)
    site.sql("INSERT INTO totals VALUES (?, 1, 1, 0, 0)", [odd])
    site.sql("INSERT INTO users (name) VALUES (?)", [odd])
    for words in (["messages"], ["totals"], ["user", "list"]):
        out = site.ok(*words)
        check_equal([char for char in out if not char.isprintable() and char != "\n"], [], f"odd characters of {words}")
        check_equal(len(out.splitlines()), 2, f"lines of {words}")
        status, out, _ = site.run("--json", *words)
        check_equal([char for char in out if not " " <= char <= "~" and char != "\n"], [], f"JSON of {words}")
        check_equal(status, 0, "exit status")
        check(odd in site.json(*words)[0].values(), f"the text itself in JSON of {words}")


@suite.scenario("totals are listed, or those of one user")
def totals(bench):
    site = Site(bench)
    site.ok("db", "init")
    site.sql("INSERT INTO totals VALUES ('alice', 12, 40, 3, 1795255200000), ('bob', 1, 1, 0, 0)")
    alice = {"user": "alice", "messages": 12, "recipients": 40, "refused": 3, "since": "2026-11-21T10:00:00.000Z"}
    check_equal(names(site.json("totals"), "user"), ["alice", "bob"], "all")
    check_equal(site.json("totals", "--user", "ALICE"), [alice], "one")
    check_equal(site.json("totals", "--search", "li"), [alice], "a search")
    status, out, errors = site.run("--json", "totals", "--user", "carol")
    check_equal((status, out, "carol" in errors), (0, "[]\n", True), "an unknown one")
    site.ok("user", "add", "alice")
    check_equal(site.json("show", "alice")["totals"], {k: v for k, v in alice.items() if k != "user"}, "in show")
    check_equal(lines(site.run("show", "alice")[1])["totals.recipients"], "40", "printed by show")


# An empty policy database says that nobody is listed, and then everybody may send as anybody.
@suite.scenario("a command that only looks makes no file, and says which one is not there")
def no_file(bench):
    site = Site(bench)
    for words in (["show", ALICE], ["user", "list"], ["user", "show", ALICE], ["domain", "list"], ["domain", "show", "x.example"],
                  ["address", "list"], ["address", "show", ALICE], ["alias", "list"], ["quota", "list"],
                  ["quota", "show", ALICE], ["quota", "raised"], ["messages"], ["totals"], ["totals", "--user", ALICE],
                  ["db", "check"]):
        check(f"there is no file {site.daemon.policy_db}" in site.fails(1, *words), words)
    check(not os.path.exists(site.daemon.policy_db), "the policy database was made")
    site.ok("user", "add", ALICE)
    for words in (["show", ALICE, "--quota"], ["quota", "show", ALICE], ["quota", "reset", ALICE], ["reset", ALICE],
                  ["state", "stats"], ["state", "list", "users"], ["state", "show", "192.0.2.7"],
                  ["client", "show", "192.0.2.7"], ["state", "forget", "192.0.2.7"]):
        check(f"there is no file {site.daemon.state}" in site.fails(1, *words), words)
    check(not os.path.exists(site.daemon.state), "the state store was made")
    check_equal(names(site.json("user", "list"), "user"), [ALICE], "what is there is looked at")


@suite.scenario("a list that is cut says so, and what shows more")
def cut_lists(bench):
    site = Site(bench)
    kinds = {"user": [f"user{i:03}" for i in range(102)], "domain": [f"d{i:03}.example" for i in range(102)],
             "address": [f"a{i:03}@example.com" for i in range(102)]}
    site.ok("db", "init")
    for kind, rows in kinds.items():
        plural = {"user": "users", "domain": "domains", "address": "emails"}[kind]
        site.sql(f"INSERT INTO {plural} (name) VALUES " + ", ".join("(?)" for _ in rows), rows)
    site.sql("INSERT INTO quotas (name, quota) VALUES ('a', 1), ('b', 2), ('c', 3)")
    site.sql("INSERT INTO raises SELECT id, '5', NULL, 0 FROM users")
    site.sql("INSERT INTO aliases SELECT name, 'user001' FROM emails")
    site.sql("INSERT INTO totals SELECT name, 1, 1, 0, 0 FROM users")
    for i in range(3):
        add_message(site, time_ms=i)
    warning = "mailreevectl: warning: only {} are shown: {} shows more\n"
    for words in (["user", "list"], ["domain", "list"], ["address", "list"], ["alias", "list"], ["quota", "raised"],
                  ["totals"]):
        for form in ([], ["--json"]):
            status, out, errors = site.run(*words, *form)
            check_equal((status, errors), (0, warning.format(100, "--offset 100")), words + form)
        check_equal(len(json.loads(out)), 100, words)
        check_equal(site.run(*words, "--offset", "1", "--limit", "100")[2], warning.format(100, "--offset 101"), words)
        for whole in (["--offset", "2"], ["--limit", "102"], ["--search", "00"]):
            site.ok(*words, *whole)
    check_equal(site.run("quota", "list", "--limit", "2")[2], warning.format(2, "--offset 2"), "quotas")
    check_equal(site.run("messages", "--limit", "2")[2], warning.format(2, "a higher --limit"), "messages")
    check_equal(len(site.json("messages", "--limit", "2")), 2, "messages")
    site.ok("messages", "--limit", "3")


@suite.scenario("names beyond ASCII that no login can have are named by db check")
def odd_forms(bench):
    site = Site(bench)
    site.make_state()
    site.ok("user", "add", "bob")
    decomposed = "ju\u0308rgen"
    site.sql(f"INSERT INTO users (name) VALUES ('JÜRGEN'), ('Ödön@x.test'), ('żółw'), ('{decomposed}')")
    doubt, = site.json("db", "check", status=1)["doubts"]
    check(f'form C: "{decomposed}" and 1 more. "{decomposed}" should be "jürgen"' in doubt, doubt)
    site.sql(f"UPDATE users SET name = 'jan' WHERE name = '{decomposed}'")
    doubt, = site.json("db", "check", status=1)["doubts"]
    check('"Ödön@x.test". "Ödön@x.test" should be "ödön@x.test"' in doubt, doubt)
    site.sql("UPDATE users SET name = 'ödön@x.test' WHERE name = 'Ödön@x.test'")
    check_equal(site.json("db", "check")["doubts"], [], "as all the others are found")
    check_equal(site.json("show", "Ödön@x.test")["user"], "ödön@x.test", "and this one now")


@suite.scenario("rows that cannot be used are named by db check, warned of by db init and by show")
def unusable(bench):
    site = Site(bench, {"quota.counting": "both"})
    site.make_state()
    for words in (["user", "add", "erin"], ["user", "add", "frank"], ["quota", "add", "fine", "5"]):
        site.ok(*words)
    check_equal(site.ok("db", "check"), "the tables are of version 2, as wanted\n", "before")
    site.sql("INSERT INTO quotas (name, quota) VALUES ('bad', -1), ('slow', 7)")
    site.sql("INSERT INTO quota_limits SELECT id, '100/hour' FROM quotas WHERE name = 'slow'")
    site.sql("INSERT INTO raises SELECT id, '1/1h 2/2h 3/3h 4/4h 5/5h', NULL, 0 FROM users WHERE name = 'frank'")
    site.sql("INSERT INTO domains (name) VALUES ('*.erin.example'), ('no one has this')")
    site.sql("INSERT INTO emails (name) VALUES ('@a.example'), ('@b.example'), ('@c.example')")
    site.sql("INSERT INTO domain_user SELECT u.id, d.id FROM users u, domains d WHERE u.name = 'erin' AND d.id = 1")
    site.sql("INSERT INTO email_user SELECT u.id, e.id FROM users u, emails e WHERE u.name = 'erin'")
    site.sql("INSERT INTO aliases VALUES ('nobody', 'erin')")
    found = site.json("db", "check", status=1)
    check_equal((found["current"], found["problems"]), (True, []), "the tables")
    for text in ('a domain: "*.erin.example".', 'an address: "@a.example" and 2 more.', 'an address: "nobody".',
                 'the quota "bad" are "-1"', 'the quota "slow" are "100/hour"', 'the raise of "frank" are "1/1h 2/2h'):
        check_equal([text in doubt for doubt in found["doubts"]].count(True), 1, f"{text} in {found['doubts']}")
    check_equal(len(found["doubts"]), 6, f"doubts: {found['doubts']}")
    check(all(doubt in site.run("db", "check")[1] for doubt in found["doubts"]), "the same, printed")
    status, out, errors = site.run("db", "init")
    check_equal((status, out, errors.count("warning: ")), (0, "all tables are there already\n", 6), "db init")

    errors = site.run("show", "erin")[2]
    for name in ("*.erin.example", "@a.example", "@b.example", "@c.example", "nobody"):
        check_equal(errors.count(f'warning: "{name}" cannot be the name of'), 1, errors)
    check("may send as anybody" not in errors, "she is restricted")
    status, _, errors = site.run("set-quota", "erin", "slow")
    check(status == 0 and '"100/hour" for limits' in errors, f"set-quota: {errors}")
    status, out, errors = site.run("quota", "show", "erin")
    check_equal(status, 0, "quota show")
    check('"100/hour" for limits' in errors, f"quota show: {errors}")


@suite.scenario("the tables are made when the file is first used")
def tables(bench):
    site = Site(bench)
    check_equal(site.json("db", "init"), {"file": site.daemon.policy_db, "made": []}, "db init")
    check_equal(site.json("db", "init"), {"file": None, "made": []}, "db init again")
    check_equal(site.json("db", "check"),
                {"current": True, "version": 2, "wanted": 2, "problems": [], "doubts": []}, "db check")
    check_equal(site.json("db", "upgrade"), {"before": 2, "version": 2}, "db upgrade")
    site.sql("DROP TABLE raises")
    found = site.json("db", "check", status=1)
    check(not found["current"] and "raises" in found["problems"][0], f"a table is missing: {found}")
    check("raises" in site.run("db", "check")[1], "the same, printed")
    check("raises" in site.fails(1, "db", "init"), "db init")
    site.ok("user", "add", ALICE)
    check("mailreevectl db check" in site.fails(1, "quota", "raise", ALICE, "900"), "what needs the table")


@suite.scenario("a file that is no database of ours, or cannot be opened, is exit status 71")
def wrong_file(bench):
    site = Site(bench)
    bench.write("text", "This is no database, but long enough to look like one." * 20)
    for path in (bench.path("text"), bench.path("none/policy.db")):
        site.daemon.configure({"policy-db.url": f"sqlite:{path}"})
        check(path in site.fails(71, "user", "add", ALICE), path)
    site.daemon.configure({"policy-db.url": f"sqlite:{bench.path('text')}"})
    check(bench.path("text") in site.fails(71, "user", "list"), "looking at it")


@suite.scenario("files that root makes are the daemon's")
def owner(bench):
    if os.geteuid() != 0:
        raise Skip("needs to be root")
    place = bench.path("place")
    os.mkdir(place)
    nobody = pwd.getpwnam("nobody")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    site = Site(bench, {"user": "nobody", "policy-db.url": f"sqlite:{place}/policy.db",
                        "state.url": f"sqlite:{place}/state.db"})
    private = bench.write("private", f"allow:{ALICE}:example.com\n")
    os.chmod(private, 0o600)
    site.ok("import-file", private, "--create")
    other = Site(bench, name="other")
    other.make_state()
    source = shutil.copy(other.daemon.state, f"{place}/source.db")
    shutil.chown(source, nobody.pw_uid, nobody.pw_gid)
    site.ok("state", "copy", f"sqlite:{source}", f"sqlite:{place}/state.db")
    check_equal(sorted(set(os.listdir(place)) & {"policy.db", "state.db"}), ["policy.db", "state.db"], "files")
    check_equal({os.stat(os.path.join(place, file)).st_uid for file in os.listdir(place)}, {nobody.pw_uid}, "owners")
    site.daemon.configure({"user": "no-such-user"})
    check("no-such-user" in site.fails(71, "user", "list"), "an unknown user")


@suite.scenario("what only the daemon sees is exit status 69")
def only_the_daemon(bench):
    site = Site(bench, {"state.url": "memory:"})
    site.ok("user", "add", ALICE)
    for words in (["quota", "show", ALICE], ["quota", "reset", ALICE], ["reset", ALICE], ["show", ALICE, "--quota"]):
        check("memory" in site.fails(69, *words), words)
    site.run("show", ALICE)
    for words in (["status"], ["refresh"], ["refresh", ALICE]):
        check(site.daemon.control in site.fails(69, *words), words)
    site.daemon.configure({"control-socket": ""})
    check("control-socket" in site.fails(69, "status"), "no control socket")
    site.ok("user", "add", BOB)


@suite.scenario("a wrong configuration is exit status 78")
def configuration(bench):
    site = Site(bench, {"policy-db.url": "postgres://x"})
    check("policy-db.url" in site.fails(78, "user", "list"), "the option is named")


suite.run()
