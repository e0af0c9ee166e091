#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A scripted webhook receiver. Prints "port N" and then each request as a line of
JSON. Verifies tokens and signatures without any code of mailreeve's. Ends when
standard input does.

    receiver.py --answers 500,200 [--port N] [--secret S] [--certificate PEM]

An answer is a status; "hang" for none; "307" to redirect to /elsewhere; "flood" for
200 and an endless body; "status-line", "header-line", "header-lines" or "interim" for
an endless header. The last answer repeats."""
import argparse
import base64
import hashlib
import hmac
import json
import os
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOCK = threading.Lock()
# The beginning of an endless header, and the part that repeats.
ENDLESS = {
    "status-line": (b"HTTP/1.1 200 ", b"x" * 65536),
    "header-line": (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536),
    "header-lines": (b"HTTP/1.1 200 OK\r\n", b"X: x\r\n" * 8192),
    "interim": (b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 2048),
}


def base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwt_claims(token, secret):
    """The claims of an HS256 token with a valid signature, otherwise None."""
    parts = token.split(".")
    if len(parts) != 3 or json.loads(base64url(parts[0])).get("alg") != "HS256":
        return None
    key = base64.b64decode(secret)
    wanted = hmac.new(key, f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256).digest()
    return json.loads(base64url(parts[1])) if hmac.compare_digest(wanted, base64url(parts[2])) else None


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        secret, server = self.server.secret, self.server
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        with LOCK:
            answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            record = {"path": self.path, "headers": dict(self.headers), "body": json.loads(body),
                      "signed": self.headers.get("X-Mailreeve-Signature") == wanted,
                      "claims": jwt_claims(token, secret) if token.count(".") == 2 else None}
            print(json.dumps(record), flush=True)
        self.answer(answer)

    def answer(self, answer):
        if answer == "hang":
            threading.Event().wait()
        if answer in ENDLESS:
            begin, rest = ENDLESS[answer]
            self.wfile.write(begin)
            while True:
                self.wfile.write(rest)
        self.send_response(200 if answer == "flood" else int(answer))
        if answer == "307":
            self.send_header("Location", "/elsewhere")
        if answer != "flood":
            self.send_header("Content-Length", "0")
        self.end_headers()
        while answer == "flood":
            self.wfile.write(b"x" * 65536)

    def log_message(self, *_):
        pass


def end_with_input():
    sys.stdin.read()
    os._exit(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--answers", required=True)
    parser.add_argument("--secret", default="")
    parser.add_argument("--certificate", default="", help="with its key: speak TLS")
    arguments = parser.parse_args()
    ThreadingHTTPServer.daemon_threads = True
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler)
    if arguments.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(arguments.certificate)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    server.answers = arguments.answers.split(",")
    server.secret = arguments.secret
    threading.Thread(target=end_with_input, daemon=True).start()
    print("port", server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
