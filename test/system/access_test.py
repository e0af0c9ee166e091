#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Access rules as clients of a real Postfix meet them, and as the admin tries them out."""

import json
import re
import os
import subprocess

from daemon import program
from harness import Suite, check, check_equal
from mta import PostfixSite

suite = Suite()
SENDER, RECIPIENT = "alice@example.org", "bob@example.net"

RULES = """\
# What is tried below.
skip=greylist client-name=.partner.example
accept-all recipient=open@example.net
defer sender=@{list} recipient=!postmaster@ Mailbox full, retry later
reject client=198.51.100.0/24 554 5.7.1 {{client}} may not write to {{recipient}} ({{ref}})
"""


def write_rules(bench, text=RULES, name="access.rules"):
    blocked = bench.write("blocked", "# since May\neve@example.org\n.spam.example\n")
    return bench.write(name, text.format(list=blocked))


def ctl(daemon, *arguments):
    """(exit status, standard output, standard error) of mailreevectl."""
    tool = os.path.join(os.path.dirname(program()), "mailreevectl")
    done = subprocess.run([tool, "-c", daemon.config, *arguments], check=False, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@suite.scenario("a rule by client name, one by recipient and a reject with a text are what a client sees")
def seen_by_a_client(bench, site):
    rules = write_rules(bench)
    daemon = site.daemon(bench, {"greylist.apply": "all", "access.rules": rules})
    tried = site.postfix.attempt(SENDER, RECIPIENT, name="mx.partner.example")
    check(tried.rcpt[0].accepted and tried.message, f"the partner: {tried}")
    check_equal(daemon.verdicts()[-1].get("rule"), f"{rules}:2", "the rule in the log")
    tried = site.postfix.attempt(SENDER, RECIPIENT, "open@example.net", name="mx.partner.example.evil.example")
    check_equal([reply.code for reply in tried.rcpt], [451, 250], "a strange name: a recipient and an open one")
    tried = site.postfix.attempt("EVE@example.org", RECIPIENT, "postmaster@example.net", "open@example.net")
    check_equal([reply.code for reply in tried.rcpt], [451, 250, 250], "a listed sender")
    check_equal(str(tried.rcpt[0]), "451 4.7.1 Mailbox full, retry later", "what a listed sender is told")
    tried = site.postfix.attempt(SENDER, RECIPIENT, client="198.51.100.7")
    verdict = daemon.verdicts()[-1]
    check_equal(str(tried.rcpt[0]), f"554 5.7.1 198.51.100.7 may not write to {RECIPIENT} ({verdict['ref']})",
                "the refusal")
    check_equal((verdict["policy"], verdict["reason"], verdict["rule"]), ("access", "rule", f"{rules}:5"), "the verdict")


@suite.scenario("a name that Postfix has not verified is no client name")
def unverified_name(bench, site):
    site.daemon(bench, {"greylist.apply": "all", "access.rules": write_rules(bench)})
    tried = site.postfix.attempt(SENDER, RECIPIENT, name="[UNAVAILABLE]", helo="mx.partner.example")
    check_equal(tried.rcpt[0].code, 451, "a client that only says the name")


@suite.scenario("a reload takes new rules; with a broken file it keeps the old ones, and says file and line")
def reload_of_rules(bench, site):
    rules = write_rules(bench)
    daemon = site.daemon(bench, {"greylist.apply": "never", "access.rules": rules})
    check(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0].accepted, "before")
    bench.write("access.rules", "reject sender=example.org\n")
    check(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0].accepted, "before the reload")
    check_equal(daemon.reload()["event"], "reloaded", "the reload")
    check_equal(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0].code, 550, "after the reload")
    bench.write("access.rules", "accept-all\nrejects sender=example.org\nreject cleint=192.0.2.1\n")
    check_equal(daemon.reload()["event"], "reload-failed", "the reload of a broken file")
    said = [event["error"] for event in daemon.events("reload-failed")]
    check(any(line.startswith(f'{rules}:2: "rejects" is not an action') for line in said), f"line 2: {said}")
    check(any(line.startswith(f'{rules}:3: "cleint" is not a key') for line in said), f"line 3: {said}")
    check_equal(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0].code, 550, "with the old rules")
    status, _, errors = daemon.run("--check", "-c", daemon.config)
    check_equal(status, 78, "exit status of --check")
    check(f'access.rules = {rules}: {rules}:2: "rejects" is not an action' in errors, f"--check: {errors}")


@suite.scenario("a broken file stops a start")
def broken_at_start(bench, site):
    rules = write_rules(bench, "include gone\n")
    daemon = site.unstarted_daemon(bench, {"access.rules": rules})
    check(f"{rules}:1: {bench.path('gone')} cannot be opened" in daemon.fails_to_start(78), "what it says")


@suite.scenario("access check names the rule that decides")
def access_check(bench, site):
    rules = write_rules(bench, RULES + "reject recipient=.out.example\nskip=quota login=news\n")
    daemon = site.unstarted_daemon(bench, {"access.rules": rules})
    mail = ["--client", "192.0.2.7", "--sender", SENDER, "--recipient"]
    for more, line, text in [
            ([RECIPIENT, "--name", "mx.partner.example"], 2, "skip=greylist client-name=.partner.example"),
            (["OPEN+x@example.net"], 3, "accept-all recipient=open@example.net"),
            ([RECIPIENT, "--client", "198.51.100.9"], 5, "reject client=198.51.100.0/24"),
            (["a@b.out.example", "--login", "news"], 6, "reject recipient=.out.example"),
            ([RECIPIENT], None, None)]:
        arguments = [*mail, *more] if "--client" not in more else [*mail[2:], *more]
        status, output, errors = ctl(daemon, "--json", "access", "check", *arguments)
        check_equal((status, errors), (0, ""), f"access check {arguments}")
        answer = json.loads(output)
        if line is None:
            check_equal(answer["rule"], None, "no rule")
            continue
        check_equal(answer["rule"]["source"], f"{rules}:{line}", f"access check {arguments}")
        check(answer["rule"]["text"].startswith(text), f"the text: {answer}")
        if "--login" in more:
            check_equal(answer["message-rule"]["source"], f"{rules}:7", "the rule about the message")
    status, output, _ = ctl(daemon, "access", "check", *mail, RECIPIENT)
    check_equal((status, output), (0, "rule            none matches\n"), "for people")
    check_equal(ctl(daemon, "access", "check", "--client", "x", "--sender", SENDER, "--recipient", RECIPIENT)[0], 64,
                "a client that is no address")


@suite.scenario("access check looks at the rules of the policy database first, and says if it cannot")
def access_check_database(bench, site):
    rules = write_rules(bench, "reject client=192.0.2.0/24\n")
    daemon = site.unstarted_daemon(bench, {"access.rules": rules})
    mail = ["access", "check", "--client", "192.0.2.7", "--sender", SENDER, "--recipient", RECIPIENT]
    check_equal(ctl(daemon, *mail), (0, f"rule            {rules}:1: reject client=192.0.2.0/24\n", ""), "without a database")
    check_equal(ctl(daemon, "access", "add", "skip=greylist client=192.0.2.7")[0], 0, "exit status of access add")
    status, output, errors = ctl(daemon, *mail)
    check_equal((status, errors), (0, ""), "access check with a database")
    check(re.fullmatch(r"rule +#1: skip=greylist client=192\.0\.2\.7(/32)?\n", output), output)
    with open(daemon.policy_db, "wb") as file:
        file.write(b"This is no database. " * 100)
    status, output, errors = ctl(daemon, *mail)
    check(f"{rules}:1" in output and "the rules of the policy database are not among these: " in errors, f"{output}{errors}")


@suite.scenario("access test says what is wrong with a file, and which rules can never match")
def access_test(bench, site):
    daemon = site.unstarted_daemon(bench)
    good = write_rules(bench, RULES + "reject recipient=open+x@example.net helo=x\nskip=quota recipient=a@example.net\n")
    status, output, _ = ctl(daemon, "access", "test", good)
    check_equal((status, output),
                (0, f"{good}:6: never matches, since {good}:3 matches before it\n"
                    f"{good}:7: cannot skip quota and sender-auth, which judge a message before its recipients are known\n"
                    "6 rules\n"), "access test")
    bad = bench.write("bad", "reject\nno\nskip=\n")
    status, output, _ = ctl(daemon, "access", "test", bad)
    check_equal(status, 1, "exit status")
    check_equal([line.split(": ")[0] for line in output.splitlines()], [f"{bad}:2", f"{bad}:3"], "the lines")


@suite.scenario("the lists of Debian's postgrey are read whole")
def postgrey(bench, site):
    clients = "\n".join(["# postgrey whitelist for mail client hostnames", "", "# 2004-05-20: a comment", "partner.example",
                         r"/^mail\d+\.example\.com$/ # numbered", "192.0.2.7", "198.51.100",
                         "2001:db8:4051:0800::/64"])
    daemon = site.daemon(bench, {"greylist.apply": "all",
                                 "access.postgrey-clients": bench.write("whitelist_clients", clients + "\n"),
                                 "access.postgrey-recipients": bench.write("whitelist_recipients", "info@\n")})
    for session, code in [({"client": "192.0.2.7"}, 250), ({"client": "192.0.2.8"}, 451),
                          ({"client": "198.51.100.77"}, 250),
                          ({"client": "203.0.113.1", "name": "MAIL12.example.com"}, 250),
                          ({"client": "203.0.113.1", "name": "a.partner.example"}, 250),
                          ({"client": "203.0.113.1", "name": "notpartner.example"}, 451)]:
        check_equal(site.postfix.attempt(SENDER, RECIPIENT, **session).rcpt[0].code, code, str(session))
    check_equal(site.postfix.attempt(SENDER, "info+x@example.net", client="203.0.113.2").rcpt[0].code, 250, "info")
    check_equal(daemon.verdicts()[-1]["rule"].rsplit("/", 1)[1], "whitelist_recipients:1", "the rule")


suite.run(requirements=[PostfixSite.required], fixture=PostfixSite)
