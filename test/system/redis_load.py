# SPDX-License-Identifier: BSD-2-Clause
"""Mail through a real Postfix while Redis fails, and what must be true of it afterwards."""

import collections
import random
import threading
import time

import redis_server
from harness import Skip, check, check_equal, wait_until
from mta import PostfixSite

QUOTA = 20
TO = "bob@example.net"
# state.timeout is 250 ms. The rest is for a machine that has other things to do; without the bound, the
# deadline of 8 s would show.
LONGEST = 4.0
OUTAGE = 2.5  # seconds
# Each client is one by itself.
OPTIONS = {"greylist.host-domain": "no", "greylist.on-failure": "accept", "quota.on-failure": "defer",
           "quota.default": f"{QUOTA}/1h", "sender-auth.apply": "never",
           # A pair of addresses is written once a day: the load's few would not show that writing works again.
           "greylist.correspondents": "0"}

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
        return kind(session.command("Subject: test\r\n\r\nText.\r\n."))

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
    """One line for each kind of call when it goes, and one when it is back."""
    wait_until(lambda: len(daemon.events("backend-recovered")) == len(daemon.events("backend-failed")) > 0,
               "all is back")
    for kind in ("greylist", "quota"):
        check_equal([(event["event"], event["backend"]) for event in daemon.events()
                     if event["event"].startswith("backend-") and event["calls"] == kind],
                    [("backend-failed", "state"), ("backend-recovered", "state")], f"events about {kind}")
    for event in daemon.events("backend-recovered"):
        check(int(event["failures"]) > 0, f"{event}")


def come_back(load, daemon):
    """Returns how long it takes until Redis is used again; waits until the log says so."""
    took = load.wait_for("greylisted", "accepted")
    wait_until(lambda: len(daemon.events("backend-recovered")) == len(daemon.events("backend-failed")),
               "all is back")
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


def need_redis():
    if redis_server.missing():
        raise Skip(redis_server.missing())


def make_site(bench):
    """Its Postfix does not slow down those who send faster than it delivers."""
    return PostfixSite(bench, "in_flow_delay = 0\n")
