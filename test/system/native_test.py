#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""engine = native: what an MTA may do to it, and how it begins and ends."""

import contextlib
import os
import resource
import select
import signal
import socket
import struct
import sys
import threading
import time

from daemon import Daemon, inet_socket, need_systemd
from harness import Suite, check, check_equal, wait_until
from milter_client import MilterSession
from submission import ask

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dns"))
from slow_server import SlowServer  # pylint: disable=wrong-import-position

suite = Suite()

LONGEST = 1024 * 1024


def native(bench, options=None, **more):
    return Daemon(bench, {"engine": "native", **(options or {})}, **more)


def packet(letter, data=b""):
    return struct.pack("!I", len(data) + 1) + letter.encode() + data


NEGOTIATION = packet("O", struct.pack("!III", 6, 0x1FF, 0x1FFFFF))
CLIENT = packet("C", b"client.example.org\x004\x9c\x40192.0.2.7\0")
HELO = packet("H", b"client.example.org\0")
MAIL = packet("M", b"<a@example.org>\0")
BEGIN = NEGOTIATION + CLIENT + HELO

# What is sent, and whether the MTA then closes its side.
BREACHES = [
    # Lengths.
    (b"\0\0\0\0", False), (b"\xff\xff\xff\xff", False), (struct.pack("!I", LONGEST + 1), False), (BEGIN + b"\0\0\0\0", False),
    (b"GET / HTTP/1.0\r\n\r\n", False), (b"EHLO client.example.org\r\n", False), (b"\x16\x03\x01\x02\x00\x01", False),
    # Orders.
    (CLIENT, False), (MAIL, False), (packet("D", b"Cj\0mx\0"), False), (packet("A"), False), (NEGOTIATION + HELO, False),
    (NEGOTIATION + MAIL, False), (BEGIN + NEGOTIATION, False), (BEGIN + CLIENT, False), (BEGIN + packet("K") + MAIL, False),
    # Commands that there are not.
    (BEGIN + packet("Z"), False), (BEGIN + packet("\0"), False), (BEGIN + packet("c"), False),
    # Strings and numbers.
    (packet("O", b"\0\0\0\6"), False), (packet("O", struct.pack("!III", 1, 0, 0)), False),
    (NEGOTIATION + packet("C", b"x\0"), False), (NEGOTIATION + packet("C", b"x\x004\0\0nonsense\0"), False),
    (NEGOTIATION + packet("C", b"x\0X\0"), False), (BEGIN + packet("H", b"no end"), False), (BEGIN + packet("H", b"a\0b\0"), False),
    (BEGIN + packet("M"), False), (BEGIN + packet("M", b"<a@b>\0SIZE=1"), False), (BEGIN + MAIL + packet("R", b"<x>"), False),
    (BEGIN + packet("L", b"Subject\0"), False), (BEGIN + packet("L", b"a\0b\0c\0"), False), (BEGIN + packet("D"), False),
    (BEGIN + packet("D", b"M" + b"x" * 70000), False),
    # Its end within a packet.
    (NEGOTIATION[:2], True), (NEGOTIATION[:-1], True), (BEGIN + MAIL[:7], True), (BEGIN + struct.pack("!I", LONGEST) + b"B123", True),
]


@suite.scenario("each breach of the protocol ends its connection with one line in the log, and no other connection")
def breaches(bench):
    daemon = native(bench).start()
    with daemon.session() as other:
        other.open()
        for number, (octets, ends) in enumerate(BREACHES, 1):
            with socket.socket(socket.AF_UNIX) as one:
                one.settimeout(20)
                one.connect(daemon.address)
                one.sendall(octets)
                if ends:
                    one.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionResetError):
                    while one.recv(65536):
                        pass
            wait_until(lambda number=number: len(daemon.events("protocol-error")) >= number, f"a word about {octets[:60]}")
            check_equal(len(daemon.events("protocol-error")), number, f"words about {octets[:60]}")
        check_equal(other.message("a@example.org", "postmaster@example.net")[0].kind, "c", "the other connection")
    for severity in ("error", "bug"):
        check_equal([event for event in daemon.events() if severity in (event["severity"], event["event"])], [], severity)
    wait_until(lambda: ask(daemon, "status")["connections"] == 0, "no connection is left")
    check_equal(daemon.terminate(), 0, "exit status")
    check_equal(len(daemon.events("protocol-error")), len(BREACHES), "words about it at the end")


@suite.scenario("an MTA that leaves between two packets, with or without a goodbye, is worth no word")
def leaves(bench):
    daemon = native(bench).start()
    for octets in (b"", NEGOTIATION, BEGIN, BEGIN + MAIL, BEGIN + packet("Q"), NEGOTIATION + packet("Q"), packet("Q")):
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(daemon.address)
            one.sendall(octets)
    wait_until(lambda: daemon.connections() == 0, "the connections are closed")
    check_equal(daemon.terminate(), 0, "exit status")
    check_equal(daemon.events("protocol-error") + daemon.events("bug"), [], "words about it")


@suite.scenario("packets that come octet by octet, and the longest that may be, are answered like others")
def sizes(bench):
    daemon = native(bench).start()
    with daemon.session() as session:
        for octet in NEGOTIATION:
            session.socket.sendall(bytes([octet]))
        session.negotiated()
        for octet in CLIENT + HELO + MAIL + packet("R", b"<postmaster@example.net>\0"):
            session.socket.sendall(bytes([octet]))
        check_equal([session.receive_answer().kind for _ in range(2)], ["c", "c"], "MAIL and RCPT")
        check_equal(session.data().kind, "c", "DATA")
        name = b"Subject\0"
        session.socket.sendall(packet("L", name + b"x" * (LONGEST - len(name) - 2) + b"\0"))
        session.socket.sendall(packet("B", b"x" * (LONGEST - 1)))
        check_equal(session.receive_answer().kind, "c", "a body, which was not asked for")
        check_equal(session.finish().kind, "c", "the end of the message")
        check_equal(daemon.events("protocol-error"), [], "words about it")
        session.socket.sendall(struct.pack("!I", LONGEST + 1))
        check_equal(session.socket.recv(1), b"", "an octet more")
    check_equal(len(daemon.events("protocol-error")), 1, "words about it")


@suite.scenario("an MTA that does not take its answers is given up, and holds up nobody")
def does_not_read(bench):
    daemon = native(bench).start()
    with socket.socket(socket.AF_UNIX) as deaf, daemon.session() as other:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(daemon.address)
        deaf.settimeout(60)
        # Its own commands are not taken either, in the end.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            deaf.sendall(BEGIN)
            while True:
                deaf.sendall(packet("U", b"x\0") + MAIL * 1000)
                if daemon.events("protocol-error"):
                    break
        other.open()
        check_equal(other.message("a@example.org", "postmaster@example.net")[0].kind, "c", "the other connection")
        wait_until(lambda: daemon.events("protocol-error"), "it is given up", seconds=60)
    check_equal(len(daemon.events("protocol-error")), 1, "words about it")
    check_equal(daemon.terminate(), 0, "exit status")


@suite.scenario("it listens on several sockets at once, of all families, and removes what is its own")
def several(bench):
    names = [f"unix:{bench.path('one.sock')}", f"unix:{bench.path('two.sock')}", inet_socket(), inet_socket(socket.AF_INET6)]
    daemon = native(bench, {"socket": names[0]}).start()
    check_equal(daemon.terminate(), 0, "exit status")
    daemon.configure({"socket": ", ".join(names)})
    process = daemon.spawn("-f")
    addresses = [bench.path("one.sock"), bench.path("two.sock")]
    for name in names[2:]:
        port, host = name.split(":", 1)[1].split("@")
        addresses.append((host, int(port)))
    wait_until(lambda: len(daemon.events("started")) == 2, "it has started")
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(MilterSession(address)) for address in addresses for _ in range(5)]
        for session in sessions:
            session.open()
        for session in sessions:
            check_equal(session.message("a@example.org", "postmaster@example.net")[0].kind, "c", "an answer")
    process.terminate()
    check_equal(process.wait(20), 0, "exit status")
    check(not any(os.path.exists(path) for path in addresses[:2]), "a socket file is left")


TIMEOUT, SLOW = 3, 1


def burst(bench, dns, sessions, options=None):
    """Seconds until each of so many sessions that are at RCPT at the same instant is answered; the daemon."""
    daemon = native(bench, {"spf.apply": "all", "spf.check-helo": "no", "spf.timeout": f"{TIMEOUT}s", "dns.timeout": f"{TIMEOUT}s",
                            "dns.servers": dns.server, "state.url": "memory:", "greylist.apply": "all", **(options or {})}).start()
    with contextlib.ExitStack() as stack:
        waiting = {}
        for number in range(sessions):
            session = stack.enter_context(daemon.session()).open()
            session.mail(f"<a@d{number}.silent.example.com>" if dns.silent else f"<a@d{number}.example.com>")
            waiting[session.socket] = session
        daemon.signal(signal.SIGSTOP)
        try:
            for session in waiting.values():
                session.send_rcpt("<b@example.net>")
        finally:
            daemon.signal(signal.SIGCONT)
        began = time.monotonic()
        took = []
        while waiting:
            ready = select.select(list(waiting), [], [], 60)[0]
            check(ready, f"{len(waiting)} sessions have no answer")
            for one in ready:
                check_equal(waiting.pop(one).receive_answer().code, 451, "the answer to RCPT")
                took.append(time.monotonic() - began)
    return took, daemon


class Dns(SlowServer):
    silent = False


class SilentDns(SlowServer):
    silent = True


@suite.scenario("of a hundred sessions at RCPT at once, the last is answered when the first is: DNS that takes a second")
def slow_dns(bench):
    with Dns(SLOW) as dns:
        took, daemon = burst(bench, dns, 100)
        check(min(took) > SLOW / 2, f"the first after {min(took)} s: nothing was waited for")
        check(max(took) < SLOW + 15, f"the last after {max(took)} s")
        check_equal(daemon.events("threads-busy"), [], "words about threads")
        check_equal(daemon.terminate(), 0, "exit status")


@suite.scenario("of a hundred sessions at RCPT at once, the last is answered when the first is: silent DNS")
def silent_dns(bench):
    with SilentDns(SLOW) as dns:
        took, daemon = burst(bench, dns, 100)
        check(max(took) < TIMEOUT + 15, f"the last after {max(took)} s")
        check_equal(daemon.terminate(), 0, "exit status")


@suite.scenario("beyond threads-max sessions wait for their turn, and the log says so once")
def few_threads(bench):
    with Dns(SLOW) as dns:
        took, daemon = burst(bench, dns, 16, {"threads-max": "4"})
        check(max(took) > 3 * SLOW, f"four at a time, and the last after {max(took)} s")
        check(max(took) < 60, f"the last after {max(took)} s")
        events = daemon.events("threads-busy")
        check_equal([event["threads"] for event in events], ["4"], "words about threads")
        check_equal(daemon.terminate(), 0, "exit status")


@suite.scenario("at SIGTERM a command in progress is answered, idle connections are closed, what was charged is given back")
def stop(bench):
    with Dns(SLOW) as dns:
        daemon = native(bench, {"spf.apply": "all", "spf.check-helo": "no", "dns.servers": dns.server, "greylist.apply": "all",
                                "quota.default": "100/1h", "submission-networks": "192.0.2.0/24", "identity.from": "sender",
                                "sender-auth.apply": "never"}).start()
        with contextlib.ExitStack() as stack:
            charged = [stack.enter_context(daemon.session()).open() for _ in range(40)]
            for session in charged:
                check_equal(session.message("a@example.org", "b@example.net", "c@example.net")[1].kind, "c", "RCPT")
                check_equal(session.data().kind, "c", "DATA")
            waiting = stack.enter_context(daemon.session()).open(client="198.51.100.7")
            waiting.mail("<a@slow.example.com>")
            waiting.send_rcpt("<b@example.net>")
            fresh = stack.enter_context(daemon.session())
            wait_until(lambda: dns.waits, "DNS is asked")
            daemon.signal(signal.SIGTERM)
            check_equal(waiting.receive_answer().code, 451, "the command in progress")
            for session in [*charged, waiting, fresh]:
                check_equal(session.socket.recv(1), b"", "the connection's end")
        check_equal(daemon.wait(), 0, "exit status")
    check(not os.path.exists(daemon.address), "the socket file is left")
    stopped = daemon.wait_for_event("stopped")
    check_equal((stopped["unfinished"], stopped["connections"]), ("0", "0"), "what was unfinished")
    check_equal(daemon.events("protocol-error") + daemon.events("bug"), [], "words about trouble")
    daemon.start()
    with daemon.session() as session:
        session.open()
        answers = session.message("a@example.org", *(f"r{number}@example.net" for number in range(100)))
        check_equal({answer.kind for answer in answers}, {"c"}, "a hundred recipients")
        check_equal(session.data().kind, "c", "DATA")
        check_equal(session.finish().kind, "c", "the quota has room for a hundred")


@suite.scenario("a reload while fifty sessions are active disturbs none, and new ones have the new configuration")
def reload_active(bench):
    daemon = native(bench, {"greylist.apply": "all", "greylist.message": "451 4.7.1 before"}).start()
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(daemon.session()).open() for _ in range(50)]
        for number, session in enumerate(sessions[:25]):
            check_equal(session.message("a@example.org", f"b{number}@example.net")[0].code, 451, "before")
        daemon.configure({"greylist.message": "451 4.7.1 afterwards"})
        check_equal(daemon.reload()["event"], "reloaded", "the reload")
        for number, session in enumerate(sessions):
            check("before" in session.message("a@example.org", f"c{number}@example.net")[0].text, "the old message")
        with daemon.session() as new:
            new.open()
            check("afterwards" in new.message("a@example.org", "d@example.net")[0].text, "the new message")
    check_equal(daemon.terminate(), 0, "exit status")


def listening(path):
    out = socket.socket(socket.AF_UNIX)
    out.bind(path)
    out.listen(1000)
    return out


def activate(daemon, passed):
    """Starts it as systemd does with a socket of its own."""
    def place():
        os.dup2(passed.fileno(), 3)
        os.set_inheritable(3, True)
    wrapper = ("/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh")
    return daemon.spawn("-f", wrapper=wrapper, preexec_fn=place, close_fds=False)


@suite.scenario("with a socket of the service manager's a restart refuses no connection")
def activation(bench):
    need_systemd()
    daemon = native(bench)
    with listening(daemon.address) as passed:
        answered, troubles, over = [], [], threading.Event()

        def client(number):
            # It may meet a daemon that stops, and then tries again as an MTA does; it must never be refused.
            while not over.is_set():
                try:
                    session = MilterSession(daemon.address, seconds=60)
                except OSError as error:
                    troubles.append(error)
                    return
                with session, contextlib.suppress(ConnectionError):
                    session.open()
                    answered.append(session.message(f"a{number}@example.org", "postmaster@example.net")[0].kind)
                time.sleep(0.01)

        clients = [threading.Thread(target=client, args=(number,), daemon=True) for number in range(4)]
        for one in clients:
            one.start()
        for _ in range(3):
            before = len(answered)
            process = activate(daemon, passed)
            wait_until(lambda before=before: len(answered) > before + 20, "sessions are served", seconds=60)
            process.terminate()
            check_equal(process.wait(30), 0, "exit status")
            check(os.path.exists(daemon.address), "the service manager's file is gone")
        process = activate(daemon, passed)
        over.set()
        for one in clients:
            one.join(60)
        check(not any(one.is_alive() for one in clients), "a client waits for ever")
        check_equal(troubles, [], "refused connections")
        check_equal(set(answered), {"c"}, "answers")
        process.terminate()
        check_equal(process.wait(30), 0, "exit status")


@suite.scenario("a passed socket that no option names, or that libmilter is to serve, is an error that says so")
def wrong_activation(bench):
    need_systemd()
    for options, said in (({"socket": f"unix:{bench.path('other.sock')}"}, "which the option socket does not name"),
                          ({"engine": "libmilter"}, "needs engine = native")):
        daemon = native(bench, options, name=options.get("engine", "other"))
        path = bench.path(f"{len(said)}.sock")
        with listening(path) as passed:
            check(activate(daemon, passed).wait(20) != 0, "it started")
        check(said in "\n".join(daemon.lines()), f"{said!r} in {daemon.lines()}")


@suite.scenario("connections that find no descriptor wait, at no cost, and all are served in the end")
def few_files(bench):
    limit = 200
    daemon = native(bench).start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(daemon.session()) for _ in range(2 * limit)]
        for session in sessions:
            session.ask_to_negotiate()
        wait_until(lambda: [event for event in daemon.events("files-low") if "connections" in event], "files-low")
        before = cpu_seconds(daemon)
        # A span to be measured: what spins uses all of it.
        time.sleep(2)
        check(cpu_seconds(daemon) - before < 1, "it spins")
        # The daemon's own files may use some of the reserve; connections would use 20 more each second.
        own = 10
        check(len(os.listdir(f"/proc/{daemon.pid}/fd")) <= limit - limit // 4 + own, "connections use the reserve")
        for session in sessions:
            session.negotiated()
            session.close()
    check_equal(len([event for event in daemon.events("files-low") if "connections" in event]), 1, "words about it")
    check_equal(daemon.terminate(), 0, "exit status")


def cpu_seconds(daemon):
    with open(f"/proc/{daemon.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


suite.run()
