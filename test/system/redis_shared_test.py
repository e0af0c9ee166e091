#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Two daemons, one Redis: what one of them knows, the other one knows."""

import os
import threading

import redis_server
from ctl_site import Site
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


def come(daemon, sender=SENDER, client="192.0.2.7", whole=False):
    """The answer to the first recipient's RCPT."""
    with daemon.session() as session:
        answer = session.open(client).message(sender, TO)[0]
        if answer.kind == "c" and whole:
            session.finish()
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
    steps = (lambda: session.mail("<sender@example.com>"), lambda: session.rcpt(f"<{TO}>"), session.data,
             session.end_of_message)
    for step in steps:
        answer = step()
        if answer and answer.kind not in "ca":
            return answer.code
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


@suite.scenario("who must wait may be a correspondent, which is one more round trip; nobody else is asked about")
def correspondents(bench):
    pair = Pair(bench, {"greylist.trust-after": "0"})
    daemon, server = pair.daemons[0], pair.server
    come(daemon, "known@example.org")
    pair.advance(301)
    come(daemon, "known@example.org")
    check_equal(commands(server, lambda: come(daemon, "new@example.org")), ["evalsha", "hgetall"], "for a new tuple")
    check_equal(commands(server, lambda: come(daemon, "known@example.org")), ["evalsha"], "for a known one")
    pair.check_no_failure()


@suite.scenario("a decision is one script and one round trip")
def one_round_trip(bench):
    # Who must wait costs one more: it may be a correspondent.
    pair = Pair(bench, {"greylist.trust-after": "0", "greylist.correspondents": "0"})
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


@suite.scenario("while Redis has no memory left, a user over the quota stays refused, and others are not")
def no_memory(bench):
    pair = Pair(bench, {"quota.default": "1/1h", "quota.on-failure": "accept"})
    daemon = pair.daemons[0]
    check_equal(submit(daemon, "alice"), None, "a message within the quota")
    for name, value in (("maxmemory-policy", "noeviction"), ("maxmemory", "1mb")):
        pair.server.command("CONFIG", "SET", name, value)
    for what in ("that none was told of", "once more"):
        check_equal(submit(daemon, "alice"), 450, f"a message over the quota, {what}")
    check_equal(submit(daemon, "bob"), None, "a charge that cannot be stored, with on-failure = accept")
    check("OOM" in daemon.wait_for_event("backend-failed")["error"], "why")


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


def user_of_the_manual():
    """The ACL rules that it says are enough."""
    manual = os.path.join(os.environ.get("abs_top_srcdir", "."), "man", "mailreeve.8.in")
    with open(manual, encoding="utf-8") as file:
        text = file.read()
    return text[text.index("ACL SETUSER"):].split(".Ed")[0].split()


def use_everything(site):
    """What a daemon and mailreevectl may ask of the state."""
    daemon = site.daemon.start()
    check_deferred(come(daemon), "at first sight")
    check_deferred(come(daemon), "at once")
    daemon.advance(301)
    check_equal(come(daemon, whole=True).kind, "c", "after the delay")
    for number in range(12):
        check_deferred(come(daemon, f"new{number}@example.org"), "one more")
    check_equal([submit(daemon, "alice") for _ in range(3)], [None, None, 450], "messages")
    with daemon.session() as session:
        session.open()
        session.macros("M", {"{auth_authen}": "bob"})
        session.mail("<sender@example.com>")
        session.rcpt(f"<{TO}>")
        session.data()
        session.abort()  # what was charged is given back
        session.quit()
    for kind in ("tuples", "clients", "users"):
        check(site.json("state", "list", kind), kind)
    site.ok("state", "stats")
    site.ok("reset", "alice")
    check_equal(submit(daemon, "alice"), None, "a message after the reset")
    site.ok("state", "forget", "192.0.2.7")
    here = site.daemon.options["state.url"]
    there = f"sqlite:{site.daemon.state}"
    for words in ((here, there), (there, here)):
        site.ok("state", "copy", *words)
    check_equal(daemon.events("backend-failed"), [], "failures")


@suite.scenario("a Redis user with the rights that the manual names may do all that is needed")
def rights(bench):
    single, sentinels, cluster = redis_server.Process(), redis_server.Sentinels(), redis_server.Cluster()
    for group in (single, sentinels, cluster):
        bench.on_close(group.__exit__)
    secret = bench.write("redis-password", "password\n")
    for sentinel in sentinels.sentinels:
        sentinel.command("ACL", "SETUSER", "mailreeve", "on", ">password", "+sentinel|get-master-addr-by-name")
        sentinel.command("ACL", "SETUSER", "default", "resetpass", ">another")
    for group, servers, database in ((single, [single], "/1"), (sentinels, sentinels.servers, "/1"),
                                     (cluster, cluster.nodes, "")):
        for server in servers:
            server.command(*user_of_the_manual())
        scheme, rest = group.url.split("://")
        url = f"{scheme}://mailreeve:{secret}@{rest}{database}"
        use_everything(Site(bench, {**OPTIONS, "state.url": url, "quota.default": "2/1h",
                                    "greylist.max-pending": "10"}, name=scheme.replace("+", "-")))
        for server in servers:
            check_equal(server.command("ACL", "LOG"), [], f"what {url} was refused")


def need_redis():
    if redis_server.missing():
        raise Skip(redis_server.missing())


suite.run(requirements=[need_redis])
