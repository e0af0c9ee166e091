#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mailreevectl's command line, and what each command prints."""

import re

from ctl_site import Site, commands, name_of, table
from harness import Suite, check, check_equal

suite = Suite()
ALICE = "alice@example.com"


def with_data(bench, name):
    site = Site(bench, {"quota.default": "50", "dns.servers": "127.0.0.1@1", "spf.timeout": "1s"}, name=name)
    for words in (["quota", "add", "small", "100"], ["allow", ALICE, "example.com", "--create"],
                  ["allow", ALICE, "sales@example.com", "--create"], ["set-quota", ALICE, "small"],
                  ["alias", "add", "info@example.com", ALICE]):
        site.ok(*words)
    site.sql("INSERT INTO totals VALUES ('alice', 12, 40, 3, 1795255200000)")
    site.make_state()
    for row in ("greylist VALUES ('192.0.2.0/24', 'a@example.com', 'b@example.net', 1, 0, 1, 9000000000000, 1)",
                "client VALUES ('192.0.2.0/24', 1, 9000000000000)",
                "quota_user (user, last, expires) VALUES ('alice', 1795255200000, 9000000000000)"):
        site.sql(f"INSERT INTO {row}", file=site.daemon.state)
    return site


# Every command that needs no daemon, in an order that works, the type of its JSON and some of its members.
CALLS = [
    (["show", ALICE, "--quota"], {"user", "may_send", "limits", "source", "source_name", "quota", "raise", "domains",
                                  "addresses", "aliases", "totals", "margin", "state", "blocked_until", "last",
                                  "next_release", "used"}),
    (["user", "show", ALICE], {"user", "domains", "aliases"}),
    (["quota", "show", ALICE], {"user", "may_send", "limits", "source", "source_name", "quota", "margin", "state",
                                "blocked_until", "last", "next_release", "used"}),
    (["quota", "reset", ALICE], {"user", "last", "dropped"}),
    (["reset", ALICE], {"user", "last", "dropped"}),
    (["user", "list"], [{"user", "quota"}]),
    (["domain", "list"], [{"domain", "greylist", "check_spf", "quota"}]),
    (["domain", "show", "example.com", "--users"], {"domain", "greylist", "check_spf", "quota", "users"}),
    (["domain", "greylist", "example.com"], {"domain", "greylist", "of", "in_force", "why"}),
    (["domain", "check-spf", "example.com"], {"domain", "check_spf", "of", "in_force", "why"}),
    (["address", "list"], [str]),
    (["address", "show", "sales@example.com"], {"address", "users"}),
    (["alias", "list"], [{"alias", "target"}]),
    (["access", "add", "reject", "sender=spam.example"], {"changed", "rules", "until"}),
    (["exempt", "partner.example", "--from", "greylist", "--until", "3d"], {"changed", "rules", "until"}),
    (["access", "remove", "2"], {"changed", "rules"}),
    (["access", "list"], [{"id", "rule", "until", "why", "added"}] * 2),
    (["quota", "list"], [{"quota", "limits", "number", "users", "domains"}]),
    (["quota", "raised"], []),
    (["totals"], [{"user", "messages", "recipients", "refused", "since"}]),
    (["messages"], []),
    (["state", "stats"], {"url", "waiting", "passed", "clients", "users"}),
    (["state", "list", "tuples"], [{"client", "sender", "recipient", "state", "first", "early", "expires"}]),
    (["state", "list", "clients"], [{"client", "passes", "trusted", "expires"}]),
    (["state", "list", "users"], [{"user", "used", "last", "expires"}]),
    (["state", "show", "192.0.2.7"], {"client", "passes", "trusted", "expires", "tuples"}),
    (["client", "show", "192.0.2.7"], {"client", "passes", "trusted", "expires", "tuples"}),
    (["state", "copy", "STATE", "COPY"], {"from", "to", "copied"}),
    (["state", "forget", "192.0.2.0/24"], {"client", "forgotten"}),
    (["db", "init"], {"file", "made"}),
    (["db", "upgrade"], {"before", "version"}),
    (["db", "check"], {"current", "version", "wanted", "problems", "doubts"}),
    (["import-file", "-"], {"done", "problems"}),
    (["spf", "--client", "192.0.2.7", "--helo", "mx", "--sender", ""], {"result", "identity", "trace"}),
    (["access", "check", "--client", "192.0.2.7", "--sender", ALICE, "--recipient", "b@example.net"], {"rule"}),
    *[(words, {"changed"}) for words in (
        ["user", "add", "bob"], ["allow", "bob", "example.com"], ["deny", "bob", "example.com"],
        ["set-quota", "bob", "small"], ["set-quota", "bob", "none"], ["quota", "raise", "bob", "900"],
        ["quota", "lock", "bob"], ["quota", "unlock", "bob"], ["quota", "lower", "bob"], ["user", "remove", "bob"],
        ["domain", "add", "example.net"], ["domain", "greylist", "example.net", "on"],
        ["domain", "check-spf", "example.net", "on"],
        ["domain", "quota", "example.net", "small"], ["domain", "remove", "example.net"],
        ["address", "add", "x@example.net"], ["address", "remove", "x@example.net"],
        ["alias", "remove", "info@example.com", ALICE], ["alias", "add", "info@example.com", ALICE],
        ["quota", "add", "large", "5000"], ["quota", "change", "large", "6000"], ["quota", "remove", "large"])],
]


def place(site, words):
    """With the stores' URLs."""
    urls = {"STATE": f"sqlite:{site.daemon.state}", "COPY": f"sqlite:{site.daemon.state}.copy"}
    return [urls.get(word, word) for word in words]


@suite.scenario("every command prints JSON if asked to, and something readable if not")
def json_of_all(bench):
    site, other = with_data(bench, "json"), with_data(bench, "text")
    tried = set()
    for words, shape in CALLS:
        tried.add(next(name for name in map(name_of, commands(site)) if f"{' '.join(words)} ".startswith(f"{name} ")))
        found = site.json(*place(site, words))
        if isinstance(shape, list):
            check(isinstance(found, list), f"{words}: {found}")
            for row, members in zip(found, shape):
                check_equal(members if members is str else set(row), type(row) if members is str else members, words)
            check_equal(bool(found), bool(shape), f"whether there is something in {words}")
        else:
            check_equal(shape - set(found), set(), f"members that are missing of {words}")
        status, out, _ = other.run(*place(other, words))
        check_equal((status, bool(out)), (0, True), f"{words}, printed: {out}")
        check("{" not in out and '"' not in out.replace('"mx"', ""), f"{words}, printed: {out}")
    # These need a daemon, or files of their own.
    check_equal(set(map(name_of, commands(site))) - tried,
                {"status", "refresh", "access test", "state backup", "state restore", "db backup", "db restore"},
                "commands that were not tried")


@suite.scenario("what a command takes is in its usage text; anything else is exit status 64")
def arguments(bench):
    site = Site(bench)
    for usage in commands(site):
        name = name_of(usage).split()
        words = re.split(r" ?(?=\[|--)", usage)[0].split()[len(name):]
        needed = [part for option in re.findall(r" (--[a-z]+)", usage) for part in (option, "x")]
        check(site.fails(64, *name, "--nonsense", *words), f"{usage}: an unknown option")
        if words:
            check(usage in site.fails(64, *name, *words[1:], *needed), f"{usage}: a word is missing")
        if "..." not in usage:
            check(usage in site.fails(64, *name, *["x"] * (len(words) + 3), *needed), f"{usage}: too many words")
        if "--search" not in usage:
            check("--search" in site.fails(64, *name, *words, "--search", "x"), f"{usage}: another's option")


@suite.scenario("a wrong command line is exit status 64, with a word on it")
def wrong(bench):
    site = Site(bench)
    cases = [([], "command is missing"), (["nonsense"], "nonsense"), (["quota"], "quota needs another word"),
             (["quota", "nonsense"], "quota nonsense"), (["user", "list", "--limit"], "--limit"),
             (["user", "list", "--limit", "x"], "--limit x"), (["user", "list", "--offset", "1.5"], "--offset 1.5"),
             (["user", "list", "--limit", "99999999999"], "--limit"), (["user", "list", "--lim", "1"], "--lim"),
             (["user", "list", "--limit", "1", "--limit", "2"], "--limit"), (["spf", "--client", "x"], "--helo"),
             (["--help", "nosuch"], "there is no command nosuch"), (["--help", "db", "x"], "there is no command db x"),
             (["client", "show", "300.1.1.1"], "300.1.1.1 is no client"), (["state", "show", "192.0.2.0/33"], "no client"),
             (["client", "show", "mx.example.com"], "no client"), (["refresh", ""], "USER is empty"), (["allow", ALICE], "it is: allow USER ADDRESS|DOMAIN [--create]")]
    for words, expected in cases:
        errors = site.fails(64, *words)
        check(expected in errors and errors.endswith("Try mailreevectl --help.\n"), f"{words}: {errors}")


@suite.scenario("options stand anywhere, and nothing behind -- is one")
def order(bench):
    site = Site(bench)
    site.ok("db", "init")
    for words in (["user", "list", "--json"], ["--json", "user", "list"], ["user", "--json", "list"]):
        check_equal(site.ok(*words), "[]\n", words)
    site.ok("user", "--", "add", "--json")
    site.ok("--", "user", "add", "-x")
    check_equal([row["USER"] for row in table(site.ok("user", "list"))], ["--json", "-x"], "names that look like options")


@suite.scenario("help behind a word is about its commands only")
def some_help(bench):
    site = Site(bench)
    out = site.ok("--help", "db")
    check_equal([line.split()[:2] for line in out.splitlines() if line.startswith("  db")],
                [["db", "init"], ["db", "upgrade"], ["db", "check"], ["db", "backup"], ["db", "restore"]], "its commands")
    check("user add" not in out, f"others: {out}")
    for line in site.ok("--help").splitlines():
        check(len(line) <= 130, f"a long line: {line}")


suite.run()
