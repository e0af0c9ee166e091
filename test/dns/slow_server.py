# SPDX-License-Identifier: BSD-2-Clause
"""A slow DNS server: it answers each question after the same delay, however many wait. Without a zone, every name has
one TXT record; with a zone, only its names have records. It never answers for names below silent.example.com.

    with SlowServer(1.0) as dns:
        config = f"servers = {dns.server}"
    with SlowServer(1.0, zone={"TXT example.com": "v=spf1 mx -all", "MX example.com": "mx.example.com"}) as dns:
"""
import asyncio
import socket
import struct
import threading

_HEADER = struct.Struct("!HHHHHH")
_TYPES = {1: "A", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA"}
_SILENT = b"\x06silent\x07example\x03com\x00"


def _asked(packet):
    """Returns "TXT example.com", and the question as in the packet."""
    end = packet.index(b"\0", _HEADER.size) + 5
    question = packet[_HEADER.size:end]
    labels, rest = [], question[:-4]
    while rest[0]:
        labels.append(rest[1:rest[0] + 1].decode(errors="replace").lower())
        rest = rest[rest[0] + 1:]
    kind = struct.unpack("!HH", question[-4:])[0]
    return f"{_TYPES.get(kind, kind)} {'.'.join(labels)}", question


def _rdata(kind, value):
    if kind == "TXT":
        return bytes([len(value)]) + value.encode()
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    name = b"".join(bytes([len(label)]) + label.encode() for label in value.split(".")) + b"\0"
    return (struct.pack("!H", 10) if kind == "MX" else b"") + name


def _answer(packet, question, kind, value):
    number, flags = _HEADER.unpack_from(packet)[:2]
    record = b""
    if value is not None:
        data = _rdata(kind, value)
        record = struct.pack("!H", 0xC00C) + question[-4:] + struct.pack("!IH", 60, len(data)) + data
    # A forwarder offers recursion.
    return _HEADER.pack(number, 0x8180 | (flags & 0x0100), 1, 1 if record else 0, 0, 0) + question + record


class SlowServer(asyncio.DatagramProtocol):
    """Listens on a free UDP port of loopback."""

    def __init__(self, delay, text="v=spf1 ?all", zone=None):
        self._delay = delay
        self._text = text
        self._zone = zone
        # For each question, how many answers the client must have waited for, one after the other.
        self.waits = {}
        self._answered = 0
        self._loop = asyncio.new_event_loop()
        self._transport = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def server(self):
        """The server as an element of dns.servers."""
        return f"127.0.0.1@{self._transport.get_extra_info('sockname')[1]}"

    def __enter__(self):
        self._transport, _ = self._loop.run_until_complete(
            self._loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0)))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._transport.close()

    def datagram_received(self, data, addr):
        asked, question = _asked(data)
        if question[:-4].lower().endswith(_SILENT):
            return
        self.waits.setdefault(asked, self._answered)
        kind = asked.split(" ")[0]
        value = (self._text if kind == "TXT" else None) if self._zone is None else self._zone.get(asked)
        self._loop.call_later(self._delay, self._send, _answer(data, question, kind, value), addr, asked)

    def _send(self, packet, addr, asked):
        self._answered = max(self._answered, self.waits[asked] + 1)
        self._transport.sendto(packet, addr)
