#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A running daemon: signals, service manager, connections of all kinds, crashes. No MTA is needed."""

import concurrent.futures
import contextlib
import json
import os
import re
import resource
import select
import signal
import socket
import sqlite3
import subprocess
import time

from daemon import Daemon, program
from harness import Skip, Suite, check, check_equal, wait_until
from milter_client import ACTION_CHANGE_HEADERS

suite = Suite()


@suite.scenario("SIGTERM and SIGINT stop it at once and with 0, also with connections open and idle")
def stop_signals(bench):
    for number in (signal.SIGTERM, signal.SIGINT):
        daemon = Daemon(bench).start()
        with daemon.session() as idle, daemon.session() as busy:
            idle.negotiate()
            check_equal(busy.open().message("a@example.org", "b@example.net")[0].code, 451, "first attempt")
            began = time.monotonic()
            daemon.signal(number)
            check_equal(daemon.wait(), 0, "exit status")
            check(time.monotonic() - began < 3, "it took too long")
        check_equal([event["event"] for event in daemon.events()][-2:], ["stopping", "stopped"], "the last events")


@suite.scenario("SIGHUP and SIGPIPE do not end it, however many come at once")
def other_signals(bench):
    daemon = Daemon(bench).start()
    with daemon.session() as session:
        session.open()
        for _ in range(30):
            for number in (signal.SIGUSR1, signal.SIGPIPE, signal.SIGHUP, signal.SIGHUP):
                daemon.signal(number)
            time.sleep(0.005)
        wait_until(lambda: daemon.events("reloaded"), "SIGHUP reloads, too")
        check_equal(session.message("a@example.org", "b@example.net")[0].code, 451, "the open session")
    with daemon.session() as session:
        check_equal(session.negotiate().version, 6, "new sessions")


@suite.scenario("SIGTERM right behind a reload still stops it with 0")
def reload_and_stop(bench):
    for _ in range(10):
        daemon = Daemon(bench).start()
        daemon.signal(signal.SIGHUP)
        daemon.signal(signal.SIGTERM)
        check_equal(daemon.wait(), 0, "exit status")
        check_equal(daemon.events()[-1]["event"], "stopped", "the last event")


@suite.scenario("a reload that would need a restart is refused as a whole, with the option's name")
def reload_fixed(bench):
    daemon = Daemon(bench).start()
    daemon.configure({"state.url": "memory:", "greylist.delay": "1m"})
    event = daemon.reload()
    check_equal(event["event"], "reload-failed", "the reload")
    check("state.url" in event["error"] and "restart" in event["error"], event["error"])
    with daemon.session() as session:
        answer = session.open().message("a@example.org", "b@example.net")[0]
    check("300 seconds" in answer.text, answer.text)


@suite.scenario("each error of a configuration that is reloaded has a line of its own in the log")
def reload_errors(bench):
    daemon = Daemon(bench).start()
    daemon.configure({"greylist.delay": "soon", "mode": "off"})
    check_equal(daemon.reload()["event"], "reload-failed", "the reload")
    wait_until(lambda: len(daemon.events("reload-failed")) == 2, "two lines")
    for event, option in zip(daemon.events("reload-failed"), ("mode = off", "greylist.delay = soon")):
        check(re.match(rf"{re.escape(daemon.config)}:\d+: {option}: ", event["error"]), event["error"])
    daemon.configure({"greylist.delay": "1m", "mode": None, "state.url": "memory:", "user": "daemon"})
    daemon.reload()
    wait_until(lambda: len(daemon.events("reload-failed")) == 4, "two more")
    check_equal([event["error"].split()[0] for event in daemon.events("reload-failed")[2:]], ["user", "state.url"],
                "what needs a restart")


@suite.scenario("a reload cannot turn to the local store if none was opened at the start")
def reload_local(bench):
    options = {"state.url": "redis://127.0.0.1:1", "state.local": "memory:", "greylist.on-failure": "defer"}
    daemon = Daemon(bench, options).start()
    for option in ("greylist.on-failure", "quota.on-failure"):
        daemon.configure({option: "local"})
        event = daemon.reload()
        check_equal(event["event"], "reload-failed", option)
        check(option in event["error"] and "restart" in event["error"], event["error"])
        daemon.configure({option: None})
    with daemon.session() as session:
        answer = session.open().message("a@example.org", "b@example.net")[0]
    check_equal(answer.code, 451, "as it was")
    check("reylisted" not in answer.text, answer.text)
    daemon.configure({"quota.on-failure": "local"})
    daemon.terminate()
    daemon.start()
    daemon.configure({"greylist.on-failure": "local"})
    check_equal(daemon.reload()["event"], "reloaded", "with a local store")
    with daemon.session() as session:
        answer = session.open().message("a@example.org", "b@example.net")[0]
    check("reylisted" in answer.text, answer.text)


@suite.scenario("the service manager is told of start, reload and stop, and its watchdog is fed")
def service_manager(bench):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(bench.path("notify"))
        manager.settimeout(15)

        def wait_for(word):
            """The message with this line; the watchdog's come all the time."""
            end = time.monotonic() + 15
            while word not in (lines := manager.recv(4096).decode().splitlines()):
                check(time.monotonic() < end, f"no {word}")
            return lines

        daemon = Daemon(bench, environment={"NOTIFY_SOCKET": bench.path("notify"), "WATCHDOG_USEC": "200000"})
        daemon.start()
        check(any(line.startswith("STATUS=") for line in wait_for("READY=1")), "no status line")
        for _ in range(3):
            wait_for("WATCHDOG=1")
        daemon.signal(signal.SIGHUP)
        lines = wait_for("RELOADING=1")
        check(any(re.fullmatch(r"MONOTONIC_USEC=\d+", line) for line in lines), f"no time of the reload: {lines}")
        wait_for("READY=1")
        daemon.signal(signal.SIGTERM)
        wait_for("STOPPING=1")
        check_equal(daemon.wait(), 0, "exit status")


def _processor_seconds(daemon):
    with open(f"/proc/{daemon.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _check_rests(daemon, what):
    """It does not spin."""
    began, used = time.monotonic(), _processor_seconds(daemon)
    time.sleep(2)
    passed = time.monotonic() - began
    used = _processor_seconds(daemon) - used
    check(used < passed / 2, f"{what}: {used:.2f} s of the processor in {passed:.2f} s")


def _ask(daemon, command="status", seconds=15):
    """What the control socket answers; None if nothing comes in time."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(seconds)
        caller.connect(daemon.control)
        caller.sendall(f"{command}\n".encode())
        try:
            return json.loads(caller.makefile().readline())
        except TimeoutError:
            return None


@suite.scenario("connections that would use up the descriptors wait, and the daemon keeps a reserve for itself")
def files_low(bench):
    limit, reserve, wanted = 300, 75, 290
    daemon = Daemon(bench).start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(daemon.session()) for _ in range(wanted)]
        for session in sessions:
            session.ask_to_negotiate()
        event = wait_until(lambda: [event for event in daemon.events("files-low") if "connections" in event],
                           "files-low")[0]
        check_equal(event["files"], str(limit), "files")
        descriptors = len(os.listdir(f"/proc/{daemon.pid}/fd"))
        check(descriptors <= limit - reserve, f"{descriptors} descriptors of {limit} are in use")
        _check_rests(daemon, "while connections wait")
        check(_ask(daemon)["connections"] > 100, "the control socket answers")
        daemon.configure({"greylist.delay": "1m"})
        check_equal(daemon.reload()["event"], "reloaded", "a reload")
        check_equal(len([event for event in daemon.events("files-low") if "connections" in event]), 1, "words about it")
        for session in sessions[:wanted // 2]:
            session.negotiated()
            session.close()
        for session in sessions[wanted // 2:]:
            check_equal(session.negotiated().version, 6, "sessions that had waited")
    check_equal(daemon.terminate(), 0, "exit status")


@suite.scenario("without any descriptor left it does not spin, the watchdog is fed, and it goes on when there are some")
def files_gone(bench):
    with open(program(), "rb") as file:
        if b"__ubsan_handle_dynamic_type" in file.read():
            raise Skip("UBSan finds out by a pipe whether an object can be read, and calls it invalid without descriptors")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(bench.path("notify"))
        manager.settimeout(15)
        daemon = Daemon(bench, environment={"NOTIFY_SOCKET": bench.path("notify"), "WATCHDOG_USEC": "200000"})
        daemon.start()
        few = 4
        check(all(os.path.exists(f"/proc/{daemon.pid}/fd/{number}") for number in range(few)), "the lowest are in use")
        before = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (few, before[1]))
        with daemon.session() as session:
            session.ask_to_negotiate()
            daemon.wait_for_event("files-low")
            check_equal(_ask(daemon, seconds=0.5), None, "the control socket's answer")
            _check_rests(daemon, "without descriptors")
            while _waiting(manager):
                manager.recv(4096)
            for _ in range(3):
                check(manager.recv(4096), "a word to the service manager")
            resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, before)
            check_equal(session.negotiated().version, 6, "the session that had waited")
        check_equal(_ask(daemon)["connections"], 0, "the control socket answers again")
        check_equal(daemon.terminate(), 0, "exit status")


def _waiting(server):
    return bool(select.select([server], [], [], 0)[0])


@suite.scenario("SIGTERM lets a decision that has begun come to its end and reach the MTA")
def stop_in_flight(bench):
    daemon = Daemon(bench, {"deadline": "1s"}).start()
    with daemon.session() as session, contextlib.closing(sqlite3.connect(daemon.state, isolation_level=None)) as lock:
        session.open().mail("<a@example.org>")
        lock.execute("BEGIN EXCLUSIVE")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(session.rcpt, "<b@example.net>")
            time.sleep(0.1)
            check(not answer.done(), "the locked store holds nothing up")
            daemon.signal(signal.SIGTERM)
            check_equal(answer.result(timeout=10).kind, "c", "the answer, as on-failure says")
    check_equal(daemon.wait(), 0, "exit status")
    check_equal(daemon.events("stopped")[0]["unfinished"], "0", "callbacks that did not end")


@suite.scenario("hundreds of connections are served side by side, and nothing of them is left when they end")
def many_connections(bench):
    daemon = Daemon(bench, {"greylist.max-pending": "10000"}).start()
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(daemon.session()).open() for _ in range(300)]
        for number, session in enumerate(sessions):
            answers = session.message(f"{number}x@example.org", "b@example.net", "postmaster@example.net")
            check_equal([answer.kind for answer in answers], ["y", "c"], f"answers in session {number}")
        check(daemon.connections() >= 300, "the sessions are not there side by side")
        for session in sessions[::3]:
            session.abort()
            session.quit()
    wait_until(lambda: daemon.connections() == 0, "they are closed")
    check_equal(daemon.terminate(), 0, "exit status")
    check_equal(daemon.events("stopping")[0]["connections"], "0", "connections at the end")


@suite.scenario("a message's headers are asked for only where forged Authentication-Results have to go, without an answer")
def headers_wanted(bench):
    for option, wanted in (("no", False), ("inbound", True)):
        daemon = Daemon(bench, {"headers.authentication-results": option}).start()
        with daemon.session() as session:
            offer = session.negotiate()
        check_equal((offer.sends("L"), offer.answers("L"), bool(offer.actions & ACTION_CHANGE_HEADERS)),
                    (wanted, False, wanted), f"sent, answered, and changed with {option}")
        daemon.kill()


@suite.scenario("a command of 100,000 octets is answered, and its addresses are cut for the store only")
def huge_command(bench):
    daemon = Daemon(bench).start()
    huge = "h" * 100000
    with daemon.session() as session:
        session.open(helo=huge)
        first = session.message(f"{huge}@example.org", f"{huge}@example.net")[0]
        check_equal(first.code, 451, "first attempt")
        session.abort()
        daemon.advance(301)
        check_equal(session.message(f"{huge}@example.org", f"{huge}@example.net")[0].kind, "c", "retry")


@suite.scenario("what is no milter protocol costs its own connection only")
def garbage(bench):
    daemon = Daemon(bench).start()
    with daemon.session() as good:
        good.open()
        for octets in (b"EHLO client.example.org\r\n", b"\0\0\0\0", b"\xff" * 64, b"\0\0\0\1Z", b"\0\0\0\2O",
                       b"\0\0\0\1C", b"\0\0\0\1M", b"\0\0\0\1R", b"\0\0\0\1E", b"\0\0\0\1A", b"\0\0\0\5C4\0\0\0"):
            for negotiated in (False, True):
                with daemon.session() as bad, contextlib.suppress(OSError):
                    if negotiated:
                        bad.negotiate()
                    bad.socket.sendall(octets)
        check_equal(good.message("a@example.org", "b@example.net")[0].code, 451, "the session beside them")
    check_equal(daemon.terminate(), 0, "exit status")
    check_equal(daemon.events("bug"), [], "bugs in the log")


@suite.scenario("killed again and again under load, it never loses what it said before, and its database stays sound")
def killed_under_load(bench):
    daemon = Daemon(bench, {"greylist.max-pending": "100000"})
    seen = []
    for number in range(8):
        daemon.start()
        with contextlib.suppress(OSError), daemon.session() as session:
            session.open()
            killer = subprocess.Popen(["sh", "-c", f"sleep 0.{number + 1}; kill -9 {daemon.pid}"])
            bench.on_close(killer.wait)
            while True:
                sender = f"{number}.{len(seen)}x@example.org"
                session.message(sender, "b@example.net")
                session.abort()
                seen.append(sender)
        daemon.kill()
    daemon.advance(400)
    daemon.configure({"greylist.trust-after": "0"})
    daemon.start()
    with daemon.session() as session:
        session.open()
        lost = [sender for sender in seen if session.message(sender, "b@example.net")[0].kind != "c"]
    check_equal(lost, [], f"lost, of {len(seen)}")
    check(len(seen) > 100, f"only {len(seen)} decisions")
    check_equal(daemon.events("bug") + daemon.events("backend-failed"), [], "troubles in the log")


@suite.scenario("where no policy is asked at MAIL, the MTA need not wait for an answer to it")
def unanswered(bench):
    daemon = Daemon(bench).start()
    with daemon.session() as session:
        check(session.negotiate().answers("M"), "MAIL is answered by default")
    daemon.configure({"sender-auth.apply": "never", "quota.apply": "never"})
    daemon.reload()
    with daemon.session() as session:
        check(not session.negotiate().answers("M"), "MAIL is not answered")
        check(not session.offer.sends("L"), "headers are not looked at")
    daemon.configure({"sender-auth.apply": "all", "sender-auth.check-from": "refuse"})
    daemon.reload()
    with daemon.session() as session:
        check(session.negotiate().sends("L"), "headers are looked at")


def _tuples(daemon):
    with contextlib.closing(sqlite3.connect(f"file:{daemon.state}?mode=ro", uri=True)) as database:
        return {sender for sender, in database.execute("SELECT sender FROM greylist")}


def _greet(daemon, sender):
    with daemon.session() as session:
        return session.open().message(sender, "b@example.net")[0]


@suite.scenario("a start with the calendar a year ahead forgets nothing, nor does an hour back or forth; a day does")
def calendar_ahead(bench):
    year, hour, day = 365 * 86400, 3600, 86400
    daemon = Daemon(bench, {"greylist.retry-window": "20h"}).start()
    check_equal(_greet(daemon, "a@example.org").code, 451, "first attempt")
    daemon.terminate()
    daemon.set_clock(year)
    daemon.start()
    check_equal(_greet(daemon, "ahead@example.org").code, 451, "first attempt a year ahead")
    daemon.set_clock(0)
    daemon.advance(400)
    check_equal(_greet(daemon, "a@example.org").kind, "c", "its retry, when the calendar is right again")
    check_equal(_greet(daemon, "back@example.org").code, 451, "first attempt")
    for ahead in (hour, -hour, 0):
        daemon.set_clock(ahead)
        _greet(daemon, "a@example.org")
    daemon.advance(400)
    check_equal(_greet(daemon, "a@example.org").kind, "c", "what was known")
    check_equal(_greet(daemon, "back@example.org").kind, "c", "what waited")
    check_equal(_greet(daemon, "old@example.org").code, 451, "first attempt")

    # The jumps above are noticed once a minute; from then on an hour has to pass.
    def forgotten():
        daemon.advance(day)
        time.sleep(1)
        return "old@example.org" not in _tuples(daemon)
    wait_until(forgotten, "what is old is forgotten", 240)


def names_in_headers(daemon, macros):
    """The names by which an inbound message's new headers call the MTA: header -> name."""
    with daemon.session() as session:
        session.negotiate()
        session.macros("C", macros)
        session.connect(address="192.0.2.7")
        session.helo("[192.0.2.7]")
        session.message("", "bob@example.net")
        session.data()
        session.end_of_message()
        values = {name: value for _, name, value in session.insertions}
    patterns = {"Authentication-Results": r"\s*([^;\s]+);", "Received-SPF": r"(?s).*\sreceiver=([^;\s]+)"}
    found = {name: re.match(pattern, values.get(name, "")) for name, pattern in patterns.items()}
    check(all(found.values()), f"headers: {values}")
    return {name: match[1] for name, match in found.items()}


@suite.scenario("headers have the name that the MTA has, or where it does not say, the host's, or the configured one")
def own_name(bench):
    daemon = Daemon(bench, {"spf.apply": "all", "greylist.apply": "never", "headers.authentication-results": "inbound",
                            "headers.received-spf": "yes"}).start()
    for macros, name in (({"j": "mx.example.net"}, "mx.example.net"), ({}, socket.gethostname()),
                         ({"j": ""}, socket.gethostname())):
        check_equal(set(names_in_headers(daemon, macros).values()), {name}, f"with {macros}")
    daemon.configure({"authserv-id": "auth.example.net"})
    daemon.reload()
    for macros in ({"j": "mx.example.net"}, {}):
        check_equal(names_in_headers(daemon, macros)["Authentication-Results"], "auth.example.net", f"with {macros}")


suite.run()
