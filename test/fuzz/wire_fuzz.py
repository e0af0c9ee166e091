#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Says to the daemon what no MTA says, on the milter protocol's wire: packets that are cut, too long, out of order, full
of NULs, macros without values. It must live, serve good sessions beside it, and report no bug.

The same --seed says the same; --first and --sessions choose the sessions that found something.
"""

import argparse
import contextlib
import os
import random
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

from daemon import Daemon  # pylint: disable=wrong-import-position
from harness import Bench, check_equal, wait_until  # pylint: disable=wrong-import-position
from milter_client import MilterSession  # pylint: disable=wrong-import-position

COMMANDS = b"OCHMRTLNBEAUDKQ"
STAGES = b"CHMRTNE"
WORDS = [b"", b"<a@example.org>", b"<>", b"<b@example.net>", b"a@b@c", b"SIZE=99999999999999999999", b"SIZE=-1", b"SIZE=",
         b"SMTPUTF8", b"mx.example.net", b"[192.0.2.1]", b"From", b"Authentication-Results", b"mx.example.net; spf=pass",
         b"%", b"%s%n%n", b"\r\n.\r\n", b"\xff\xfe\x80", b"\xc3\xbc@\xc3\xbc.example", b"(" * 300, b"\"" * 77, b"@" * 500,
         b"{auth_authen}", b"{client_port}", b"{cert_subject}", b"{client_resolve}", b"i", b"j", b"{j}", b"FORGED", b"0"]
CLIENTS = [b"4\x00\x19192.0.2.7\0", b"4\x00\x19198.51.100.9\0", b"6\x00\x192001:db8::7\0", b"6\x00\x19fe80::1%eth0\0",
           b"U\0", b"L\0\0/run/x\0", b"4\0\0127.0.0.1\0", b"6\0\0" + b"f" * 400 + b"\0", b"Z\0\0x\0", b"4", b""]
# Half of what is said is sound, so that the other half gets somewhere.
ORDERS = [b"CHMRTLNBE", b"CHMRRTNE", b"CHMRTNEAMRTNE", b"CHMRA", b"CHMRTTNE", b"CHUMURU", b"CHMRTNEKCHMR", b"HHMR"]
OPTIONS = {"headers.authentication-results": "all", "quota.default": "1000000/1h", "submission-networks": "198.51.100.0/24",
           "identity.from": "auth_authen cert_subject sender", "sender-auth.apply": "never", "greylist.max-pending": "1000000",
           "log-level": "notice"}


class Fuzz:
    """One session, the same for the same seed and number."""

    def __init__(self, seed, number):
        self._dice = random.Random(f"{seed}.{number}")

    def _word(self):
        if self._dice.random() < 0.05:
            return self._dice.randbytes(self._dice.choice((1, 7, 100, 3000)))
        return self._dice.choice(WORDS)

    def _words(self, most):
        return b"".join(self._word() + b"\0" for _ in range(self._dice.randint(0, most)))

    def _payload(self, command):
        if command == b"O":
            return struct.pack("!III", self._dice.choice((6, 6, 2, 0, 1 << 31)), self._dice.getrandbits(32),
                               self._dice.getrandbits(32))
        if command == b"C":
            return self._word() + b"\0" + self._dice.choice(CLIENTS)
        if command == b"D":
            return bytes([self._dice.choice(STAGES)]) + self._words(9)
        if command in b"MR":
            return self._dice.choice((b"<a@example.org>\0", b"<postmaster@example.net>\0", self._words(5)))
        if command in b"HU":
            return self._word() + b"\0"
        if command == b"L":
            return self._word() + b"\0" + self._word() + b"\0"
        return self._words(2) if self._dice.random() < 0.1 else b""

    def _spoilt(self, packet):
        """A packet with a fault of some kind."""
        kind = self._dice.randrange(6)
        place = self._dice.randrange(len(packet))
        if kind == 0:
            return packet[:place]
        if kind == 1:
            return packet[:place] + self._dice.randbytes(self._dice.randint(1, 20)) + packet[place:]
        if kind == 2:
            return packet[:place] + bytes([self._dice.randrange(256)]) + packet[place + 1:]
        if kind == 3:
            return struct.pack("!I", self._dice.choice((0, 1, 1 << 20, 1 << 31, 0xFFFFFFFF))) + packet[4:]
        if kind == 4:
            return packet.replace(b"\0", b"")
        return packet[:5] + b"\0" * self._dice.choice((1, 2, 9, 5000))

    def _packet(self, command, faults):
        data = self._payload(command)
        packet = struct.pack("!I", len(data) + 1) + command + data
        return self._spoilt(packet) if self._dice.random() < faults else packet

    def octets(self):
        """All that the session says, packet by packet."""
        if self._dice.random() < 0.9:
            steps = self._dice.choice((0x1FFFFF, 0x1FFFFF, 0x7F, 0, self._dice.getrandbits(21)))
            yield struct.pack("!IcIII", 13, b"O", 6, self._dice.choice((0x1FF, 0x1FF, 0, self._dice.getrandbits(9))), steps)
        faults = self._dice.choice((0, 0, 0.05, 0.3))
        commands = bytearray(self._dice.choice(ORDERS))
        for _ in range(self._dice.choice((0, 0, 1, 3, 20))):
            commands.insert(self._dice.randint(0, len(commands)), self._dice.choice(COMMANDS))
        for command in commands:
            if self._dice.random() < 0.4:
                yield self._packet(b"D", faults)
            yield self._packet(bytes([command]), faults)


def play(daemon, fuzz):
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as wire:
        wire.connect(daemon.address)
        wire.settimeout(0.05)
        for octets in fuzz.octets():
            wire.sendall(octets)
        # What it answers does not matter here; it must have read what came before the end.
        with contextlib.suppress(TimeoutError):
            wire.shutdown(socket.SHUT_WR)
            while wire.recv(65536):
                pass


def check_serves(daemon, number):
    with MilterSession(daemon.address, seconds=30) as session:
        session.open()
        answer = session.message("good@example.org", f"r{number}@example.net", "postmaster@example.net")
        check_equal([one.kind for one in answer], ["y", "c"], f"a good session after session {number}")
        session.data()
        check_equal(session.end_of_message().kind, "c", f"a good message after session {number}")


def run(bench, options):
    daemon = Daemon(bench, OPTIONS).start()
    end = time.monotonic() + options.seconds
    number = options.first
    while number < options.first + options.sessions and time.monotonic() < end:
        play(daemon, Fuzz(options.seed, number))
        number += 1
        if not daemon.alive():
            raise AssertionError(f"the daemon died in session {number - 1} of seed {options.seed}, or a few before")
        if number % 100 == 0:
            check_serves(daemon, number)
    check_serves(daemon, number)
    wait_until(lambda: daemon.connections() == 0, "all connections are closed", 60)
    check_equal(daemon.terminate(60), 0, "exit status")
    check_equal(daemon.events("bug"), [], "bugs in the log")
    return number - options.first


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", default="1", help="another one says other things (1)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the number of the first session (0)")
    parser.add_argument("--sessions", type=int, default=20000, metavar="N", help="at most (20000)")
    parser.add_argument("--seconds", type=int, default=20, metavar="S", help="at most (20)")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        bench = Bench(stack)
        try:
            print(f"wire_fuzz: ok, inputs tried: {run(bench, options)}")
        except Exception:
            bench.show_evidence(lambda line: print(line, file=sys.stderr))
            raise


if __name__ == "__main__":
    main()
