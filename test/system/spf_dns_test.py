#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Mail through a real Postfix while the DNS server fails in all its ways, and while an admin changes it."""

import contextlib
import socket
import threading
import time

from harness import Suite, check, check_equal
from spf_site import RECIPIENT, Authority, SpfSite, read_authentication_results, read_received_spf, top_headers

suite = Suite()
CLIENT = "192.0.2.7"
# Longer than what a bound under test allows, by more than a busy machine takes.
LONG = {"dns.timeout": "20s", "deadline": "25s"}
LESS = 15


def result(site, sender, client=CLIENT):
    """As the headers of the delivered message say; before LONG is over."""
    start = time.monotonic()
    message = site.deliver(sender, client=client)
    took = time.monotonic() - start
    check(took < LESS, f"{sender} took {took:.1f} s, not less than {LESS}")
    results, received, _ = top_headers(message)
    found = read_authentication_results(results)[1]["spf"][0]
    check_equal(read_received_spf(received)[0], found, "the result in Received-SPF")
    return found


@contextlib.contextmanager
def silent_server():
    """It takes queries and does not answer them: its address, and what returns once it has another query."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(30)
        yield f"127.0.0.1@{server.getsockname()[1]}", lambda: server.recv(512)


@suite.scenario("while the DNS server is stopped, mail flows with temperror; once it is back, so is SPF")
def stopped(bench, site):
    site.daemon(bench, {**LONG, "spf.timeout": "2s"})
    check_equal(result(site, "a@before.fresh.example"), "pass", "with DNS")
    site.dns.stop()
    try:
        check_equal(result(site, "a@during.fresh.example"), "temperror", "without DNS")
        check_equal(result(site, "a@before.fresh.example"), "pass", "without DNS, but still known")
    finally:
        site.dns.start()
    check_equal(result(site, "a@after.fresh.example"), "pass", "with DNS again")


@suite.scenario("a DNS server that says nothing costs spf.timeout, and mail flows with temperror")
def silent(bench, site):
    with silent_server() as (server, _):
        site.daemon(bench, {**LONG, "dns.servers": server, "spf.timeout": "1s"})
        check_equal(result(site, "a@example.com"), "temperror", "the result")


@suite.scenario("deadline goes before spf.timeout")
def deadline(bench, site):
    with silent_server() as (server, _):
        site.daemon(bench, {**LONG, "dns.servers": server, "spf.timeout": "20s", "deadline": "1s"})
        check_equal(result(site, "a@example.com"), "temperror", "the result")


@suite.scenario("sessions that wait for DNS hold up no other ones")
def crowd(bench, site):
    with silent_server() as (server, asked):
        daemon = site.daemon(bench, {**LONG, "dns.servers": server, "spf.timeout": "15s",
                                     "spf.on-temperror": "defer", "spf.trusted-relays": "203.0.113.0/24"})
        replies = []
        waiting = [threading.Thread(target=lambda number=number: replies.append(
            site.postfix.attempt(f"a@{number}.example.com", RECIPIENT, client=CLIENT).rcpt[0])) for number in range(20)]
        start = time.monotonic()
        for thread in waiting:
            thread.start()
        asked()
        for _ in range(5):
            site.deliver("a@example.com", client="203.0.113.9")
        check_equal(len(daemon.verdicts(verdict="pass")), 5, "messages that passed meanwhile")
        check_equal(daemon.verdicts(verdict="defer"), [], "deferred while the others pass")
        for thread in waiting:
            thread.join()
        took = time.monotonic() - start
    check_equal([(reply.code, reply.enhanced) for reply in replies], [(451, "4.7.24")] * 20, "the others' replies")
    check(took < 5 * LESS, f"they waited one after the other: {took:.1f} s")


@suite.scenario("of two DNS servers one may be down")
def second_server(bench, site):
    with contextlib.ExitStack() as stack:
        down = stack.enter_context(Authority({}))
        down.stop()
        site.daemon(bench, {**LONG, "dns.servers": f"{down.server}, {site.dns.server}"})
        for number in range(5):
            check_equal(result(site, f"a@two{number}.fresh.example"), "pass", f"message {number}")


@suite.scenario("a reload that changes dns.servers asks the new one, and keeps nothing of the old one's answers")
def reload_servers(bench, site):
    with Authority({"example.com": '@ TXT "v=spf1 ~all"'}) as other:
        daemon = site.daemon(bench)
        check_equal(result(site, "a@example.com"), "pass", "the first server's")
        with site.postfix.session(client=CLIENT):
            daemon.configure({"dns.servers": other.server})
            check_equal(daemon.reload()["event"], "reloaded", "the reload")
            check_equal(result(site, "a@example.com"), "softfail", "the second server's")
        daemon.configure({"dns.servers": site.dns.server})
        check_equal(daemon.reload()["event"], "reloaded", "the second reload")
        check_equal(result(site, "a@example.com"), "pass", "the first server's again")


@suite.scenario("a reload with dns.servers that are none changes nothing")
def reload_nonsense(bench, site):
    daemon = site.daemon(bench)
    daemon.configure({"dns.servers": "ns.example.com"})
    check_equal(daemon.reload()["event"], "reload-failed", "the reload")
    check_equal(result(site, "a@example.com"), "pass", "the result")


suite.run(requirements=[SpfSite.required], fixture=SpfSite)
