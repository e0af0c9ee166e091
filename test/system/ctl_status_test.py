#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The exit status of every command, for every kind of word that is wrong: what the manual says in EXIT STATUS."""

import re

from ctl_site import Site, commands, name_of
from harness import Suite, check, check_equal

suite = Suite()
ALICE = "alice@example.com"

# What a word stands for, a value that is known or can be read, and one that is not known.
KNOWN = {"USER": ALICE, "ADDRESS|DOMAIN": "example.com", "ADDRESS|USER": ALICE, "ADDRESS": "sales@example.com",
         "DOMAIN": "example.com", "ALIAS": "info@example.com", "NAME": "small", "NAME|none": "small", "LIMITS...": "100/1h",
         "on|off": "on", "tuples|clients|users": "users", "CLIENT": "192.0.2.7", "FILE": "-", "TEXT": "x", "N": "1",
         "WHEN": "1h", "ID": "q1", "REF": "r1", "WORD": "defer", "SENDER": ALICE, "FROM-URL": "STATE", "TO-URL": "COPY", "RULE...": "reject",
         "ID...": "1", "POLICY": "greylist", "RECIPIENT": "b@example.net", "LOGIN": "x"}
UNKNOWN = {"USER": "nobody@example.net", "ADDRESS|DOMAIN": "example.net", "ADDRESS|USER": "nobody", "ADDRESS": "x@example.net",
           "DOMAIN": "example.net", "ALIAS": "x@example.net", "NAME": "nosuch", "NAME|none": "nosuch", "CLIENT": "203.0.113.9",
           "FILE": "/nonexistent/file", "ID": "nosuch", "REF": "nosuch", "SENDER": "x@example.net", "TEXT": "nosuch",
           "FROM-URL": "sqlite:/nonexistent/state.db", "ID...": "77"}
# What can be none of these at all.
UNREADABLE = {"on|off": "maybe", "tuples|clients|users": "tuple", "CLIENT": "300.1.1.1", "N": "1.5", "WHEN": "sometime",
              "WORD": "rejected", "FROM-URL": "nonsense:", "TO-URL": "nonsense:", "ID...": "x", "POLICY": "nosuch"}
# Who makes known what is unknown.
MAKES = {"user add", "domain add", "address add", "alias add", "quota add"}
# What they name is made known by mail.
ASKS_MAIL = {"quota show", "quota reset", "reset", "state show", "state forget", "client show", "messages", "totals", "refresh"}


def site_of(bench):
    site = Site(bench, {"quota.default": "50", "dns.servers": "127.0.0.1@1", "spf.timeout": "1s"})
    for words in (["quota", "add", "small", "100"], ["allow", ALICE, "example.com", "--create"],
                  ["allow", ALICE, "sales@example.com", "--create"], ["alias", "add", "info@example.com", ALICE]):
        site.ok(*words)
    site.make_state()
    return site


class Usage:
    """A line of the usage text: "quota raise USER LIMITS... [--until WHEN]"."""

    def __init__(self, text):
        self.text = text
        self.name = name_of(text)
        words, options = re.match(r"(.*?)((?: \[?--.*)?)$", text[len(self.name):]).groups()
        self.words = [word.strip("[]") for word in words.split()]
        self.optional = {word.strip("[]") for word in words.split() if word.startswith("[")}
        self.options = re.findall(r"(\[?)--([a-z]+)(?: ([^\] ]+))?", options)

    def line(self, change=None, option=None, value=None):
        """All its words with known values, but for the one at `change`; the options that it needs, and this one."""
        line = [KNOWN[word] for word in self.words]
        if change is not None:
            line[change] = value
        for bracket, name, kind in self.options:
            if name == option:
                line += [f"--{name}", value]
            elif not bracket:
                line += [f"--{name}", {"client": "192.0.2.7"}.get(name, KNOWN[kind])]
        return self.name.split() + line

    def cases(self):
        """(its kind, what makes it another line) for each word and each option that has a value."""
        for i, kind in enumerate(self.words):
            yield kind, {"change": i}
        for _, name, kind in self.options:
            if kind:
                yield kind, {"option": name}


def place(site, words):
    urls = {"STATE": f"sqlite:{site.daemon.state}", "COPY": f"sqlite:{site.daemon.state}.copy"}
    return [urls.get(word, word) for word in words]


@suite.scenario("what is empty, cannot be read or is too much is exit status 64, whatever the command")
def unreadable(bench):
    site = site_of(bench)
    tried = 0
    for usage in map(Usage, commands(site)):
        for kind, where in usage.cases():
            if kind not in ("TEXT", "SENDER"):
                errors = site.fails(64, *place(site, usage.line(**where, value="")))
                check("empty" in errors or "needs" in errors, f"{usage.text}: {errors}")
            if kind in UNREADABLE or where.get("option") == "client":
                wrong = UNREADABLE.get(kind, "300.1.1.1")
                errors = site.fails(64, *place(site, usage.line(**where, value=wrong)))
                check(wrong in errors or "must be one of" in errors, f"{usage.text}, {kind}: {errors}")
                tried += 1
        if not usage.words or not usage.words[-1].endswith("..."):
            check(usage.text in site.fails(64, *place(site, usage.line()), "one", "two", "too", "many"), usage.text)
    check(tried > 20, f"only {tried} words were tried")
    check_equal(site.json("state", "stats")["users"], 0, "what is in the store")


@suite.scenario("a name that an admin makes known is exit status 1 if it is unknown, one that mail makes known 0")
def unknown(bench):
    site = site_of(bench)
    statuses = {}
    for usage in map(Usage, commands(site)):
        if usage.name in ("status", "refresh"):
            continue
        for kind, where in usage.cases():
            if kind in ("N", "WHEN", "WORD", "TO-URL", "LIMITS...", "on|off", "tuples|clients|users", "RULE...") or (
                    usage.name in ("spf", "access check", "exempt")):
                continue
            mine = usage.name in MAKES and kind == usage.words[0] or usage.name in ASKS_MAIL or kind == "TEXT"
            line = place(site, usage.line(**where, value=("new." if usage.name in MAKES else "") + UNKNOWN[kind]))
            status, _, errors = site.run(*line)
            check_equal(status, 0 if mine else 1, f"exit status of {line} ({errors})")
            statuses.setdefault(status, set()).add(usage.name)
            if usage.name in ("quota reset", "reset", "state show", "state forget", "client show", "totals") and kind != "TEXT":
                check("warning: nothing" in errors, f"{line}: {errors}")
    check_equal(MAKES | (ASKS_MAIL - {"refresh"}) <= statuses[0], True, "commands that take what is unknown")
    check("user show" in statuses[1] and "alias add" in statuses[1], f"commands that do not: {statuses}")


@suite.scenario("names and limits that can never be are exit status 1, and nothing is done")
def impossible(bench):
    site = site_of(bench)
    before = site.json("user", "list"), site.json("domain", "list"), site.json("address", "list"), site.json("quota", "list")
    for words in (["user", "add", "a\nb"], ["user", "show", "a\nb"], ["set-quota", "a\nb", "small"],
                  ["domain", "add", "no domain"], ["domain", "show", "no domain"], ["address", "add", "no address"],
                  ["quota", "add", "x" * 40, "5"], ["quota", "add", "other", "many"], ["quota", "raise", ALICE, "many"],
                  ["quota", "change", "small", "5/"], ["allow", ALICE, "no domain", "--create"], ["user", "add", "x" * 200]):
        check(site.fails(1, *words), words)
    check_equal((site.json("user", "list"), site.json("domain", "list"), site.json("address", "list"),
                 site.json("quota", "list")), before, "what is there")


@suite.scenario("what can never be a name that mail makes known is exit status 64, and no database is asked")
def never_by_mail(bench):
    site = Site(bench)
    commands_of_users = [["quota", "show"], ["quota", "reset"], ["reset"], ["refresh"], ["messages", "--user"], ["totals", "--user"]]
    for words in commands_of_users:
        for name in ("a\nb", "a\tb", "\x7f", "a\x01@example.com", " "):
            errors = site.fails(64, *words, name)
            check("cannot be the name of a user" in errors and errors.count("\n") == 2, f"{words} {name!r}: {errors}")
    for words in (["state", "show"], ["state", "forget"], ["client", "show"]):
        for name in ("spf:a\nb", "spf:a b", "spf:", "host:", "host:\x7f", "a\nb"):
            check("is no client" in site.fails(64, *words, name), f"{words} {name!r}")


@suite.scenario("what may have been meant is suggested")
def suggestions(bench):
    site = Site(bench)
    cases = [(["statsu"], "did you mean status?"), (["quota", "shwo", "bob"], "did you mean quota show?"),
             (["users", "list"], "did you mean user list?"), (["list", "users"], "did you mean user list?"),
             (["setquota", "bob", "x"], "did you mean set-quota?"), (["mesages"], "did you mean messages?"),
             (["domain", "greylisting", "x.example", "on"], "did you mean domain greylist?"),
             (["messages", "--sicne", "1h"], "did you mean --since?"), (["--help", "stat"], "there is no command stat"),
             (["quota"], "quota needs another word behind it: list, add, change"), (["state"], "copy, backup or restore"),
             (["user", "list", "--user", "x"], "it is: user list [--search TEXT]")]
    for words, expected in cases:
        check(expected in site.fails(64, *words), f"{words}: {site.run(*words)[2]}")
    check("did you mean" not in site.fails(64, "xyzzyxyzzy"), "what is like nothing")


suite.run()
