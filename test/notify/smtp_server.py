#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A scripted SMTP server. Prints "port N" and then, for each session, a line of JSON
with the list of lines that the client sent, including the text. Ends when standard
input does.

    smtp_server.py --parts "RCPT=550 5.1.1 Unknown,fine" [--port N]

Each part is for one session, the last one also for all later ones: "fine", or
VERB=REPLY for the reply to that verb (GREETING, EHLO, MAIL, RCPT, DATA, END, QUIT).
As a reply, "hang" sends none, "close" closes the connection, and "flood" never ends."""
import argparse
import json
import socketserver
import sys
import threading

LOCK = threading.Lock()
USUAL = {"GREETING": "220 test.example ESMTP", "EHLO": "250-test.example\r\n250 8BITMIME", "DATA": "354 Go on",
         "QUIT": "221 2.0.0 Bye"}


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        with LOCK:
            parts = self.server.parts
            verb, _, reply = (parts.pop(0) if len(parts) > 1 else parts[0]).partition("=")
        self.said, self.replies = [], {**USUAL, verb: reply}
        try:
            self.converse()
        except OSError:
            pass
        with LOCK:
            print(json.dumps(self.said), flush=True)

    def converse(self):
        if not self.reply("GREETING"):
            return
        while (line := self.hear()) is not None:
            verb = line.split(" ")[0].upper()
            if not self.reply(verb) or verb == "QUIT":
                return
            if verb == "DATA" and self.replies["DATA"].startswith("354"):
                while (line := self.hear()) != ".":
                    if line is None:
                        return
                if not self.reply("END"):
                    return

    def hear(self):
        line = self.rfile.readline()
        if not line:
            return None
        # Shows a lone LF or CR.
        self.said.append(line.decode("utf-8").removesuffix("\r\n"))
        return self.said[-1]

    def reply(self, verb):
        text = self.replies.get(verb, "250 2.0.0 Ok")
        if text == "hang":
            self.rfile.read()
        while text == "flood":
            self.wfile.write(b"250-and so on\r\n" * 1000)
        if text in ("hang", "close"):
            return False
        self.wfile.write(text.encode() + b"\r\n")
        return True


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    server = Server(("127.0.0.1", arguments.port), Handler)
    server.parts = arguments.parts.split(",")
    print("port", server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
