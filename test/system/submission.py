# SPDX-License-Identifier: BSD-2-Clause
"""Submission as customers meet it: a Postfix that authenticates them (SASL), the database that says what they may,
the receiver that hears of them, and the daemon's control socket."""

import contextlib
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading

import smtp
from daemon import Daemon
from harness import check, check_equal, need_program, wait_until
from mta import Postfix

PASSWORD = "correct horse"
ACCOUNTS = ("alice", "bob@example.com", "carol@example.com")
SECRET = "c2VjcmV0IG9mIHRoZSB0ZXN0cw=="  # base64, as JWT wants it
_RECEIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "notify", "receiver.py")

# What Postfix refuses by itself when it has seen the message.
_MAIN_CF = """\
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = submission
cyrus_sasl_config_path = {dir}/postfix/sasl
message_size_limit = 200000
header_checks = regexp:{dir}/header_checks
smtpd_end_of_data_restrictions = check_sender_access regexp:{dir}/late_senders
"""
_HEADER_CHECKS = "/^X-Refuse:/ REJECT refused for a header\n"
_LATE_SENDERS = "/^late@/ REJECT refused at the end\n"
_SASL_CONF = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {path}
mech_list: PLAIN
"""


class SubmissionSite:
    """A Postfix for submission, what is behind it, and a place for the daemon in front of it. For Suite.run()'s
    `fixture`."""

    @staticmethod
    def required():
        Postfix.required()
        need_program("saslpasswd2")

    def __init__(self, bench):
        self._bench = bench
        self.sink = smtp.Sink(bench)
        self._path = bench.path("milter.sock")
        bench.write("header_checks", _HEADER_CHECKS)
        bench.write("late_senders", _LATE_SENDERS)
        self.postfix = Postfix(bench, self.sink, f"unix:{self._path}", _MAIN_CF.format(dir=bench.directory))
        _make_accounts(bench)

    def daemon(self, bench, options=None, **more):
        """Started, on the embedded store; gone with `bench`."""
        return self.unstarted_daemon(bench, options, **more).start()

    def unstarted_daemon(self, bench, options=None, **more):
        return Daemon(bench, {"socket": f"unix:{self._path}", "socket-group": "postfix",
                              "notify.spool": bench.path("spool"), **(options or {})}, **more)

    def login(self, name):
        """A session in which `name` of ACCOUNTS has authenticated by SASL."""
        session = self.postfix.session(client=None)
        reply = session.authenticate(name, PASSWORD)
        check_equal(reply.code, 235, f"AUTH as {name}: {reply}")
        return session

    def send(self, name, sender, *recipients, **more):
        """One message in a session of its own, by one who has authenticated by SASL."""
        with self.login(name) as session:
            return smtp.attempt(session, sender, recipients, **more)

    def delivered(self, sender):
        """What has left Postfix with this envelope sender: each message's recipients. Waits for the queue."""
        wait_until(self._queue_is_empty, "Postfix has delivered all it has", 60)
        return [message.recipients for message in self.sink.messages() if message.sender == sender]

    def _queue_is_empty(self):
        return not any(files for queue in ("maildrop", "incoming", "active", "deferred")
                       for _, _, files in os.walk(self._bench.path(f"spool/{queue}")))


# Debian's Postfix looks for the directory of this name beside main.cf, whatever main.cf says.
def _make_accounts(bench):
    os.makedirs(bench.path("postfix/sasl"))
    path = bench.path("postfix/sasl/accounts")
    bench.write("postfix/sasl/submission.conf", _SASL_CONF.format(path=path))
    for account in ACCOUNTS:
        # Who names no realm is looked for in that of the server's name.
        user, _, realm = account.partition("@")
        subprocess.run([need_program("saslpasswd2"), "-c", "-p", "-f", path, "-u", realm or "mx.example.net", user],
                       input=PASSWORD.encode(), check=True, timeout=30, stdout=subprocess.DEVNULL)
    shutil.chown(path, "postfix")


def check_over(reply, what):
    check_equal((reply.code, reply.enhanced), (450, "4.7.28"), f"{what}: {reply}")


def check_never(reply, many, limit, what):
    """Refused for good, with both numbers."""
    check_equal((reply.code, reply.enhanced), (550, "5.7.28"), f"{what}: {reply}")
    check(f"{many} recipients" in reply.text and f"limit is {limit} " in reply.text, f"the numbers of {what}: {reply}")


def check_not_allowed(reply, what):
    check_equal((reply.code, reply.enhanced), (550, "5.7.1"), f"{what}: {reply}")


def check_sent(tried, what):
    replies = [tried.mail, *tried.rcpt, tried.message]
    bad = [str(reply) for reply in replies if reply is None or not reply.accepted]
    check(not bad, f"{what}: {len(bad)} refusals: {bad[-3:]}")


def recipients(count, first=0):
    return [f"r{number}@example.net" for number in range(first, first + count)]


def ask(daemon, command):
    """What a daemon answers at its control socket."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(10)
        caller.connect(daemon.control)
        caller.sendall(command.encode() + b"\n")
        with caller.makefile("r", encoding="ascii") as reader:
            return json.loads(reader.readline())


def tool(daemon, *words):
    """What `mailreevectl --json` says; it must succeed."""
    program = os.environ.get("MAILREEVECTL") or os.path.join(os.environ.get("abs_top_builddir", "."), "mailreevectl")
    environment = dict(os.environ, MAILREEVE_CLOCK_SHIFT=daemon.clock)
    done = subprocess.run([program, "-c", daemon.config, "--json", *words], check=False, capture_output=True,
                          text=True, timeout=30, stdin=subprocess.DEVNULL, env=environment)
    check_equal(done.returncode, 0, f"mailreevectl {' '.join(words)}: {done.stderr}")
    return json.loads(done.stdout) if done.stdout else None


def give_quota(daemon, user, limits):
    """A named quota."""
    name = f"quota-{user}"
    for words in (("user", "add", user), ("quota", "add", name, limits), ("set-quota", user, name)):
        tool(daemon, *words)


class PolicyFile:
    """The policy database of a daemon that has been started, as other programs may change it: the daemon is not
    told."""

    def __init__(self, daemon):
        self._path = daemon.policy_db

    def run(self, statement, *values):
        with contextlib.closing(sqlite3.connect(self._path, timeout=20)) as database, database:
            return database.execute(statement, values).fetchall()

    def give_quota(self, user, most):
        """A named quota, as CHAPPS has them."""
        self._add("users", user)
        self.run("INSERT INTO quotas (name, quota) VALUES (?, ?)", f"quota-{user}", most)
        self.run("INSERT INTO quota_user SELECT users.id, quotas.id FROM users, quotas"
                 " WHERE users.name = ? AND quotas.name = ?", user, f"quota-{user}")

    def change_quota(self, user, most):
        self.run("UPDATE quotas SET quota = ? WHERE name = ?", most, f"quota-{user}")

    def allow(self, user, *names):
        """Whole addresses and domains."""
        self._add("users", user)
        for name in names:
            noun, table = ("email", "emails") if "@" in name else ("domain", "domains")
            self._add(table, name)
            self.run(f"INSERT INTO {noun}_user (user_id, {noun}_id) SELECT users.id, {table}.id FROM users, {table}"
                     f" WHERE users.name = ? AND {table}.name = ?", user, name)

    def _add(self, table, name):
        self.run(f"INSERT INTO {table} (name) VALUES (?) ON CONFLICT DO NOTHING", name)

    def messages(self, columns="verdict, reason, user, sender, recipients"):
        return self.run(f"SELECT {columns} FROM messages ORDER BY id")


def notify_options(bench, url):
    return {"notify.webhook-url": url, "notify.webhook-token": "jwt",
            "notify.webhook-secret-file": bench.write("secret", SECRET + "\n")}


class Receiver:
    """Hears notifications, and verifies their tokens and signatures with nothing of mailreeve's."""

    def __init__(self, bench, port=0):
        self._process = subprocess.Popen([sys.executable, _RECEIVER, "--answers", "200", "--secret", SECRET,
                                          "--port", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True)
        bench.on_close(self._stop)
        port = re.fullmatch(r"port (\d+)\n", self._process.stdout.readline())[1]
        self.url = f"http://127.0.0.1:{port}/told"
        self.options = notify_options(bench, self.url)
        self.heard = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self.heard.append(json.loads(line))

    def _stop(self):
        self._process.kill()
        self._process.wait(timeout=20)

    def settled(self, daemon):
        """All that it heard when the daemon has nothing more to tell."""
        told = wait_until(lambda: _when_settled(ask(daemon, "status")["notifications"]), "all is told")
        wait_until(lambda: len(self.heard) >= told["delivered"], "the receiver has heard it")
        return list(self.heard)


def _when_settled(counts):
    return counts if counts["pending"] == 0 else None
