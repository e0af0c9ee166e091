#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What mail meets when Redis fails under load: behind Sentinels, and as a Cluster."""

import time

import redis_server
from harness import Suite, check, wait_until
from mta import PostfixSite
from redis_load import OUTAGE, Load, check_outage, come_back, make_site, need_redis, redis_daemon, through_outage

suite = Suite()


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


def check_part(bench, site, fail, come_again):
    """A cluster that may serve a part, while `fail` has befallen one of its three nodes."""
    group = cluster(bench)
    for node in group.nodes:
        node.command("CONFIG", "SET", "cluster-require-full-coverage", "no")
    daemon = redis_daemon(bench, site, group.url)
    lost = group.nodes[0]
    with Load(site) as load:
        load.wait_for("greylisted", "accepted")
        fail(lost)
        daemon.wait_for_event("backend-failed")
        time.sleep(2 * OUTAGE)
        served = len(load.seen("in", "greylisted", time.monotonic() - OUTAGE))
        unserved = len(load.seen("in", "accepted", time.monotonic() - OUTAGE))
        come_again(lost)
        recovery = come_back(load, daemon)
    print(f"# in {OUTAGE} s, {served} clients were greylisted and {unserved} were not; "
          f"{len(daemon.events('backend-failed'))} lines about failures", flush=True)
    # A client's tuple and its own trust lie on nodes of their own: of nine clients, four need none that is missing.
    check(2 * served > unserved > 0, f"{served} clients were greylisted, {unserved} were not: five ninths lack a node")
    check_outage(load, daemon, recovery)


@suite.scenario("a cluster that serves the rest while a node is missing is used for the rest")
def cluster_part(bench, site):
    check_part(bench, site, redis_server.Process.kill, redis_server.Process.start)


@suite.scenario("a cluster that serves the rest while a node hangs is used for the rest")
def cluster_hangs(bench, site):
    check_part(bench, site, redis_server.Process.hang, redis_server.Process.go_on)


suite.run(requirements=[PostfixSite.required, need_redis], fixture=make_site)
