# SPDX-License-Identifier: BSD-2-Clause
"""The MTA's side of the milter protocol, version 6, for what no MTA can be made to say."""

import socket
import struct
from dataclasses import dataclass

# What Postfix 3.7 offers.
ALL_ACTIONS = 0x1FF
ALL_STEPS = 0x1FFFFF

ACTION_CHANGE_HEADERS = 0x10

# By command: the steps' bits that mean "do not send it" and "send it, but I shall not answer".
_NOT_WANTED = {"C": 0x1, "H": 0x2, "M": 0x4, "R": 0x8, "B": 0x10, "L": 0x20, "N": 0x40, "U": 0x100, "T": 0x200}
_NO_REPLY = {"C": 0x1000, "H": 0x2000, "M": 0x4000, "R": 0x8000, "T": 0x10000, "U": 0x20000, "N": 0x40000,
             "B": 0x80000, "L": 0x80}

# Stages of a list of macros.
_STAGES = ("connect", "helo", "mail", "rcpt", "data", "eom", "eoh")


@dataclass(frozen=True)
class Answer:
    kind: str  # the protocol's letter: "c" continue, "y" reply code, "t" tempfail, "r" reject, "a" accept
    text: str = ""

    @property
    def code(self):
        return int(self.text[:3]) if self.kind == "y" else None


@dataclass
class Offer:
    """What the filter wants."""
    version: int
    actions: int
    steps: int
    macros: dict  # stage -> list of names

    def sends(self, command):
        return not self.steps & _NOT_WANTED[command]

    def answers(self, command):
        return self.sends(command) and not self.steps & _NO_REPLY[command]


def _octets(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


class MilterSession:
    """One connection to a filter. Each step returns the Answer, or None where the filter wanted no such step or
    gives no answer to it."""

    def __init__(self, address, seconds=20):
        """`address`: a path, or (host, port)."""
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(seconds)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout=seconds)
        self.offer = None
        self.insertions = []  # (index, name, value) of the last end of message

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Without a word, as if the MTA had died."""
        self.socket.close()

    def quit(self):
        self._send("Q")
        self.close()

    def negotiate(self, actions=ALL_ACTIONS, steps=ALL_STEPS):
        self.ask_to_negotiate(actions, steps)
        return self.negotiated()

    def ask_to_negotiate(self, actions=ALL_ACTIONS, steps=ALL_STEPS):
        """The first half of negotiate()."""
        self._send("O", struct.pack("!III", 6, actions, steps))

    def negotiated(self):
        """The other half."""
        letter, data = self._receive()
        if letter != "O":
            raise AssertionError(f"negotiation answered with {letter!r}")
        self.offer = Offer(*struct.unpack("!III", data[:12]), _macro_lists(data[12:]))
        return self.offer

    def macros(self, command, values):
        """Belong to the next `command`."""
        flat = b"".join(_octets(part) + b"\0" for pair in values.items() for part in pair)
        self._send("D", command.encode() + flat)

    def macros_raw(self, command, octets):
        """As they stand: for what no MTA sends."""
        self._send("D", command.encode() + octets)

    def connect(self, name="client.example.org", address="192.0.2.7", port=40000):
        """`address` None: of a family that the MTA does not know."""
        family = b"U" if address is None else b"6" if ":" in address else b"4"
        place = b"" if address is None else struct.pack("!H", port) + address.encode() + b"\0"
        return self._step("C", _octets(name) + b"\0" + family + place)

    def helo(self, name="client.example.org"):
        return self._step("H", _octets(name) + b"\0")

    def mail(self, *words):
        """The path as it stands in the command, then ESMTP parameters."""
        return self._step("M", b"".join(_octets(word) + b"\0" for word in words))

    def rcpt(self, *words):
        return self._step("R", b"".join(_octets(word) + b"\0" for word in words))

    def send_rcpt(self, *words):
        """The answer is for receive_answer()."""
        self._send("R", b"".join(_octets(word) + b"\0" for word in words))

    def receive_answer(self):
        return _answer(*self._receive())

    def data(self):
        return self._step("T")

    def header(self, name="Subject", value="test"):
        return self._step("L", _octets(name) + b"\0" + _octets(value) + b"\0")

    def end_of_headers(self):
        return self._step("N")

    def body(self, octets=b"Text.\r\n"):
        return self._step("B", octets)

    def unknown(self, line="WHAT"):
        return self._step("U", _octets(line) + b"\0")

    def end_of_message(self):
        """Everything behind DATA, with an empty message."""
        self.end_of_headers()
        return self.finish()

    def finish(self):
        """The end of the message alone."""
        self.insertions = []
        self._send("E")
        while True:
            letter, data = self._receive()
            if letter == "i":
                name, value = data[4:].split(b"\0")[:2]
                self.insertions.append((struct.unpack("!I", data[:4])[0], name.decode(), value.decode()))
            elif letter in "chm+-bq2e":
                if letter == "c":
                    return Answer("c")
            else:
                return _answer(letter, data)

    def abort(self):
        self._send("A")

    def quit_for_next(self):
        """Another client's connection follows, without a negotiation."""
        self._send("K")


    def open(self, client="192.0.2.7", helo="client.example.org"):
        """Up to HELO."""
        self.negotiate()
        self.connect(address=client)
        self.helo(helo)
        return self

    def message(self, sender, *recipients):
        """MAIL and each RCPT; returns the answers to RCPT. Addresses get their angle brackets here."""
        self.mail(f"<{sender}>")
        return [self.rcpt(f"<{to}>") for to in recipients]

    def _step(self, command, data=b""):
        if not self.offer.sends(command):
            return None
        self._send(command, data)
        return _answer(*self._receive()) if self.offer.answers(command) else None

    def _send(self, command, data=b""):
        self.socket.sendall(struct.pack("!I", len(data) + 1) + command.encode() + data)

    def _receive(self):
        size = struct.unpack("!I", self._exactly(4))[0]
        packet = self._exactly(size)
        return chr(packet[0]), packet[1:]

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise ConnectionError("the filter closed the connection")
            data += more
        return data


def _answer(letter, data):
    return Answer(letter, data.rstrip(b"\0").decode("utf-8", "backslashreplace"))


def _macro_lists(data):
    lists = {}
    while len(data) > 4:
        stage = struct.unpack("!I", data[:4])[0]
        names, data = data[4:].split(b"\0", 1)
        lists[_STAGES[stage]] = names.decode().split()
    return lists
