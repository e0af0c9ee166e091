#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""quickstart.py PROGRAM [--keep]: the demonstration of contrib/quickstart."""
import contextlib
import os
import pwd
import shutil
import signal
import smtplib
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time

DELAY = 5  # seconds; the default of 5 minutes is too long for a demonstration


def say(text):
    print("\n== " + text, flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, what):
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    sys.exit("quickstart: %s does not answer" % what)


class Mailbox(socketserver.ThreadingTCPServer):
    """The SMTP server that Postfix delivers to; it keeps the messages."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        self.messages = []
        self.arrived = threading.Event()
        super().__init__(("127.0.0.1", 0), Delivery)


class Delivery(socketserver.StreamRequestHandler):
    def handle(self):
        self.answer("220 mailbox")
        for line in self.rfile:
            word = line.strip().split(b" ")[0].upper()
            if word == b"DATA":
                self.answer("354 go on")
                self.server.messages.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                self.server.arrived.set()
            if word == b"QUIT":
                self.answer("221 bye")
                return
            self.answer("250 ok")

    def answer(self, text):
        self.wfile.write(text.encode() + b"\r\n")


MAIN_CF = """compatibility_level = 3.6
queue_directory = {dir}/spool
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.net
mydestination =
relay_domains = example.net
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_milters = unix:{dir}/socket/mailreeve.sock
milter_default_action = tempfail
default_transport = smtp:[127.0.0.1]:{mailbox}
relay_transport = smtp:[127.0.0.1]:{mailbox}
disable_dns_lookups = yes
maillog_file = {dir}/maillog
maillog_file_prefixes = {dir}
alias_maps =
alias_database =
"""

MAILREEVE_CONF = """socket = unix:{dir}/socket/mailreeve.sock
control-socket = {dir}/socket/control.sock
socket-group = postfix
user = {user}
log-target = file:{dir}/socket/mailreeve.log

[state]
url = sqlite:{dir}/socket/state.db
[policy-db]
url = sqlite:{dir}/socket/policy.db

# By default only suspicious clients wait; this show wants to see one that does.
[greylist]
apply = all
delay = {delay}s

# The domains of this show are examples; SPF would ask the real DNS about them.
[spf]
apply = never
"""


def write(path, text):
    with open(path, "w", encoding="ascii") as out:
        out.write(text)


def start_postfix(directory, port, mailbox):
    for name in ("conf", "spool", "data"):
        os.mkdir(os.path.join(directory, name))
    shutil.chown(directory + "/data", "postfix")
    write(directory + "/conf/main.cf", MAIN_CF.format(dir=directory, mailbox=mailbox))
    with open("/usr/share/postfix/master.cf.dist", encoding="ascii") as dist:
        master = []
        for line in dist:
            field = line.split()
            if len(field) > 7 and not line.startswith((" ", "#")):
                if field[0] == "smtp" and field[1] == "inet":
                    field[0] = "127.0.0.1:%d" % port
                field[4] = "n"  # not chrooted: the chroot has no copy of /etc
                line = " ".join(field) + "\n"
            master.append(line)
    if not any(line.startswith("postlog ") for line in master):
        master.append("postlog unix-dgram n - n - 1 postlogd\n")
    write(directory + "/conf/master.cf", "".join(master))
    subprocess.run(["postfix", "-c", directory + "/conf", "start"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(port, "Postfix")


def attempt(port):
    """Sends a message as the client 192.0.2.10, and shows the dialogue at RCPT TO."""
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo("localhost")
        client.docmd("XCLIENT", "ADDR=192.0.2.10 NAME=mail.example.com HELO=mail.example.com")
        client.ehlo("mail.example.com")
        client.mail("alice@example.com")
        code, text = client.rcpt("bob@example.net")
        print("  RCPT TO:<bob@example.net>\n  %d %s" % (code, text.decode()))
        if code == 250:
            code, text = client.data("From: alice@example.com\r\nTo: bob@example.net\r\nSubject: hello\r\n\r\nHello Bob.\r\n")
            print("  (message)\n  %d %s" % (code, text.decode()))
        return code


def main():
    program = os.path.abspath(sys.argv[1])
    keep = "--keep" in sys.argv[2:]
    directory = tempfile.mkdtemp(prefix="mailreeve-")
    os.chmod(directory, 0o755)
    user = "nobody"
    os.mkdir(directory + "/socket")
    account = pwd.getpwnam(user)
    os.chown(directory + "/socket", account.pw_uid, account.pw_gid)
    config = directory + "/mailreeve.conf"
    write(config, MAILREEVE_CONF.format(dir=directory, user=user, delay=DELAY))
    daemon = None
    postfix_started = False
    try:
        mailbox = Mailbox()
        threading.Thread(target=mailbox.serve_forever, daemon=True).start()
        port = free_port()
        say("Starting mailreeve and a throw-away Postfix below " + directory)
        daemon = subprocess.Popen([program, "-f", "-c", config])
        for _ in range(100):
            if os.path.exists(directory + "/socket/mailreeve.log") or daemon.poll() is not None:
                break
            time.sleep(0.1)
        if daemon.poll() is not None:
            sys.exit("quickstart: mailreeve did not start")
        postfix_started = True
        start_postfix(directory, port, mailbox.server_address[1])

        say("A client that nobody knows sends a message: it is deferred")
        if attempt(port) != 451:
            sys.exit("quickstart: expected 451")
        say("Its server tries again after %d seconds (the default is 5 minutes): it is accepted" % (DELAY + 1))
        time.sleep(DELAY + 1)
        if attempt(port) != 250:
            sys.exit("quickstart: expected 250")
        if not mailbox.arrived.wait(30):
            sys.exit("quickstart: the message was not delivered")
        say("What was delivered")
        print(mailbox.messages[0].replace("\r\n", "\n"))
        say("What mailreeve logged")
        with open(directory + "/socket/mailreeve.log", encoding="ascii") as log:
            print(log.read())
        if keep:
            say("Left running: Postfix on 127.0.0.1 port %d; files in %s; stop with Ctrl-C" % (port, directory))
            signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        if postfix_started:
            subprocess.run(["postfix", "-c", directory + "/conf", "stop"], check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if daemon is not None:
            daemon.terminate()
            daemon.wait()
        shutil.rmtree(directory)
    print("That was it. Next: README.md, \"Build and install\".")


if __name__ == "__main__":
    main()
