#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What mail meets when Redis fails under load: through a real Postfix, with real Redis servers."""

import collections
import random
import threading
import time

import redis_server
import smtp
from harness import Skip, Suite, check, check_equal, wait_until
from mta import PostfixSite

suite = Suite()
QUOTA = 20
TO = "bob@example.net"
# state.timeout is 250 ms. The rest is for a machine that has other things to do; without the bound, the
# deadline of 8 s would show.
LONGEST = 4.0
OUTAGE = 2.5  # seconds
OPTIONS = {"greylist.on-failure": "accept", "quota.on-failure": "defer", "quota.default": f"{QUOTA}/1h",
           "sender-auth.apply": "never"}

KINDS = {(451, "4.7.1"): "greylisted", (451, "4.3.0"): "failed", (450, "4.7.28"): "over"}


def kind(reply):
    """What a reply tells of the decision."""
    return "accepted" if reply.code in (250, 354) else KINDS.get((reply.code, reply.enhanced), str(reply))


class Load:
    """Mail in and out, as fast as it goes, until this ends. Inbound, every client is new; outbound, each user sends
    until his quota is used up, then comes the next one."""

    def __init__(self, site, clients=2, users=2):
        self._postfix = site.postfix
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._seen = []  # (when, side, kind, sender)
        self.longest = 0.0
        self.problems = []
        sides = [self._come_in] * clients + [self._go_out] * users
        self._threads = [threading.Thread(target=self._repeat, args=(side, number))
                         for number, side in enumerate(sides)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _repeat(self, side, number):
        state = {"random": random.Random(number), "user": 0, "number": number}
        try:
            while not self._over.is_set():
                side(state)
        except Exception as error:  # pylint: disable=broad-except
            self.problems.append(repr(error))

    def _timed(self, session, line):
        began = time.monotonic()
        reply = session.command(line)
        took = time.monotonic() - began
        with self._lock:
            self.longest = max(self.longest, took)
        return reply

    def _note(self, side, what, sender):
        with self._lock:
            self._seen.append((time.monotonic(), side, what, sender))

    def _come_in(self, state):
        client = ".".join(str(state["random"].randrange(1, 255)) for _ in range(3))
        sender = f"s{state['random'].getrandbits(48)}@example.org"
        with self._postfix.session(client=f"10.{client}") as session:
            self._timed(session, f"MAIL FROM:<{sender}>")
            self._note("in", kind(self._timed(session, f"RCPT TO:<{TO}>")), f"10.{client} {sender}")

    def _go_out(self, state):
        user = f"user{state['number']}-{state['user']}"
        with self._postfix.session(login=user) as session:
            what = self._submit(session)
        self._note("out", what, user)
        state["user"] += what == "over"

    def _submit(self, session):
        for line in ("MAIL FROM:<sender@example.com>", f"RCPT TO:<{TO}>", "DATA"):
            reply = self._timed(session, line)
            if kind(reply) != "accepted":
                return kind(reply)
        # Else the message would be taken back.
        check(session.command("Subject: test\r\n\r\nText.\r\n.").accepted, "the message itself")
        return "accepted"

    def seen(self, side, what=None, since=0.0):
        with self._lock:
            return [sender for when, where, found, sender in self._seen
                    if side == where and what in (None, found) and when >= since]

    def wait_for(self, inbound, outbound, seconds=15):
        """Until mail of both sides is treated so; returns how long that took."""
        began = time.monotonic()
        for side, what in (("in", inbound), ("out", outbound)):
            wait_until(lambda side=side, what=what: len(self.seen(side, what, began)) >= 5 or self.problems,
                       f"mail {side} is {what}", seconds)
        return time.monotonic() - began

    def check_replies(self, inbound, outbound):
        """No reply was another one than these."""
        check_equal(self.problems, [], "broken sessions")
        check_equal(set(self.kinds("in")) - set(inbound), set(), "replies to inbound mail")
        check_equal(set(self.kinds("out")) - set(outbound), set(), "replies to outbound mail")

    def kinds(self, side):
        with self._lock:
            return collections.Counter(found for _, where, found, _ in self._seen if side == where)

    def accepted(self):
        """How much each user sent."""
        return collections.Counter(self.seen("out", "accepted"))


def counted(command, user):
    """What Redis says a user has sent; None if it knows nothing."""
    flat = command("HGETALL", f"mr1:q:{{{user}}}")
    parts = [value for name, value in zip(flat[::2], flat[1::2]) if b":" in name]
    return sum(int(value.split()[0]) for value in parts)


def check_counts(load, command, lost):
    """No user sent more than his quota, and Redis has counted each message once: `lost` at most, of which no answer
    came, are counted and were not sent."""
    sent = load.accepted()
    users = set(load.seen("out"))
    check(sum(sent.values()) > 0, "nothing was sent")
    counts = {user: counted(command, user) for user in users}
    for user in users:
        check(sent[user] <= counts[user] <= QUOTA, f"{user} sent {sent[user]}, counted are {counts[user]}")
    more = sum(counts.values()) - sum(sent.values())
    check(more <= lost, f"{more} messages are counted and were not sent; at most {lost} answers were lost")
    return more


def check_one_outage(daemon):
    recovered = daemon.wait_for_event("backend-recovered")
    check_equal([(event["event"], event["backend"]) for event in daemon.events()
                 if event["event"].startswith("backend-")],
                [("backend-failed", "state"), ("backend-recovered", "state")], "events about Redis")
    check(int(recovered["failures"]) > 0, f"{recovered}")


def come_back(load, daemon):
    """Returns how long it takes until Redis is used again; waits until the log says so."""
    took = load.wait_for("greylisted", "accepted")
    daemon.wait_for_event("backend-recovered")
    time.sleep(0.5)
    return took


def through_outage(load, daemon, strike, mend):
    """Redis is away for a while. Returns how long it takes until it is used again."""
    load.wait_for("greylisted", "accepted")
    strike()
    load.wait_for("accepted", "failed")
    time.sleep(OUTAGE)
    check(daemon.events("backend-failed"), "no word about the failure")
    mend()
    return come_back(load, daemon)


def check_outage(load, daemon, recovery):
    load.check_replies(["greylisted", "accepted"], ["accepted", "over", "failed"])
    report(load, daemon, recovery)
    check(load.longest < LONGEST, f"the longest answer took {load.longest:.3f} s")
    check_one_outage(daemon)


def report(load, daemon, recovery):
    reason = daemon.events("backend-failed")[0]["error"] if daemon.events("backend-failed") else "none"
    print(f"# longest answer {load.longest * 1000:.0f} ms, used again after {recovery:.2f} s; "
          f"in {dict(load.kinds('in'))}, out {dict(load.kinds('out'))}; error: {reason}", flush=True)


def redis_daemon(bench, site, url, options=None):
    return site.daemon(bench, {"state.url": url, **OPTIONS, **(options or {})})


def single(bench, *options):
    server = redis_server.Process(*options)
    bench.on_close(server.__exit__)
    return server


# A call in each of Postfix's sessions may be under way.
THREADS = 4


@suite.scenario("when Redis is killed and started again, mail flows, and nothing is counted twice")
def killed(bench, site):
    # What it has answered it still knows after the restart.
    server = single(bench, "--appendonly", "yes", "--appendfsync", "always")
    daemon = redis_daemon(bench, site, server.url)
    with Load(site) as load:
        recovery = through_outage(load, daemon, server.kill, server.start)
    check_outage(load, daemon, recovery)
    check_counts(load, server.command, lost=THREADS)


@suite.scenario("when Redis hangs, mail waits for one time-out, and nothing is counted twice")
def hangs(bench, site):
    server = single(bench)
    daemon = redis_daemon(bench, site, server.url)
    with Load(site) as load:
        recovery = through_outage(load, daemon, server.hang, server.go_on)
    check_outage(load, daemon, recovery)
    # One try in a second, too.
    more = check_counts(load, server.command, lost=THREADS + OUTAGE + 3)
    print(f"# {more} answers were lost", flush=True)


@suite.scenario("when a script is not known to Redis any more, no mail notices")
def flushed(bench, site):
    server = single(bench)
    daemon = redis_daemon(bench, site, server.url)
    with Load(site) as load:
        for _ in range(20):
            load.wait_for("greylisted", "accepted")
            server.command("SCRIPT", "FLUSH")
        load.wait_for("greylisted", "accepted")
    load.check_replies(["greylisted"], ["accepted", "over"])
    report(load, daemon, 0)
    check_equal(daemon.events("backend-failed"), [], "failures")
    check_equal(check_counts(load, server.command, lost=0), 0, "messages counted and not sent")


@suite.scenario("when Redis has no memory left, mail flows, and nothing is counted that was not sent")
def out_of_memory(bench, site):
    server = single(bench, "--maxmemory-policy", "noeviction")
    daemon = redis_daemon(bench, site, server.url)
    with Load(site) as load:
        recovery = through_outage(load, daemon,
                                  lambda: server.command("CONFIG", "SET", "maxmemory", "1mb"),
                                  lambda: server.command("CONFIG", "SET", "maxmemory", "0"))
    check_outage(load, daemon, recovery)
    check_equal(check_counts(load, server.command, lost=0), 0, "messages counted and not sent")


@suite.scenario("when Redis wants another password, mail flows; when the file has it, no restart is needed")
def wrong_password(bench, site):
    server = single(bench, "--requirepass", "first")
    secret = bench.write("redis-password", "first\n")

    def ask(*words, password="second"):
        with redis_server.Connection(server.port) as connection:
            connection("AUTH", password)
            return connection(*words)

    def change():
        ask("CONFIG", "SET", "requirepass", "second", password="first")
        # Who is logged in stays so.
        ask("CLIENT", "KILL", "TYPE", "normal")

    daemon = redis_daemon(bench, site, f"redis://default:{secret}@{server.address}/0")
    with Load(site) as load:
        recovery = through_outage(load, daemon, change, lambda: bench.write("redis-password", "second\n"))
    check_outage(load, daemon, recovery)
    check_counts(load, ask, lost=THREADS)


@suite.scenario("when the master is killed and the Sentinels choose another one, mail flows and goes on there")
def failover(bench, site):
    group = redis_server.Sentinels()
    bench.on_close(group.__exit__)
    daemon = redis_daemon(bench, site, group.url)
    with Load(site) as load:
        load.wait_for("greylisted", "accepted")
        group.fail_over()
        recovery = come_back(load, daemon)
    check_outage(load, daemon, recovery)


def cluster(bench, **more):
    group = redis_server.Cluster(**more)
    bench.on_close(group.__exit__)
    return group


@suite.scenario("when a master of a cluster is killed and its replica takes over, mail flows and goes on there")
def cluster_failover(bench, site):
    group = cluster(bench, replicas=True)
    daemon = redis_daemon(bench, site, group.url)
    with Load(site) as load:
        load.wait_for("greylisted", "accepted")
        group.nodes[0].kill()
        daemon.wait_for_event("backend-failed")
        promoted = group.nodes[3]
        wait_until(lambda: promoted.info("replication")["role"] == "master", "the replica is promoted")
        recovery = come_back(load, daemon)
    check_outage(load, daemon, recovery)


@suite.scenario("while a cluster without replicas lacks a node, it serves nobody; mail flows until the node is back")
def cluster_loss(bench, site):
    group = cluster(bench)
    daemon = redis_daemon(bench, site, group.url)
    lost = group.nodes[0]
    with Load(site) as load:
        recovery = through_outage(load, daemon, lost.kill, lost.start)
    check_outage(load, daemon, recovery)


@suite.scenario("a cluster that serves the rest while a node is missing is used for the rest")
def cluster_part(bench, site):
    group = cluster(bench)
    for node in group.nodes:
        node.command("CONFIG", "SET", "cluster-require-full-coverage", "no")
    daemon = redis_daemon(bench, site, group.url)
    lost = group.nodes[0]
    with Load(site) as load:
        load.wait_for("greylisted", "accepted")
        lost.kill()
        daemon.wait_for_event("backend-failed")
        time.sleep(2 * OUTAGE)
        served = len(load.seen("in", "greylisted", time.monotonic() - OUTAGE))
        unserved = len(load.seen("in", "accepted", time.monotonic() - OUTAGE))
        lost.start()
        recovery = come_back(load, daemon)
    print(f"# in {OUTAGE} s, {served} clients were greylisted and {unserved} were not; "
          f"{len(daemon.events('backend-failed'))} lines about failures", flush=True)
    check(served > unserved > 0, f"{served} clients were greylisted, {unserved} were not: a third is without a node")
    check_outage(load, daemon, recovery)


@suite.scenario("with on-failure = local, greylisting and quotas go on without Redis, which learns of the tuples")
def local(bench, site):
    server = single(bench, "--appendonly", "yes", "--appendfsync", "always")
    daemon = redis_daemon(bench, site, server.url, {"greylist.on-failure": "local", "quota.on-failure": "local",
                                                    "state.local": "memory:"})
    with Load(site) as load:
        load.wait_for("greylisted", "accepted")
        began = time.monotonic()
        server.kill()
        daemon.wait_for_event("backend-failed")
        load.wait_for("greylisted", "accepted")
        time.sleep(OUTAGE)
        learned = load.seen("in", "greylisted", began)
        server.start()
        ended = time.monotonic()
        wait_until(lambda: all(known(server.command, one) for one in learned), "Redis knows what was learned")
        report(load, daemon, time.monotonic() - ended)
        daemon.wait_for_event("backend-recovered")
        time.sleep(0.5)
    load.check_replies(["greylisted"], ["accepted", "over"])
    learned = load.seen("in", "greylisted", began)
    wait_until(lambda: all(known(server.command, one) for one in learned), "Redis knows all tuples")
    check_one_outage(daemon)
    for user, sent in load.accepted().items():
        check(counted(server.command, user) <= QUOTA, f"{user} in Redis")
        check(sent <= 2 * QUOTA, f"{user} sent {sent}: more than the quota of each store")
    client, sender = learned[len(learned) // 2].split()
    daemon.advance(301)
    check(site.postfix.attempt(sender, TO, client=client).rcpt[0].accepted, "a retry of what was learned meanwhile")
    check_equal(len(daemon.events("backend-failed")), 1, "failures")


def known(command, tuple_text):
    """Whether Redis has this tuple."""
    client, sender = tuple_text.split()
    network = client.rsplit(".", 1)[0] + ".0/24"
    return command("HEXISTS", f"mr1:g:{{{network}}}", f"{len(sender)}:{sender}{TO}") == 1


def need_redis():
    if redis_server.missing():
        raise Skip(redis_server.missing())


def make_site(bench):
    """Its Postfix does not slow down those who send faster than it delivers."""
    return PostfixSite(bench, "in_flow_delay = 0\n")


suite.run(requirements=[PostfixSite.required, need_redis], fixture=make_site)
