# SPDX-License-Identifier: BSD-2-Clause
"""A DNS server that takes its time: every name has one TXT record, and the answer to each question comes after the
same delay, however many wait. It never answers for names below silent.example.com.

    with SlowServer(1.0) as dns:
        config = f"servers = {dns.server}"
"""
import asyncio
import struct
import threading

_HEADER = struct.Struct("!HHHHHH")
_TXT = 16
_SILENT = b"\x06silent\x07example\x03com\x00"


def _answer(question, text):
    """None: none is given."""
    number, flags = _HEADER.unpack_from(question)[:2]
    end = question.index(b"\0", _HEADER.size) + 5
    asked = question[_HEADER.size:end]
    if asked[:-4].lower().endswith(_SILENT):
        return None
    kind = struct.unpack_from("!H", question, end - 4)[0]
    record = b""
    if kind == _TXT:
        data = bytes([len(text)]) + text
        record = struct.pack("!HHHIH", 0xC00C, _TXT, 1, 60, len(data)) + data
    # Recursion is what a forwarder offers.
    return _HEADER.pack(number, 0x8180 | (flags & 0x0100), 1, 1 if record else 0, 0, 0) + asked + record


class SlowServer(asyncio.DatagramProtocol):
    """On a free UDP port of loopback."""

    def __init__(self, delay, text="v=spf1 ?all"):
        self._delay = delay
        self._text = text.encode()
        self._loop = asyncio.new_event_loop()
        self._transport = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def server(self):
        """As an element of dns.servers."""
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
        answer = _answer(data, self._text)
        if answer is not None:
            self._loop.call_later(self._delay, self._transport.sendto, answer, addr)
