#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The log: every line in its form, whatever clients say, wherever it goes. No MTA is needed."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess

from daemon import Daemon, need_systemd
from harness import Skip, Suite, check, check_equal, need_root, wait_until

suite = Suite()
HOSTILE = [
    'plain', 'a b', 'x" verdict="pass', 'back\\slash', 'a=b', 'line\nverdict=pass', 'cr\rlf\n', 'tab\t', '\x1b[31mred',
    '\x7f', 'ünïcode', '\u202eright-to-left', b'\xff\xfe broken', b'\xc3', '%s%n', '{}', 'h' * 5000, "'", '',
]


def _octets(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


def _say_hostile_things(daemon):
    """One message per text, with the text as HELO name and in both addresses."""
    for text in HOSTILE:
        with daemon.session() as session:
            session.open(helo=text)
            session.mail(b"<" + _octets(text) + b"@example.org>")
            answer = session.rcpt(b"<" + _octets(text) + b"@example.net>")
            check(answer.kind in "yc", f"{text!r}: {answer}")


@suite.scenario("whatever a client says stays in its place in its line of the text log")
def hostile_text(bench):
    daemon = Daemon(bench).start()
    _say_hostile_things(daemon)
    lines = [line for line in daemon.lines() if " verdict " in line]
    verdicts = daemon.verdicts()
    check_equal((len(lines), len(verdicts)), (len(HOSTILE), len(HOSTILE)), "lines, and lines that can be read")
    for text, verdict in zip(HOSTILE, verdicts):
        _check_logged(_octets(text), verdict, lambda value: value.encode("utf-8", "surrogateescape"))


@suite.scenario("whatever a client says, a line of the JSON log is an object with the value in its place")
def hostile_json(bench):
    daemon = Daemon(bench, {"log-format": "json"}).start()
    _say_hostile_things(daemon)
    objects = [json.loads(line) for line in daemon.lines()]
    verdicts = [one for one in objects if one["event"] == "verdict"]
    check_equal(len(verdicts), len(HOSTILE), "verdicts")
    for text, verdict in zip(HOSTILE, verdicts):
        check_equal(verdict["severity"], "info", "severity")
        check_equal((verdict["host"], verdict["program"], verdict["pid"]), (socket.gethostname(), "mailreeve", daemon.pid),
                    "host, program and pid")
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", verdict["time"]), verdict["time"])
        with contextlib.suppress(UnicodeDecodeError):
            _check_logged(_octets(_octets(text).decode("utf-8")), verdict, _without_mark)


def _without_mark(value):
    """The octets of a value, of which more than 512 are cut and marked."""
    octets = value.encode("utf-8")
    return octets.removesuffix(b"...") if len(octets) > 512 else octets


def _check_logged(said, verdict, octets):
    helo = octets(verdict.get("helo", ""))
    check(said == helo or (len(said) > 512 and said.startswith(helo) and len(helo) == 512), f"{said} is logged as {helo}")
    sender = octets(verdict["sender"])
    check((said + b"@example.org").startswith(sender) and len(sender) >= min(len(said) + 12, 512),
          f"sender {said} is logged as {sender}")


@suite.scenario("SIGUSR1 opens a log file anew and does nothing else: no half-edited file comes into force")
def log_reopened_only(bench):
    path = bench.path("file.log")
    daemon = Daemon(bench, {"log-target": f"file:{path}"})
    daemon.log_file = path
    daemon.start()
    for number, delay in enumerate(("1m", "never")):
        os.rename(path, f"{path}.{number}")
        daemon.configure({"greylist.delay": delay})
        daemon.signal(signal.SIGUSR1)
        wait_until(lambda: os.path.exists(path), "the new file")
        with daemon.session() as session:
            answer = session.open().message(f"{number}@example.org", "b@example.net")[0]
        check("300 seconds" in answer.text, answer.text)
        check_equal([event["event"] for event in daemon.events()], ["verdict"], "the new file")
    os.rename(path, f"{path}.away")
    os.mkdir(path)
    daemon.log_file = f"{path}.away"
    daemon.signal(signal.SIGUSR1)
    check(path in daemon.wait_for_event("log-lost")["error"], "what could not be opened")


@suite.scenario("a log file that was moved away is opened anew at a reload, even if the reload fails")
def log_reopened(bench):
    path = bench.path("file.log")
    daemon = Daemon(bench, {"log-target": f"file:{path}"})
    daemon.log_file = path
    daemon.start()
    for number, option in enumerate(({"greylist.delay": "1m"}, {"greylist.delay": "never"})):
        os.rename(path, f"{path}.{number}")
        daemon.configure(option)
        daemon.signal(signal.SIGHUP)
        wait_until(lambda: os.path.exists(path) and daemon.events(), "the new file")
        check(daemon.events()[0]["event"] in ("reloaded", "reload-failed"), "the first line of the new file")
        size = os.path.getsize(f"{path}.{number}")
        with daemon.session() as session:
            session.open().message("a@example.org", "b@example.net")
        check_equal(len(daemon.verdicts()), 1, "verdicts in the new file")
        check_equal(os.path.getsize(f"{path}.{number}"), size, "size of the old file")


@suite.scenario("log-level leaves out what is less severe, and a reload changes it")
def log_level(bench):
    daemon = Daemon(bench, {"log-level": "notice"}).start()
    for level, verdicts in (("notice", 0), ("info", 1)):
        daemon.configure({"log-level": level})
        check_equal(daemon.reload()["event"], "reloaded", "the reload")
        with daemon.session() as session:
            session.open().message("a@example.org", "b@example.net")
        check_equal(len(daemon.verdicts()), verdicts, f"verdicts with {level}")


@suite.scenario("the log says that a test moves the clock")
def clock_shifted(bench):
    check_equal(len(Daemon(bench).start().events("clock-shifted")), 1, "events")


# Makes a name below a directory of the system for one process only.
_PRIVATE_NAME = 'mount -t tmpfs tmpfs "$0" && mkdir -p "$(dirname "$1")" && ln -s "$2" "$1" && shift 2 && exec "$@"'


def _wrapper(directory, name, target):
    """For Daemon.start(): the program sees an otherwise empty `directory`, and `name` in it leads to `target`."""
    need_root()
    if subprocess.run(["unshare", "--mount", "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("may not have a mount namespace")
    if not os.path.isdir(directory):
        raise Skip(f"there is no {directory}")
    return ["unshare", "--mount", "sh", "-c", _PRIVATE_NAME, directory, name, target]


def _datagram_with(server, word):
    while word not in (text := server.recv(8192).decode()):
        pass
    return text


@suite.scenario("syslog gets the lines with facility mail")
def syslog(bench):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(bench.path("dev-log"))
        server.settimeout(15)
        daemon = Daemon(bench, {"log-target": "syslog"})
        daemon.start(wrapper=_wrapper("/dev", "/dev/log", bench.path("dev-log")))
        line = _datagram_with(server, " started ")
    found = re.match(r"<(\d+)>.* mailreeve\[(\d+)\]: started version=", line)
    check(found, line)
    mail, notice = 2, 5
    check_equal((int(found[1]), int(found[2])), (mail << 3 | notice, daemon.pid), "priority and process id")


def _journal_of(bench, daemon):
    """What the journal gets of a start."""
    need_systemd()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(bench.path("journal"))
        server.settimeout(15)
        daemon.start(wrapper=_wrapper("/run", "/run/systemd/journal/socket", bench.path("journal")))
        return _datagram_with(server, "MESSAGE=started ").splitlines()


@suite.scenario("the journal gets the lines with our name, their severity and facility mail")
def journal(bench):
    lines = _journal_of(bench, Daemon(bench, {"log-target": "journal"}))
    for line in ("SYSLOG_IDENTIFIER=mailreeve", "PRIORITY=5", "SYSLOG_FACILITY=2"):
        check(line in lines, f"{line} is not in {lines}")


@suite.scenario("in a service, whose standard error is the journal, so it does by default; elsewhere it goes to standard error")
def journal_stream(bench):
    need_systemd()
    status = os.stat(bench.write("service.log", ""))
    daemon = Daemon(bench, {"log-target": None}, name="service",
                    environment={"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
    check("PRIORITY=5" in _journal_of(bench, daemon), "no severity")
    check_equal(daemon.lines(), [], "lines on standard error")
    # A variable that was inherited from a service, by a process whose standard error is something else.
    other = Daemon(bench, {"log-target": None}, name="other",
                   environment={"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}).start()
    other.wait_for_event("started")


suite.run()
