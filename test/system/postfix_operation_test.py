#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What an admin does to the daemon, and what happens to it, while mail comes in through a real Postfix."""

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import time

from harness import Skip, Suite, check, check_equal, need_program, wait_until
from mta import PostfixSite

suite = Suite()
SENDER, RECIPIENT = "alice@example.org", "bob@example.net"


def remaining(reply):
    """Seconds to go, as a greylisting reply says."""
    found = re.search(r"try again in (\d+) seconds", reply.text)
    check(reply.code == 451 and found, f"no greylisting reply: {reply}")
    return int(found[1])


def pass_tuple(site, daemon, sender=SENDER):
    """Makes (192.0.2.7, sender, RECIPIENT) a known tuple."""
    site.postfix.attempt(sender, RECIPIENT)
    daemon.advance(301)
    check(site.postfix.attempt(sender, RECIPIENT).rcpt[0].accepted, "a retry after the delay")


@suite.scenario("a restart keeps what was deferred and what has passed")
def restart(bench, site):
    daemon = site.daemon(bench, {"greylist.trust-after": "0"})
    pass_tuple(site, daemon)
    check_equal(remaining(site.postfix.attempt("carol@example.org", RECIPIENT).rcpt[0]), 300, "first sight")
    check_equal(daemon.terminate(), 0, "exit status")
    daemon.advance(100)
    daemon.start()
    check(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0].accepted, "the known tuple after the restart")
    left = remaining(site.postfix.attempt("carol@example.org", RECIPIENT).rcpt[0])
    check(180 <= left <= 200, f"{left} seconds left after the restart")


@suite.scenario("kill -9 keeps what was deferred and what has passed")
def killed(bench, site):
    daemon = site.daemon(bench, {"greylist.trust-after": "0"})
    pass_tuple(site, daemon)
    site.postfix.attempt("carol@example.org", RECIPIENT)
    daemon.kill()
    daemon.advance(100)
    daemon.start()
    check(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0].accepted, "the known tuple after kill -9")
    left = remaining(site.postfix.attempt("carol@example.org", RECIPIENT).rcpt[0])
    check(180 <= left <= 200, f"{left} seconds left after kill -9")


@suite.scenario("what is kept in memory is gone after a restart")
def memory(bench, site):
    daemon = site.daemon(bench, {"state.url": "memory:"})
    pass_tuple(site, daemon)
    daemon.terminate()
    daemon.start()
    check_equal(remaining(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0]), 300, "after the restart")


@suite.scenario("while the daemon is away, Postfix defers; once it is back, new sessions are served")
def away(bench, site):
    daemon = site.daemon(bench)
    daemon.terminate()
    reply = site.postfix.attempt(SENDER, "postmaster@example.net").mail
    check_equal((reply.code, reply.enhanced), (451, "4.7.1"), "the reply without the daemon")
    daemon.start()
    check(site.postfix.attempt(SENDER, "postmaster@example.net").message.accepted, "mail with the daemon back")


@suite.scenario("a reload changes the delay for new sessions and drops no session that is open")
def reload_delay(bench, site):
    daemon = site.daemon(bench)
    with site.postfix.session() as session:
        check(session.command(f"MAIL FROM:<{SENDER}>").accepted, "MAIL before the reload")
        daemon.configure({"greylist.delay": "1m"})
        check_equal(daemon.reload()["event"], "reloaded", "the reload")
        check_equal(remaining(session.command(f"RCPT TO:<{RECIPIENT}>")), 300, "the session from before")
        check_equal(remaining(site.postfix.attempt("new@example.org", RECIPIENT).rcpt[0]), 60, "a new session")
        check(session.command("RCPT TO:<postmaster@example.net>").accepted, "the old session's next RCPT")
        check_equal(session.command("DATA").code, 354, "the old session's DATA")
        check(session.command("Subject: test\r\n\r\nText.\r\n.").accepted, "the old session's message")


@suite.scenario("a reload changes mode, message and trusted networks")
def reload_rest(bench, site):
    daemon = site.daemon(bench)
    table = [
        ({"greylist.message": "450 4.2.1 Come again ({ref})"}, "192.0.2.7", "450 4.2.1 Come again"),
        ({"mode": "monitor"}, "192.0.2.7", "250 2.1.5 Ok"),
        ({"mode": "enforce", "trusted-networks": "192.0.2.0/24"}, "192.0.2.7", "250 2.1.5 Ok"),
        ({"greylist.apply": "never"}, "198.51.100.1", "250 2.1.5 Ok"),
        ({"greylist.apply": "all"}, "198.51.100.1", "450 4.2.1 Come again"),
    ]
    for options, client, reply in table:
        daemon.configure(options)
        check_equal(daemon.reload()["event"], "reloaded", f"the reload with {options}")
        found = str(site.postfix.attempt(SENDER, RECIPIENT, client=client).rcpt[0])
        check(found.startswith(reply), f"{options}: {found}")


@suite.scenario("a reload with a broken file keeps the old configuration and says what is wrong and where")
def reload_broken(bench, site):
    daemon = site.daemon(bench, {"greylist.delay": "7m"})
    good = open(daemon.config, encoding="utf-8").read()
    lines = good.count("\n")
    table = [
        ("[greylist]\ndelay = 5 minutes\n", f"{daemon.config}:{lines + 3}: greylist.delay = 5 minutes: "),
        ("[greylist]\ndealy = 5m\n", f"{daemon.config}:{lines + 3}: unknown option greylist.dealy; did you mean greylist.delay?"),
        ("[greylist]\nmessage = 451 5.7.1 Wait\n", f"{daemon.config}:{lines + 3}: greylist.message = 451 5.7.1 Wait: "),
    ]
    for text, error in table:
        daemon.configure_text(good.replace("delay = 7m", "").rstrip("\n") + "\n\n" + text)
        event = daemon.reload()
        check_equal(event["event"], "reload-failed", "the reload")
        check(error in event["error"], f"expected {error!r} in {event['error']!r}")
        check_equal(remaining(site.postfix.attempt("new" + str(lines) + text[-5] + "@example.org", RECIPIENT).rcpt[0]), 420,
                    "the delay of the old configuration")
    os.rename(daemon.config, daemon.config + ".away")
    check_equal(daemon.reload()["event"], "reload-failed", "the reload without a file")
    check_equal(remaining(site.postfix.attempt("other@example.org", RECIPIENT).rcpt[0]), 420, "the delay")
    daemon.configure({"greylist.delay": "2m"})
    check_equal(daemon.reload()["event"], "reloaded", "the reload of a good file")
    check_equal(remaining(site.postfix.attempt("last@example.org", RECIPIENT).rcpt[0]), 120, "the new delay")


@suite.scenario("of two reloads in a row, the last one counts")
def two_reloads(bench, site):
    daemon = site.daemon(bench)
    for number in range(5):
        daemon.configure({"greylist.delay": "1m"})
        daemon.signal(signal.SIGHUP)
        daemon.configure({"greylist.delay": "2m"})
        daemon.signal(signal.SIGHUP)
        def delay(number=number):
            return remaining(site.postfix.attempt(f"{number}-{time.monotonic_ns()}x@example.org", RECIPIENT).rcpt[0])
        wait_until(lambda: delay() == 120, "the second reload's delay")
        check_equal(delay(), 120, "the delay stays")
        check_equal(daemon.events("reload-failed"), [], "failed reloads")


@suite.scenario("reloads under load lose no session and no message")
def reload_under_load(bench, site):
    daemon = site.daemon(bench)
    # It ends with an error at the first reply that is not the expected one.
    load = subprocess.Popen([need_program("smtp-source"), "-s", "4", "-m", "400", "-f", SENDER, "-t", RECIPIENT,
                             f"inet:127.0.0.1:{site.postfix.port}"], stdin=subprocess.DEVNULL)
    bench.on_close(load.wait, 30)
    bench.on_close(load.terminate)
    reloads = 0
    while load.poll() is None:
        daemon.configure({"greylist.delay": f"{reloads + 1}m"})
        check_equal(daemon.reload()["event"], "reloaded", "a reload under load")
        reloads += 1
    check_equal(load.returncode, 0, "exit status of smtp-source")
    check(reloads > 2, f"only {reloads} reloads")
    verdicts = daemon.verdicts(verdict="pass", reason="trusted-network")
    check_equal(len(verdicts), 400, "verdicts")


@suite.scenario("SIGTERM with sessions open ends the daemon in time, and their clients get a temporary error")
def terminated(bench, site):
    daemon = site.daemon(bench)
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(site.postfix.session()) for _ in range(5)]
        for number, session in enumerate(sessions):
            session.command(f"MAIL FROM:<{number}@example.org>")
            remaining(session.command(f"RCPT TO:<{RECIPIENT}>"))
        check_equal(daemon.terminate(seconds=10), 0, "exit status")
        for session in sessions:
            check_equal(session.command("RCPT TO:<postmaster@example.net>").code // 100, 4, "the class of the reply")
    check_equal([event["event"] for event in daemon.events() if event["event"].startswith("stop")],
                ["stopping", "stopped"], "events")
    daemon.advance(100)
    daemon.start()
    for number in range(5):
        left = remaining(site.postfix.attempt(f"{number}@example.org", RECIPIENT).rcpt[0])
        check(180 <= left <= 200, f"sender {number} has {left} seconds left after the restart")


@contextlib.contextmanager
def locked(path):
    """The database in another process's hands."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.close()


def check_one_line_each(daemon, failures):
    """The log told once that the store was gone and once that it was back."""
    recovered = daemon.wait_for_event("backend-recovered")
    check_equal([event["event"] for event in daemon.events() if event["event"].startswith("backend-")],
                ["backend-failed", "backend-recovered"], "events about the store")
    check(int(recovered["failures"]) >= failures, f"{recovered['failures']} failures, not {failures} or more")
    check(daemon.events("backend-failed")[0]["error"], "an error without a reason")


@suite.scenario("while the store is locked, mail flows, and the log says so once, whatever else comes in")
def store_locked(bench, site):
    daemon = site.daemon(bench, {"deadline": "500ms", "greylist.trust-after": "0"})
    pass_tuple(site, daemon)
    with locked(daemon.state):
        for number in range(3):
            began = time.monotonic()
            tried = site.postfix.attempt(f"{number}@x.example.org", RECIPIENT)
            check(tried.message and tried.message.accepted, f"message {number}: {tried}")
            check(time.monotonic() - began < 6, "the deadline does not bound the wait")
            check_equal(daemon.verdicts()[-1]["reason"], "backend-failed", "the reason")
            # Nothing has to be written for it.
            check(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0].accepted, "a known tuple")
    wait_until(lambda: not site.postfix.attempt("after@example.org", RECIPIENT).rcpt[0].accepted,
               "greylisting goes on", seconds=15)
    check_one_line_each(daemon, 3)


@suite.scenario("with on-failure = defer, mail is deferred while the store is locked")
def store_locked_defer(bench, site):
    daemon = site.daemon(bench, {"deadline": "500ms", "greylist.on-failure": "defer"})
    site.postfix.attempt(SENDER, RECIPIENT)
    with locked(daemon.state):
        for number in range(2):
            reply = site.postfix.attempt(f"{number}@example.org", RECIPIENT).rcpt[0]
            check_equal((reply.code, reply.enhanced), (451, "4.3.0"), "the reply")
            check("reylist" not in reply.text, f"not greylisting's reply: {reply}")
        tried = site.postfix.attempt(SENDER, "postmaster@example.net")
        check(tried.message and tried.message.accepted, f"postmaster needs no store: {tried}")
    wait_until(lambda: "reylist" in site.postfix.attempt("after@example.org", RECIPIENT).rcpt[0].text,
               "greylisting goes on", seconds=15)
    check_one_line_each(daemon, 2)


@suite.scenario("on a full disk, mail flows; when there is room again, greylisting goes on")
def store_full(bench, site):
    disk = bench.path("disk")
    os.mkdir(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("may not mount a small disk")
    bench.on_close(subprocess.run, ["umount", disk])
    daemon = site.daemon(bench, {"state.url": f"sqlite:{disk}/state.db", "deadline": "2s", "greylist.trust-after": "0"})
    bench.on_close(daemon.kill)
    remaining(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0])
    with open(f"{disk}/ballast", "wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    # The files have some room left inside.
    def overflows():
        replies = site.postfix.attempt(SENDER, *[f"{time.monotonic_ns()}-{n}x@example.net" for n in range(100)]).rcpt
        check({reply.code for reply in replies} <= {250, 451}, f"replies: {set(map(str, replies))}")
        return replies[-1].accepted
    wait_until(overflows, "the full disk shows")
    check_equal(len(daemon.events("backend-failed")), 1, "lines about the failure")
    os.unlink(f"{disk}/ballast")
    wait_until(lambda: not site.postfix.attempt("after@example.org", RECIPIENT).rcpt[0].accepted,
               "greylisting goes on", seconds=15)
    check_equal(len(daemon.events("backend-recovered")), 1, "lines about the recovery")
    daemon.advance(301)
    check(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0].accepted, "what was seen before the failure is known")


@suite.scenario("mail in monitor mode flows while the store is locked, even with on-failure = defer")
def store_locked_monitor(bench, site):
    daemon = site.daemon(bench, {"deadline": "500ms", "greylist.on-failure": "defer", "mode": "monitor"})
    site.postfix.attempt(SENDER, RECIPIENT)
    with locked(daemon.state):
        tried = site.postfix.attempt("carol@example.org", RECIPIENT)
    check(tried.message and tried.message.accepted, str(tried))


suite.run(requirements=[PostfixSite.required], fixture=PostfixSite)
