#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The table of messages, and the daemon's control socket, while mail goes out through a real Postfix."""

import contextlib
import os
import re
import socket
import sqlite3
import stat
import time

import smtp
from harness import Suite, check, check_equal, wait_until
from submission import PolicyFile, SubmissionSite, ask, check_sent, recipients, tool

suite = Suite()
FROM = "alice@example.com"
TO = recipients(3)
DAY = 86400


@suite.scenario("each message has a row with what is known of it, and the queue id that the MTA's log has")
def row(bench, site):
    daemon = site.daemon(bench)
    tried = site.send("alice", FROM, *TO, mail_parameters=" SIZE=1234")
    check_sent(tried, "the message")
    table = PolicyFile(daemon)
    columns = ("host, queue_id, outbound, user, login, sender, recipients, addresses, client, client_name, helo, size,"
               " verdict, policy, reason, ref")
    found = wait_until(lambda: table.messages(columns), "a row")
    queue_id = re.search(r"queued as (\w+)", tried.message.text)[1]
    ref = daemon.verdicts(policy="quota")[-1]["ref"]
    check_equal(found, [("mx.example.net", queue_id, 1, "alice", "alice", FROM, 3, "", "127.0.0.1", "localhost",
                         "client.example.org", 1234, "pass", "quota", "unlimited", ref)], "rows")
    when = table.messages("time_ms")[0][0] / 1000
    check(abs(when - time.time()) < 60, f"the time: {when}")
    check_equal(daemon.events("message")[0]["queue"], queue_id, "the queue id in the log")


@suite.scenario("recipients' addresses are written if messages.addresses says so, and nothing if messages.log = no")
def addresses(bench, site):
    daemon = site.daemon(bench, {"messages.addresses": "yes"})
    table = PolicyFile(daemon)
    site.send("alice", FROM, *TO)
    check_equal(wait_until(lambda: table.messages("addresses"), "a row"), [(" ".join(TO),)], "addresses")
    daemon.configure({"messages.addresses": "no"})
    daemon.reload()
    site.send("alice", FROM, *TO)
    check_equal(wait_until(lambda: table.messages("addresses")[1:], "a second row"), [("",)], "addresses after a reload")
    daemon.configure({"messages.log": "no"})
    daemon.reload()
    site.send("alice", FROM, *TO)
    check_equal(daemon.terminate(), 0, "exit status")
    check_equal(len(table.messages()), 2, "rows at the end")


@suite.scenario("mailreevectl finds the row of a null sender")
def null_sender(bench, site):
    daemon = site.daemon(bench)
    for sender in ("", FROM):
        check_sent(site.send("alice", sender, *TO), f"a message of <{sender}>")
    wait_until(lambda: len(PolicyFile(daemon).messages()) == 2, "two rows")
    for sender, found in (("<>", ["<>"]), (FROM, [FROM])):
        check_equal([row["sender"] for row in tool(daemon, "messages", "--sender", sender)], found, f"rows of {sender}")


@suite.scenario("inbound mail has rows only with messages.log = all")
def inbound(bench, site):
    daemon = site.daemon(bench)
    table = PolicyFile(daemon)
    site.postfix.attempt("someone@example.org", TO[0])
    site.send("alice", FROM, *TO)
    wait_until(table.messages, "the row of outbound mail")
    check_equal(len(table.messages()), 1, "rows")
    daemon.configure({"messages.log": "all"})
    daemon.reload()
    site.postfix.attempt("someone@example.org", TO[0])
    check_equal(wait_until(lambda: table.messages("outbound, verdict, policy, sender")[1:], "a second row"),
                [(0, "defer", "greylist", "someone@example.org")], "the row of inbound mail")


@suite.scenario("a stop writes what is still waiting")
def stop(bench, site):
    daemon = site.daemon(bench)
    with site.login("alice") as session:
        for _ in range(20):
            check_sent(smtp.attempt(session, FROM, TO), "a message")
    check_equal(daemon.terminate(), 0, "exit status")
    check_equal(len(PolicyFile(daemon).messages()), 20, "rows")


@suite.scenario("a locked table delays no mail, and has every message once it is free")
def locked(bench, site):
    daemon = site.daemon(bench, {"quota.default": "unlimited"})
    table = PolicyFile(daemon)
    check_sent(site.send("alice", FROM, *TO), "a message before")
    wait_until(table.messages, "its row")
    with contextlib.closing(sqlite3.connect(daemon.policy_db, timeout=20, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with site.login("alice") as session:
            begin = time.monotonic()
            for _ in range(20):
                check_sent(smtp.attempt(session, FROM, TO), "a message meanwhile")
            took = time.monotonic() - begin
        check(took < 15, f"20 messages took {took:.1f} s")
        check(ask(daemon, "status")["messages"]["waiting"] >= 19, f"{ask(daemon, 'status')}")
        other.execute("ROLLBACK")
    wait_until(lambda: len(table.messages()) == 21, "all rows", 40)
    check_equal(ask(daemon, "status")["messages"], {"waiting": 0, "lost": 0}, "what the daemon says of it")


@suite.scenario("rows older than messages.retention go, those that are younger stay")
def retention(bench, site):
    daemon = site.unstarted_daemon(bench, {"messages.retention": "30"})
    daemon.start()
    site.send("alice", FROM, *TO)
    table = PolicyFile(daemon)
    wait_until(table.messages, "a row")
    table.run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
              " INSERT INTO messages SELECT NULL, time_ms - ? * i, host, queue_id, ref, outbound, 'old', login, sender,"
              " recipients, addresses, client, client_name, helo, size, verdict, policy, reason FROM messages, n",
              31 * DAY * 1000)
    table.run("UPDATE messages SET time_ms = time_ms + ?, user = 'young' WHERE id = 2", 2 * DAY * 1000)
    # The clock has to have run for an hour, and the daemon looks once a minute. In steps of 500, so that others can
    # write in between.
    daemon.advance(3600)
    wait_until(lambda: len(table.messages()) == 2, "only two rows are left", 120)
    check_equal(table.messages("user"), [("alice",), ("young",)], "whose they are")
    check_equal(table.run("SELECT user, messages, recipients FROM totals"), [("alice", 1, 3)], "totals, which stay")


@suite.scenario("totals count what each user ever sent, and what was refused")
def totals(bench, site):
    daemon = site.daemon(bench, {"quota.default": "5/1h"})
    for _ in range(3):
        site.send("alice", FROM, *TO)
    site.send("bob@example.com", "bob@example.com", *TO)
    table = PolicyFile(daemon)
    wait_until(lambda: len(table.messages()) == 4, "four rows")
    check_equal(table.run("SELECT user, messages, recipients, refused FROM totals ORDER BY user"),
                [("alice", 1, 3, 2), ("bob@example.com", 1, 3, 0)], "totals")


@suite.scenario("the control socket is for its owner only, and says how the backends are")
def control(bench, site):
    daemon = site.daemon(bench)
    mode = os.stat(daemon.control).st_mode
    check(stat.S_ISSOCK(mode), "it is a socket")
    check_equal(oct(stat.S_IMODE(mode)), "0o600", "its mode")
    site.send("alice", FROM, *TO)
    status = ask(daemon, "status")
    check_equal((status["mode"], status["state"]["failures"], status["policy-db"]["failures"]), ("enforce", 0, 0),
                "the status")
    check(status["policy-db"]["entries"] > 0, f"remembered answers: {status}")
    check_equal(ask(daemon, "refresh"), {"done": True}, "refresh")
    # They are asked for again, and used if nobody answers.
    check_equal(ask(daemon, "status")["policy-db"]["entries"], status["policy-db"]["entries"], "remembered answers")
    daemon.terminate()
    check(not os.path.exists(daemon.control), "it is gone with the daemon")


@contextlib.contextmanager
def caller(daemon):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(daemon.control)
        yield connection


@suite.scenario("nonsense and silence at the control socket hang neither the daemon nor the next caller")
def nonsense(bench, site):
    daemon = site.daemon(bench)
    check_equal(ask(daemon, "make coffee"), {"error": "unknown command"}, "an unknown command")
    check_equal(ask(daemon, ""), {"error": "unknown command"}, "an empty line")
    for garbage in (b"\0\xff" * 1000, b"x" * 5000, b"status"):
        with caller(daemon) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(garbage)
                connection.shutdown(socket.SHUT_WR)
                check_equal(connection.recv(100), b"", f"the answer to {garbage[:10]}")
    with caller(daemon), caller(daemon), caller(daemon):
        begin = time.monotonic()
        check_sent(site.send("alice", FROM, *TO), "mail while three callers are silent")
        check(ask(daemon, "status")["version"], "a caller behind three that are silent")
        took = time.monotonic() - begin
        check(took < 5, f"that took {took:.1f} s")
    # One who does not read what he asked for.
    with caller(daemon) as deaf:
        for _ in range(100):
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                deaf.sendall(b"status\n")
        check(ask(daemon, "status")["version"], "a caller behind one that does not listen")
    begin = time.monotonic()
    check_equal(daemon.terminate(), 0, "exit status")
    check(time.monotonic() - begin < 5, "it stops at once")


@suite.scenario("a control socket that a dead daemon left is replaced; one that is in use, or is a file, is not")
def stale(bench, site):
    daemon = site.daemon(bench)
    daemon.kill()
    check(os.path.exists(daemon.control), "what it left")
    daemon.start()
    check(ask(daemon, "status")["version"], "the new daemon's status")
    second = site.unstarted_daemon(bench, {"socket": f"unix:{bench.path('second.sock')}",
                                           "control-socket": daemon.control}, name="second")
    process = second.spawn("-f")
    check(process.wait(timeout=20) != 0, "a second daemon starts")
    check(any("another daemon listens there" in line for line in second.lines()), f"{second.lines()}")
    bench.write("file", "precious\n")
    second.configure({"control-socket": bench.path("file")})
    check(second.spawn("-f").wait(timeout=20) != 0, "a daemon with a file for a socket starts")
    with open(bench.path("file"), encoding="ascii") as file:
        check_equal(file.read(), "precious\n", "the file")
    check(ask(daemon, "status")["version"], "the first daemon's status")


if __name__ == "__main__":
    suite.run([SubmissionSite.required], SubmissionSite)
