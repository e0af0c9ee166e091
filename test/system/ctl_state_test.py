#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mailreevectl's view of the state store, beside a running daemon."""

import json
import os

from ctl_site import Site
from harness import Suite, check, check_equal
from redis_server import Process

suite = Suite()
BOB = "<bob@example.net>"


def attempt(daemon, address, sender="<a@example.com>", recipient=BOB):
    with daemon.session() as session:
        session.negotiate()
        session.connect("mx.example.com", address)
        session.mail(sender)
        code = session.rcpt(recipient).code
        # Trust belongs to messages that have ended.
        if code is None:
            session.data()
            session.end_of_message()
        return code


def with_state(bench, options=None, name="site"):
    """192.0.2.7 is trusted, 198.51.100.0/24 waits, and alice has sent."""
    site = Site(bench, {"greylist.delay": "1m", "greylist.trust-after": "2", "quota.default": "10", **(options or {})},
                name=name)
    daemon = site.daemon.start()
    attempt(daemon, "192.0.2.7")
    daemon.advance(60)
    for _ in range(2):
        attempt(daemon, "192.0.2.7")
    attempt(daemon, "198.51.100.9", "<c@example.com>")
    with daemon.session() as session:
        session.negotiate()
        session.connect("pc.example.com", "203.0.113.5")
        session.macros("M", {"{auth_authen}": "alice"})
        session.mail("<alice@example.com>")
        session.rcpt(BOB)
        session.data()
        session.end_of_message()
    return site


@suite.scenario("what the daemon knows is counted, listed and shown")
def shown(bench):
    site = with_state(bench)
    stats = site.json("state", "stats")
    check_equal((stats["waiting"], stats["passed"], stats["clients"], stats["users"]), (1, 1, 1, 1), "numbers")
    tuples = {row["client"]: row for row in site.json("state", "list", "tuples")}
    check_equal({client: row["state"] for client, row in tuples.items()},
                {"192.0.2.0/24": "passed", "198.51.100.0/24": "waits"}, "states")
    check_equal(tuples["198.51.100.0/24"]["sender"], "c@example.com", "sender")
    check_equal([row["client"] for row in site.json("state", "list", "tuples", "--search", "c@exam")],
                ["198.51.100.0/24"], "found")
    for limit in (0, 1, 2):
        status, out, said = site.run("--json", "state", "list", "tuples", "--limit", str(limit))
        check_equal((status, len(json.loads(out))), (0, limit), "limit")
        check_equal("a higher --limit shows more" in said, limit < 2, f"what is said of a limit of {limit}: {said}")
    check_equal([(row["client"], row["passes"], row["trusted"]) for row in site.json("state", "list", "clients")],
                [("192.0.2.7/32", 2, True)], "clients")
    check_equal([(row["user"], row["used"]) for row in site.json("state", "list", "users")],
                [("alice", ["recipients:1/24h", "messages:1/24h"])], "users")
    check_equal(site.ok("state", "list", "users", "--search", "bob").split(), ["USER", "USED", "LAST", "EXPIRES"],
                "an empty list")
    # An address is its network, whose tuples are its own, and a host, whose trust is nobody else's.
    for words, trust in ((["client", "show", "192.0.2.7"], (2, True)), (["client", "show", "192.0.2.200"], (0, False)),
                         (["state", "show", "192.0.2.0/24"], (0, False))):
        found = site.json(*words)
        check_equal((found["client"], found["passes"], found["trusted"]), ("192.0.2.0/24", *trust), words)
        check_equal([row["recipient"] for row in found["tuples"]], ["bob@example.net"], words)
    check("tuples, clients, users" in site.fails(64, "state", "list", "nonsense"), "a wrong kind")


@suite.scenario("a client that is forgotten is greylisted like a stranger")
def forgotten(bench):
    site = with_state(bench)
    check_equal(attempt(site.daemon, "192.0.2.7"), None, "before")
    check_equal(site.json("state", "forget", "192.0.2.7"), {"client": "192.0.2.0/24", "forgotten": 2}, "what it says")
    check_equal(attempt(site.daemon, "192.0.2.7"), 451, "afterwards")
    for words in (["state", "forget", "192.0.3.1"], ["state", "show", "192.0.3.1"], ["client", "show", "spf:example.com"],
                  ["client", "show", "spf:example.com@192.0.0.0/10"], ["state", "show", "host:example.com"]):
        status, out, errors = site.run(*words)
        check_equal((status, bool(out), "warning: nothing is known of " in errors), (0, True, True), words)


@suite.scenario("forgetting what a user has sent warns if that is nothing")
def reset(bench):
    site = with_state(bench)
    status, _, errors = site.run("quota", "reset", "nobody")
    check_equal((status, errors), (0, "mailreevectl: warning: nothing was known of what nobody sent\n"), "a stranger")
    site.ok("reset", "ALICE")
    check("nothing was known" in site.run("reset", "alice")[2], "once more")


@suite.scenario("a store is copied to another kind and back, and nothing is lost")
def copied(bench):
    site = with_state(bench)
    here = f"sqlite:{site.daemon.state}"
    back = f"sqlite:{bench.path('back.db')}"
    # The fifth is whom alice has written to.
    everything = {kind: sorted(map(str, site.json("state", "list", kind))) for kind in ("tuples", "clients", "users")}
    with Process() as redis:
        check_equal(site.json("state", "copy", here, redis.url)["copied"], 5, "to Redis")
        check_equal(site.json("state", "copy", here, redis.url)["copied"], 5, "to Redis, once more")
        check_equal(site.json("state", "copy", redis.url, back)["copied"], 5, "back")
    site.daemon.terminate()
    site.daemon.configure({"state.url": back})
    for kind, rows in everything.items():
        check_equal(sorted(map(str, site.json("state", "list", kind))), rows, kind)
    site.daemon.start()
    check_equal(attempt(site.daemon, "192.0.2.7", "<new@example.com>"), None, "a trusted client")
    check_equal(attempt(site.daemon, "198.51.100.9", "<c@example.com>"), 451, "one that waits")
    for words in ([here, here], [here, "nonsense:"]):
        site.fails(64, "state", "copy", *words)
    check("memory:" in site.fails(1, "state", "copy", here, "memory:"), "to memory")
    absent = bench.path("absent.db")
    check(absent in site.fails(1, "state", "copy", f"sqlite:{absent}", here), "from a file that is not there")
    check(not os.path.exists(absent), "it was made")
    check("127.0.0.1:1" in site.fails(69, "state", "copy", "redis://127.0.0.1:1", f"sqlite:{absent}"), "from nobody")
    check(not os.path.exists(absent), "it was made for nothing")


@suite.scenario("where names are hashed, a copy says how many tuples it leaves out")
def copied_hashed(bench):
    with Process() as redis:
        site = with_state(bench, {"state.url": redis.url, "state.redis-names": "hashed", "state.cache-ttl": "0"})
        check_equal(site.json("state", "list", "tuples"), [], "tuples")
        status, _, errors = site.run("state", "copy", redis.url, f"sqlite:{bench.path('copy.db')}")
        check_equal(status, 0, errors)
        check("2 tuples are left out" in errors, errors)


@suite.scenario("the daemon's memory and a dead Redis are said to be that")
def unseen(bench):
    site = Site(bench, {"state.url": "memory:"})
    check("memory:" in site.fails(69, "state", "stats"), "memory")
    with Process() as redis:
        redis.kill()
        other = Site(bench, {"state.url": redis.url}, name="other")
        check(redis.address in other.fails(69, "state", "stats"), "a dead Redis")


suite.run()
