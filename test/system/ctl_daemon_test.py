#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mailreevectl beside a running daemon."""

import datetime
import socket
import threading

from ctl_site import Site, lines, table
from harness import Suite, check, check_equal, wait_until

suite = Suite()
ALICE = "alice@example.com"


def started(bench, options=None):
    site = Site(bench, {"policy-db.cache-ttl": "1h", "identity.from": "auth_authen", **(options or {})})
    site.daemon.start()
    return site


def send(site, recipients, user=ALICE, sender=ALICE, helo="client.example.org"):
    """The code of the first answer that is none of acceptance; 250 if all are."""
    with site.daemon.session() as session:
        session.open(helo=helo)
        session.macros("M", {"{auth_authen}": user, "i": "QUEUED"})
        answers = [session.mail(f"<{sender}>")]
        answers += [session.rcpt(f"<r{number}@example.net>") for number in range(recipients)] if answers[0].code in (
            None, 250) else []
        if answers[-1].code in (None, 250):
            answers.append(session.data())
        if answers[-1].code in (None, 250):
            answers.append(session.end_of_message())
        return next((answer.code for answer in answers if answer.code not in (None, 250)), 250)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


@suite.scenario("status is what the daemon says, nested names joined by dots")
def status(bench):
    site = started(bench)
    found = site.json("status")
    check_equal(found["state"]["url"], f"sqlite:{site.daemon.state}", "in JSON")
    printed = lines(site.ok("status"))
    check_equal((printed["state.url"], printed["mode"]), (f"sqlite:{site.daemon.state}", "enforce"), "printed")
    site.daemon.kill()
    check("no daemon" in site.fails(69, "status"), "without a daemon, its socket still there")
    site.ok("user", "add", ALICE)


@suite.scenario("status says whether the file is what is in force, also while the file is broken")
def status_of_file(bench):
    site = started(bench)
    check_equal(site.json("status")["configuration"], {"file": site.daemon.config, "in-force": "yes"}, "unchanged")
    site.daemon.configure({"greylist.delay": "7m", "mode": "monitor"})
    check_equal(site.json("status")["configuration"],
                {"file": site.daemon.config, "in-force": "no: the file has changed since",
                 "changed": ["mode", "greylist.delay"]}, "changed")
    site.daemon.configure({"greylist.delay": "soon", "mode": "off"})
    found = site.json("status")["configuration"]
    check_equal(found["in-force"], "no: the file cannot be used", "broken")
    check(len(found["errors"]) == 2 and "delay = soon" in found["errors"][1], str(found["errors"]))
    check("greylist.delay = soon" in site.ok("status"), "what is printed")
    check("delay = soon" in site.fails(78, "user", "list"), "other commands want a file that can be used")
    site.daemon.kill()
    check("no daemon" in site.fails(69, "status"), "without a daemon")


@suite.scenario("what it changes the daemon sees at once; what others change, after refresh")
def seen_at_once(bench):
    site = started(bench, {"quota.default": "unlimited"})
    for words in (["user", "add", ALICE], ["quota", "add", "some", "0/2h"]):
        site.ok(*words)
    check_equal(send(site, 1), 250, "without a quota")
    site.ok("set-quota", ALICE, "some")
    check_equal(send(site, 1), 550, "with a quota of nothing")
    site.ok("quota", "raise", ALICE, "9")
    check_equal(send(site, 1), 250, "raised")
    site.ok("quota", "lower", ALICE)
    check_equal(send(site, 1), 550, "lowered")
    site.ok("allow", ALICE, "example.org", "--create")
    site.json("set-quota", ALICE, "none")
    check_equal(send(site, 1, sender="x@example.net"), 550, "another's address")

    site.sql("DELETE FROM domain_user")
    check_equal(send(site, 1, sender="x@example.net"), 550, "what changed behind its back")
    check_equal(site.json("refresh", ALICE), {"refreshed": True}, "refresh")
    check_equal(send(site, 1, sender="x@example.net"), 250, "after refresh")


@suite.scenario("what a command had done when it broke off the daemon sees at once, too")
def broken_off(bench):
    site = started(bench, {"quota.default": "unlimited"})
    site.ok("user", "add", ALICE)
    site.ok("domain", "add", "example.org")
    site.sql("CREATE TRIGGER broken BEFORE INSERT ON users BEGIN INSERT INTO no_such_table VALUES (1); END")
    check_equal(send(site, 1, sender="x@example.net"), 250, "before")
    text = f"allow:{ALICE}:example.org\n" * 100 + "allow:bob:example.org\n"
    check("no_such_table" in site.fails(1, "import-file", "-", "--create", stdin=text), "the file")
    check_equal(site.json("show", ALICE)["domains"], ["example.org"], "what is done")
    check_equal(send(site, 1, sender="x@example.net"), 550, "afterwards")


@suite.scenario("quota show tells what is used, what remains, and when there is room again")
def usage(bench):
    site = started(bench, {"quota.default": "5/1h messages:100/day"})
    found = site.json("quota", "show", ALICE)
    check_equal((found["state"], found["last"], found["next_release"]), ("within", None, None), "before")
    check_equal(send(site, 3), 250, "three recipients")
    found = site.json("quota", "show", "Alice@EXAMPLE.com")
    check_equal(found["used"], [{"unit": "recipients", "limit": 5, "window": "1h", "used": 3, "remaining": 2},
                                {"unit": "messages", "limit": 100, "window": "day", "used": 1, "remaining": 99}], "used")
    check_equal((found["state"], found["blocked_until"]), ("within", None), "the state")
    wait = moment(found["next_release"]) - moment(found["last"])
    check(wait <= datetime.timedelta(seconds=3660), f"until the next release: {wait}")
    check_equal(send(site, 2), 250, "two more")
    check_equal(send(site, 1), 450, "one more")
    site.ok("user", "add", ALICE)
    found = site.json("show", ALICE, "--quota")
    check_equal((found["state"], found["used"][0]["remaining"]), ("exceeded", 0), "when all is used")
    check_equal(table(site.run("quota", "show", ALICE)[1].partition("\n\n")[2])[0],
                {"UNIT": "recipients", "LIMIT": "5", "WINDOW": "1h", "USED": "5", "REMAINING": "0"}, "printed")
    ahead = moment(found["blocked_until"]) - datetime.datetime.now(datetime.timezone.utc)
    site.daemon.advance(int(ahead.total_seconds()) - 5)
    check_equal(send(site, 1), 450, "shortly before")
    site.daemon.advance(6)
    check_equal(send(site, 1), 250, "when there is room")


@suite.scenario("quota reset prints what it forgets, and mail flows again")
def reset(bench):
    site = started(bench, {"quota.default": "4/1h"})
    for command in (["quota", "reset"], ["reset"]):
        check_equal([send(site, 3), send(site, 1), send(site, 1)], [250, 250, 450], "before")
        found = site.json(*command, "Alice@Example.com")
        check_equal((found["user"], found["dropped"]), (ALICE, [{"window": "1h", "recipients": 4, "messages": 2}]),
                    "what is forgotten")
        check(found["last"], "when it sent last")
    check_equal(site.json("quota", "reset", ALICE), {"user": ALICE, "last": None, "dropped": []}, "nothing to forget")
    check_equal(send(site, 4), 250, "afterwards")


@suite.scenario("who sends too often is shown as too soon")
def too_soon(bench):
    site = started(bench, {"quota.default": "100", "quota.min-interval": "10m"})
    check_equal([send(site, 1), send(site, 1)], [250, 450], "mail")
    found = site.json("quota", "show", ALICE)
    check_equal(found["state"], "too-soon", "the state")
    check_equal(moment(found["blocked_until"]) - moment(found["last"]), datetime.timedelta(minutes=10), "until when")


@suite.scenario("messages and totals are as the daemon wrote them, whatever the client said")
def messages(bench):
    site = started(bench, {"quota.default": "4"})
    helo = "a\x1b[2J\u00fc"
    check_equal([send(site, 3, helo=helo), send(site, 3, helo=helo)], [250, 450], "mail")
    found = wait_until(lambda: len(site.json("messages", "--user", ALICE)) == 2 and site.json("messages"), "messages")
    check_equal(sorted((row["verdict"], row["helo"], row["client"]) for row in found),
                [("defer", helo, "192.0.2.7"), ("pass", helo, "192.0.2.7")], "what is known of them")
    check("\x1b" not in site.ok("messages"), "an escape is printed")
    check_equal([site.json("totals", "--user", ALICE)[0][member] for member in ("messages", "recipients", "refused")],
                [1, 3, 1], "totals")


class Impostor:
    """Listens as a daemon does and answers each command with this, or not at all."""

    def __init__(self, bench, path, answer):
        self._answer = answer
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(path)
        self._socket.listen()
        bench.on_close(self._socket.close)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            with caller:
                caller.recv(100)
                caller.sendall(self._answer)


@suite.scenario("a daemon that does not hear of a change is warned of; the change is done")
def deaf(bench):
    for number, answer in enumerate((b"", b"nonsense\n", b'{"error":"unknown command"}\n', b"[]\n")):
        site = Site(bench, name=f"site{number}")
        Impostor(bench, site.daemon.control, answer)
        status_found, out, errors = site.run("user", "add", ALICE)
        check_equal((status_found, out), (0, f"the user {ALICE} is added\n"), f"{answer}")
        check("warning" in errors and "cache-ttl" in errors, f"{answer}: {errors}")
        site.run("allow", ALICE, "example.com", "--create")
        check_equal(site.json("show", ALICE)["domains"], ["example.com"], "the change")
        for words in (["status"], ["refresh"]):
            site.fails(69, *words)


suite.run()
