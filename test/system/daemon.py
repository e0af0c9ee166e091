# SPDX-License-Identifier: BSD-2-Clause
"""The daemon under test: its configuration, its clock, its life and its log."""

import os
import pwd
import re
import signal
import socket
import subprocess

from harness import Skip, check_equal, free_port, wait_until
from milter_client import MilterSession

# "verdict session=k3f9x0a2 helo=\"a b\"", behind time, process and severity.
_PLAIN = r'[!#-<>-\[\]-~]+'
_QUOTED = r'"(?:[ !#-\[\]-~]|\\["\\]|\\x[0-9a-f]{2})*"(?:\.\.\.)?'
_FIELD = rf"([a-z][a-z0-9-]*)=({_PLAIN}|{_QUOTED})"
_LINE = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) mailreeve\[(?P<pid>\d+)\]: "
                   rf"(?P<severity>error|warning|notice|info): (?P<event>[a-z-]+)(?P<fields>(?: {_FIELD})*)")


def program():
    return os.environ.get("MAILREEVE") or os.path.join(os.environ.get("abs_top_builddir", "."), "mailreeve")


def need_systemd():
    """Whether this build speaks to systemd."""
    with open(os.path.join(os.environ.get("abs_top_builddir", "."), "config.h"), encoding="ascii") as file:
        if "#define HAVE_SYSTEMD 1" not in file.read():
            raise Skip("built without systemd")


def parse_line(line):
    """A line of the text log as a dict, octets above ASCII as they are; None if it is no such line."""
    found = _LINE.fullmatch(line)
    if not found:
        return None
    fields = {name: _unquoted(value) for name, value in re.findall(_FIELD, found["fields"])}
    return {"time": found["time"], "pid": found["pid"], "severity": found["severity"], "event": found["event"],
            **fields}


def _unquoted(value):
    if not value.startswith('"'):
        return value
    def plain(found):
        return bytes.fromhex(found[1][1:].decode()) if found[1].startswith(b"x") else found[1]
    inner = value.removesuffix("...")[1:-1].encode("ascii")
    return re.sub(rb"\\(x[0-9a-f]{2}|.)", plain, inner).decode("utf-8", "surrogateescape")


class Daemon:
    """Not yet started. Options are named as in the manual, with their section: "greylist.delay". Daemons of one
    name share their files: another start of the same one."""

    def __init__(self, bench, options=None, name="mailreeve", environment=None):
        self._bench = bench
        self._environment = environment or {}
        self._process = None
        self.config = bench.path(f"{name}.conf")
        self.log_file = bench.path(f"{name}.log")
        self.clock = bench.path(f"{name}.clock")
        self.state = bench.path(f"{name}.db")
        self.policy_db = bench.path(f"{name}-policy.db")
        self.control = bench.path(f"{name}.control")
        self.options = {
            "socket": f"unix:{bench.path(name)}.sock",
            "user": pwd.getpwuid(os.geteuid()).pw_name,
            "state.url": f"sqlite:{self.state}",
            "policy-db.url": f"sqlite:{self.policy_db}",
            "control-socket": self.control,
            "log-target": "stderr",
            # What the scenarios reckon with.
            "greylist.delay": "5m",
            "greylist.retry-window": "24h",
            # No test asks the DNS of the machine it runs on, and what is looked at is greylisting's alone.
            "spf.apply": "never",
            "headers.authentication-results": "no",
        }
        # "make check-native" plays everything once more.
        if "MAILREEVE_ENGINE" in os.environ:
            self.options["engine"] = os.environ["MAILREEVE_ENGINE"]
        self.configure(options or {})
        self._shift = 0
        self._jump = 0
        self.advance(0)
        if not os.path.exists(self.log_file):
            bench.evidence(self.log_file)

    def configure(self, options):
        """Takes effect at the next start or reload. None removes an option."""
        self.options.update(options)
        lines = [f"{name} = {value}" for name, value in self.options.items()
                 if "." not in name and value is not None]
        for section in dict.fromkeys(name.split(".")[0] for name in self.options if "." in name):
            lines.append(f"[{section}]")
            lines += [f"{name.split('.', 1)[1]} = {value}" for name, value in self.options.items()
                      if name.startswith(f"{section}.") and value is not None]
        self.configure_text("\n".join(lines) + "\n")

    def configure_text(self, text):
        with open(self.config + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.config + ".new", self.config)

    def advance(self, seconds):
        """Moves the daemon through time."""
        self._shift += seconds
        self._write_clock()

    def set_clock(self, seconds_ahead):
        """Sets its calendar only, as an admin or NTP does."""
        self._jump = seconds_ahead
        self._write_clock()

    def _write_clock(self):
        with open(self.clock + ".new", "w", encoding="ascii") as file:
            file.write(f"{self._shift} {self._jump}\n")
        os.rename(self.clock + ".new", self.clock)

    def spawn(self, *arguments, wrapper=(), **popen):
        """Runs the program with this configuration, as the last arguments of `wrapper` if there is one; the
        caller waits for what he wants."""
        environment = dict(os.environ, MAILREEVE_CLOCK_SHIFT=self.clock, **self._environment)
        with open(self.log_file, "ab") as log:
            process = subprocess.Popen([*wrapper, program(), "-c", self.config, *arguments], stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log, env=environment, **popen)
        self._bench.on_close(_kill, process)
        return process

    def run(self, *arguments, wrapper=()):
        """Runs the program to its end: (exit status, standard output, standard error)."""
        done = subprocess.run([*wrapper, program(), *arguments], check=False, capture_output=True, text=True, timeout=30,
                              stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    def start(self, **popen):
        before = self._starts()
        self._process = self.spawn("-f", **popen)
        wait_until(self._ready, "the daemon is ready")
        # It accepts connections a moment before it has said so.
        if self._tells_of_starts():
            wait_until(lambda: self._starts() > before, "it has started")
        return self

    def _starts(self):
        return len(self.events("started")) if os.path.exists(self.log_file) else 0

    def _tells_of_starts(self):
        options = self.options
        return options["log-target"] == "stderr" and not options.get("log-format") and not options.get("log-level")

    def fails_to_start(self, status):
        """Starts it, expects it to give up with this exit status, and returns what it said."""
        check_equal(self.spawn("-f").wait(timeout=20), status, "exit status")
        return "\n".join(self.lines())

    def _ready(self):
        if self._process.poll() is not None:
            raise AssertionError(f"the daemon did not start: exit status {self._process.returncode}")
        try:
            with self.session() as session:
                session.negotiate()
        except OSError:
            return False
        return True

    def alive(self):
        return self._process.poll() is None

    @property
    def pid(self):
        return self._process.pid

    @property
    def address(self):
        """For MilterSession."""
        kind, rest = self.options["socket"].split(":", 1)
        if kind == "unix":
            return rest
        port, host = rest.split("@")
        return host.strip("[]"), int(port)

    def session(self):
        return MilterSession(self.address)

    def connections(self):
        """How many it has open on its Unix socket; an accepted socket has its listener's name."""
        connected = "03"
        with open("/proc/net/unix", encoding="utf-8", errors="surrogateescape") as file:
            rows = [line.split() for line in file]
        return sum(row[5] == connected and row[7:] == [self.address] for row in rows)

    def signal(self, number):
        os.kill(self._process.pid, number)

    def reload(self):
        """Returns the event that tells how it went."""
        before = len(self._outcomes())
        self.signal(signal.SIGHUP)
        return wait_until(lambda: self._outcomes()[before:], "a word about the reload")[0]

    def _outcomes(self):
        return [event for event in self.events() if event["event"] in ("reloaded", "reload-failed")]

    def terminate(self, seconds=20):
        """Returns the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds=20):
        """Returns the exit status."""
        return self._process.wait(timeout=seconds)

    def kill(self):
        _kill(self._process)

    def lines(self):
        with open(self.log_file, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().splitlines()

    def events(self, name=None):
        """What it logged, as dicts; lines of the log that are none are left out."""
        found = [event for event in map(parse_line, self.lines()) if event]
        return [event for event in found if name in (None, event["event"])]

    def wait_for_event(self, name):
        return wait_until(lambda: self.events(name), f"event {name}")[-1]

    def verdicts(self, **wanted):
        """The logged verdicts with these fields."""
        return [event for event in self.events("verdict")
                if all(event.get(name) == value for name, value in wanted.items())]


def inet_socket(family=socket.AF_INET):
    """A value for the option "socket"."""
    port = free_port(family)
    return f"inet6:{port}@::1" if family == socket.AF_INET6 else f"inet:{port}@127.0.0.1"


def _kill(process):
    if process.poll() is None:
        process.kill()
    process.wait(timeout=20)
