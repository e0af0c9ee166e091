#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Many sessions that are at RCPT at the same instant while DNS does not answer: none has to wait for the others."""

import contextlib
import os
import select
import signal
import socket
import sys
import time

from daemon import Daemon, inet_socket
from harness import Suite, check, check_equal, wait_until
from submission import ask

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dns"))
from slow_server import SlowServer  # pylint: disable=wrong-import-position

suite = Suite()
# By the five workers that there may be, these sessions would take 36 s.
SESSIONS, SLOW, TIMEOUT = 60, 3, 8


def start(bench, dns, options=None):
    return Daemon(bench, {"spf.apply": "all", "spf.check-helo": "no", "spf.timeout": f"{TIMEOUT}s", "dns.timeout": f"{TIMEOUT}s",
                          "dns.servers": dns.server, "state.url": "memory:", **(options or {})}).start()


def burst(daemon, meanwhile=lambda: None, domain="d"):
    """The daemon finds all of them ready at once, and whatever `meanwhile` has done. Returns the seconds after which
    each was answered."""
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(daemon.session()).open() for _ in range(SESSIONS)]
        for number, session in enumerate(sessions):
            session.mail(f"<a@{domain}{number}.example.com>")
        daemon.signal(signal.SIGSTOP)
        try:
            meanwhile()
            for session in sessions:
                session.send_rcpt("<b@example.net>")
        finally:
            daemon.signal(signal.SIGCONT)
        began = time.monotonic()
        took = []
        waiting = {session.socket: session for session in sessions}
        while waiting:
            ready = select.select(list(waiting), [], [], 60)[0]
            check(ready, f"{len(waiting)} sessions have no answer")
            for one in ready:
                check_equal(waiting.pop(one).receive_answer().code, 451, "the answer to RCPT")
                took.append(time.monotonic() - began)
        check_equal(ask(daemon, "status")["connections"], SESSIONS, "connections that count")
        return took


def check_together(took):
    check(min(took) > SLOW / 2, f"the first was answered after {min(took)} s: nothing was waited for")
    check(max(took) < SLOW + 20, f"the last was answered after {max(took)} s")


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.pid}/fd"))


@suite.scenario("on a Unix socket, the last of a burst is answered when the first is, and no descriptor is left open")
def unix(bench):
    with SlowServer(SLOW) as dns:
        daemon = start(bench, dns)
        check_together(burst(daemon))
        wait_until(lambda: daemon.connections() == 0, "the sessions are closed")
        before = descriptors(daemon)
        check_together(burst(daemon, domain="e"))
        wait_until(lambda: descriptors(daemon) <= before, "the descriptors are closed")
        check_equal(daemon.terminate(), 0, "exit status")


@suite.scenario("on a TCP socket, the last of a burst is answered when the first is")
def inet(bench):
    with SlowServer(SLOW) as dns:
        daemon = start(bench, dns, {"socket": inet_socket()})
        check_together(burst(daemon))
        check_equal(daemon.terminate(), 0, "exit status")


@suite.scenario("with the listener's queue full of connections, the last of a burst is answered when the first is")
def full_queue(bench):
    with SlowServer(SLOW) as dns, contextlib.ExitStack() as stack:
        daemon = start(bench, dns)

        def fill():
            while True:
                one = stack.enter_context(socket.socket(socket.AF_UNIX))
                one.setblocking(False)
                if one.connect_ex(daemon.address) != 0:
                    return
        check_together(burst(daemon, fill))
        check_equal(daemon.terminate(), 0, "exit status")


suite.run()
