#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What mail meets when Redis fails under load: one server."""

import time

import redis_server
from harness import Suite, check, check_equal, wait_until
from mta import PostfixSite
from redis_load import (OUTAGE, QUOTA, TO, Load, check_counts, check_one_outage, check_outage, counted, make_site,
                        need_redis, redis_daemon, report, through_outage)

suite = Suite()
# A call in each of Postfix's sessions may be under way.
THREADS = 4


def single(bench, *options):
    server = redis_server.Process(*options)
    bench.on_close(server.__exit__)
    return server


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
    check_one_outage(daemon)


def known(command, tuple_text):
    """Whether Redis has a tuple of this client; each has one."""
    network = tuple_text.split()[0].rsplit(".", 1)[0] + ".0/24"
    return any(name.endswith(TO.encode()) for name in command("HKEYS", f"mr1:g:{{{network}}}"))


suite.run(requirements=[PostfixSite.required, need_redis], fixture=make_site)
