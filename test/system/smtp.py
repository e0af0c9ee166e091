# SPDX-License-Identifier: BSD-2-Clause
"""Both ends of SMTP: a client that sends what it is told to, and a server that keeps what it gets."""

import base64
import re
import socket
import socketserver
import threading
import time
import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reply:
    code: int
    text: str  # without the code; lines joined by "\n"

    @property
    def enhanced(self):
        found = re.match(r"(\d\.\d{1,3}\.\d{1,3})(?: |$)", self.text)
        return found.group(1) if found else None

    @property
    def accepted(self):
        return self.code // 100 == 2

    def __str__(self):
        return f"{self.code} {self.text}"


class Session:
    """An SMTP session as a client sees it. Says nothing of its own accord."""

    def __init__(self, address, source=None, seconds=20):
        self._socket = socket.create_connection(address, timeout=seconds, source_address=source)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._socket.makefile("rb")
        self.greeting = self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._reader.close()
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)

    def reply(self):
        lines = []
        while True:
            line = self._reader.readline()
            if not line.endswith(b"\n"):
                raise ConnectionError(f"the server closed the connection after {lines!r}")
            text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
            lines.append(text[4:])
            if text[3:4] != "-":
                return Reply(int(text[:3]), "\n".join(lines))

    def command(self, line):
        self.send(line.encode("utf-8", "surrogateescape") + b"\r\n")
        return self.reply()

    def pipeline(self, lines):
        """All at once (RFC 2920)."""
        self.send(b"".join(line.encode("utf-8", "surrogateescape") + b"\r\n" for line in lines))
        return [self.reply() for _ in lines]

    def authenticate(self, name, password):
        """RFC 4616."""
        return self.command("AUTH PLAIN " + base64.b64encode(f"\0{name}\0{password}".encode()).decode())

    def quit(self):
        self.command("QUIT")
        self.close()


@dataclass
class Attempt:
    """What became of a message: the reply to each recipient, and to the message if one of them was let in."""
    mail: Reply
    rcpt: list
    message: Reply = None
    token: str = field(default_factory=lambda: uuid.uuid4().hex)


def attempt(session, sender, recipients, mail_parameters="", rcpt_parameters="", header="From: <sender@example.org>"):
    """One message over an open session, sent if a recipient is accepted. MAIL and RCPT take `sender` and
    `recipients` between angle brackets."""
    tried = Attempt(session.command(f"MAIL FROM:<{sender}>{mail_parameters}"), [])
    if tried.mail.accepted:
        tried.rcpt = session.pipeline([f"RCPT TO:<{to}>{rcpt_parameters}" for to in recipients])
    if not any(reply.accepted for reply in tried.rcpt):
        session.command("RSET")
        return tried
    tried.message = session.command("DATA")
    if tried.message.code == 354:
        tried.message = session.command(
            f"{header}\r\nSubject: {tried.token}\r\nX-Token: {tried.token}\r\n\r\nText.\r\n.")
    else:
        # Postfix waits for another DATA.
        session.command("RSET")
    return tried


@dataclass
class Message:
    sender: str
    recipients: list
    raw: bytes

    @property
    def headers(self):
        """(name, value) in order; values unfolded."""
        head = self.raw.split(b"\r\n\r\n", 1)[0].decode("utf-8", "backslashreplace")
        lines = re.sub(r"\r\n([ \t])", r"\1", head).split("\r\n")
        return [tuple(part.strip() for part in line.split(":", 1)) for line in lines]

    def header(self, name):
        """All values of this name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


class Sink:
    """Takes every message that an MTA hands on, so that a test can look at it."""

    def __init__(self, bench):
        self._arrived = threading.Condition()
        self._messages = []
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                _serve(self, sink)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            # shutdown() must not wait for sessions that an MTA keeps open.
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        bench.on_close(self.close)

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def keep(self, message):
        with self._arrived:
            self._messages.append(message)
            self._arrived.notify_all()

    def wait_for(self, wanted, seconds=20):
        """The first message for which wanted(message) holds."""
        end = time.monotonic() + seconds
        with self._arrived:
            while True:
                for message in self._messages:
                    if wanted(message):
                        return message
                if not self._arrived.wait(end - time.monotonic()):
                    raise AssertionError(f"no such message arrived within {seconds} s")

    def messages(self):
        """All that have arrived by now."""
        with self._arrived:
            return list(self._messages)

    def message(self, token):
        return self.wait_for(lambda message: message.header("X-Token") == [token])


def _serve(handler, sink):
    """One session with the MTA; it is known to speak well."""
    def say(text):
        handler.wfile.write(text.encode() + b"\r\n")

    sender, recipients = "", []
    say("220 sink.example.net ESMTP")
    for line in handler.rfile:
        text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
        verb = text.split(" ")[0].upper()
        if verb == "EHLO":
            say("250-sink.example.net\r\n250-8BITMIME\r\n250 SMTPUTF8")
        elif verb == "MAIL":
            sender, recipients = _path(text), []
            say("250 2.1.0 Ok")
        elif verb == "RCPT":
            recipients.append(_path(text))
            say("250 2.1.5 Ok")
        elif verb == "DATA":
            say("354 Go on")
            sink.keep(Message(sender, recipients, _read_message(handler.rfile)))
            say("250 2.0.0 Ok")
        elif verb == "QUIT":
            say("221 2.0.0 Bye")
            return
        else:
            say("250 2.0.0 Ok")


def _path(command):
    return re.search(r":\s*<(.*)>", command).group(1)


def _read_message(stream):
    lines = []
    for line in stream:
        if line == b".\r\n":
            break
        lines.append(line[1:] if line.startswith(b".") else line)
    return b"".join(lines)
