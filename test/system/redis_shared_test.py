#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Two daemons, one Redis: what one of them knows, the other one knows."""

import threading

import redis_server
from daemon import Daemon
from harness import Skip, Suite, check, check_equal

suite = Suite()
SENDER, TO = "alice@example.org", "bob@example.net"
QUOTA = 50
OPTIONS = {"sender-auth.apply": "never", "quota.default": f"{QUOTA}/1h", "state.cache-ttl": "0",
           # What each must tell by itself is whether Redis answered.
           "greylist.on-failure": "accept", "quota.on-failure": "defer", "state.timeout": "5s"}


class Pair:
    """Two hosts; only their Redis is shared."""

    def __init__(self, bench, options=None):
        self.server = redis_server.Process()
        bench.on_close(self.server.__exit__)
        self.daemons = [Daemon(bench, {"state.url": self.server.url, **OPTIONS, **(options or {})}, name=name).start()
                        for name in ("first", "second")]

    def advance(self, seconds):
        for daemon in self.daemons:
            daemon.advance(seconds)

    def check_no_failure(self):
        for daemon in self.daemons:
            check_equal(daemon.events("backend-failed"), [], "failures")


def come(daemon, sender=SENDER, client="192.0.2.7"):
    """The answer to the first recipient's RCPT."""
    with daemon.session() as session:
        answer = session.open(client).message(sender, TO)[0]
        session.quit()
    return answer


def check_deferred(answer, what):
    check(answer.code == 451 and "reylisted" in answer.text, f"{what}: {answer}")


def submit(daemon, user):
    """The code of the refusal; None if the message went out."""
    with daemon.session() as session:
        session.open()
        session.macros("M", {"{auth_authen}": user})
        code = _code_of_message(session)
        session.quit()
    return code


def _code_of_message(session):
    for step in (lambda: session.mail("<sender@example.com>"), lambda: session.rcpt(f"<{TO}>"), session.data):
        answer = step()
        if answer and answer.kind not in "ca":
            return answer.code
    # Else the message would be taken back.
    session.end_of_message()
    return None


def commands(server, action):
    """What Redis is sent while this goes on; not what its scripts do."""
    with redis_server.Connection(server.port) as monitor:
        monitor("MONITOR")
        action()
        server.command("ECHO", "the end")
        sent = []
        while True:
            line = monitor.answer()
            if " lua] " in line:
                continue
            words = line.split('"')
            if words[3:4] == ["the end"]:
                return sent
            sent.append(words[1].lower())


@suite.scenario("what one daemon deferred, the other one accepts after the delay")
def deferred_and_accepted(bench):
    pair = Pair(bench)
    first, second = pair.daemons
    check_deferred(come(first), "at first sight")
    check_deferred(come(second), "at once, at the other host")
    check_equal(second.verdicts()[-1]["reason"], "early", "the reason")
    pair.advance(301)
    check_equal(come(second).kind, "c", "after the delay, at the other host")
    check_equal(come(first).kind, "c", "then at the first one")
    check_equal(first.verdicts()[-1]["reason"], "known", "the reason")
    pair.check_no_failure()


@suite.scenario("100 sessions at once at two daemons send exactly the 50 messages of one quota")
def one_quota(bench):
    pair = Pair(bench)
    start = threading.Barrier(100)
    results = []

    def send(number):
        start.wait(30)
        results.append(submit(pair.daemons[number % 2], "alice"))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    check_equal((results.count(None), results.count(450), len(results)), (QUOTA, QUOTA, 100),
                "sent, over the quota, and all")
    flat = pair.server.command("HGETALL", "mr1:q:{alice}")
    counted = sum(int(value.split()[0]) for name, value in zip(flat[::2], flat[1::2]) if b":" in name)
    check_equal(counted, QUOTA, "what Redis has counted")
    pair.check_no_failure()


@suite.scenario("a decision is one script and one round trip")
def one_round_trip(bench):
    pair = Pair(bench, {"greylist.trust-after": "0"})
    daemon, server = pair.daemons[0], pair.server
    # Scripts are loaded and connections made.
    come(daemon, "known@example.org")
    submit(daemon, "loader")
    pair.advance(301)
    come(daemon, "known@example.org")

    table = [
        ("new tuples", lambda number: come(daemon, f"new{number}@example.org"), 1),
        ("known tuples", lambda _: come(daemon, "known@example.org"), 1),
        # MAIL asks whether anything is left, DATA charges.
        ("messages with a quota", lambda _: submit(daemon, "carol"), 2),
    ]
    for what, action, scripts in table:
        sent = commands(server, lambda action=action: [action(number) for number in range(20)])
        check_equal(sent, ["evalsha"] * 20 * scripts, f"sent to Redis for 20 {what}")
    before = server.calls("evalsha")
    for _ in range(20):
        come(daemon, "known@example.org")
    check_equal(server.calls("evalsha") - before, 20, "calls as Redis counts them")
    pair.check_no_failure()


@suite.scenario("what is known survives a restart of the daemon")
def restart(bench):
    pair = Pair(bench)
    daemon = pair.daemons[0]
    check_deferred(come(daemon), "at first sight")
    for _ in range(QUOTA - 1):
        check_equal(submit(daemon, "alice"), None, "a message within the quota")
    check_equal(daemon.terminate(), 0, "exit status")
    daemon.advance(301)
    daemon.start()
    check_equal(come(daemon).kind, "c", "after the delay and the restart")
    check_equal(submit(daemon, "alice"), None, "the last message of the quota")
    check_equal(submit(daemon, "alice"), 450, "one more")
    pair.check_no_failure()


def need_redis():
    if redis_server.missing():
        raise Skip(redis_server.missing())


suite.run(requirements=[need_redis])
