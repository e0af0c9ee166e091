# SPDX-License-Identifier: BSD-2-Clause
"""What every system test stands on: TAP, a place that is always cleaned up, and waiting with a bound.

A test file makes one Suite, decorates its scenarios and ends with suite.run(). Arguments choose scenarios:
those whose sentence contains one of them.
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback

# A file that takes longer hangs: it is stopped and everything it started with it.
_FILE_SECONDS = 900


class Skip(Exception):
    """This scenario (or, from a requirement, this file) cannot run here; the text says why."""


class Interrupted(BaseException):
    """A signal, or the file's time is over."""


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def check_equal(found, expected, what):
    if found != expected:
        raise AssertionError(f"{what}: expected {expected!r}, found {found!r}")


def wait_until(condition, what, seconds=15):
    """Returns condition()'s first true value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.01)


def free_port(family=socket.AF_INET):
    """Below the range that the kernel gives to clients, so that none of them takes it before its server does."""
    address = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    while True:
        port = random.randrange(10240, 32768)
        with socket.socket(family) as probe:
            try:
                probe.bind((address, port))
                return port
            except OSError:
                continue


class Bench:
    """A directory of its own and a list of what to undo, in reverse order."""

    def __init__(self, stack):
        self._stack = stack
        self._evidence = {}
        self.directory = tempfile.mkdtemp(prefix="mailreeve-system-")
        stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
        # The MTAs' own users must be able to reach sockets in it.
        os.chmod(self.directory, 0o755)

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def on_close(self, function, *arguments):
        self._stack.callback(function, *arguments)

    def evidence(self, path):
        """What this file says from now on is shown if the scenario fails."""
        self._evidence[path] = os.path.getsize(path) if os.path.exists(path) else 0

    def forget_evidence(self):
        for path in self._evidence:
            self.evidence(path)

    def show_evidence(self, say):
        for path, start in self._evidence.items():
            if not os.path.exists(path):
                continue
            with open(path, encoding="utf-8", errors="replace") as file:
                file.seek(start)
                lines = file.read().splitlines()
            say(f"--- {os.path.basename(path)}, last {min(len(lines), 20)} lines")
            for line in lines[-20:]:
                say(line[:400])


def _say(text):
    for line in str(text).splitlines() or [""]:
        print(f"# {line}", flush=True)


class Suite:
    def __init__(self):
        self._scenarios = []

    def scenario(self, sentence):
        def keep(function):
            self._scenarios.append((sentence, function))
            return function
        return keep

    def run(self, requirements=(), fixture=None):
        """Each requirement raises Skip if it is not met. `fixture(bench)` makes what all scenarios share and
        pass to them as their second argument; it may raise Skip, too."""
        words = sys.argv[1:]
        chosen = [s for s in self._scenarios if not words or any(word in s[0] for word in words)]
        _catch_signals()
        try:
            with contextlib.ExitStack() as stack:
                stack.callback(_ignore_signals)
                for requirement in requirements:
                    requirement()
                bench = Bench(stack)
                shared = _make_shared(fixture, bench)
                failed = _run_all(chosen, bench, shared)
        except Skip as why:
            sys.exit(_skip_all(why))
        except Interrupted as why:
            print(f"Bail out! {why}", flush=True)
            sys.exit(1)
        sys.exit(1 if failed or not chosen else 0)


def _make_shared(fixture, bench):
    try:
        return [fixture(bench)] if fixture else []
    except AssertionError:
        bench.show_evidence(_say)
        raise


def _run_all(scenarios, shared_bench, shared):
    print(f"1..{len(scenarios)}", flush=True)
    failed = 0
    for number, (sentence, function) in enumerate(scenarios, 1):
        shared_bench.forget_evidence()
        failed += not _run_one(number, sentence, function, shared_bench, shared)
    return failed


def _run_one(number, sentence, function, shared_bench, shared):
    with contextlib.ExitStack() as stack:
        bench = Bench(stack)
        try:
            function(bench, *shared)
        except Skip as why:
            print(f"ok {number} - {sentence} # SKIP {why}", flush=True)
            return True
        except Exception:  # pylint: disable=broad-except
            print(f"not ok {number} - {sentence}", flush=True)
            _say(traceback.format_exc())
            bench.show_evidence(_say)
            shared_bench.show_evidence(_say)
            return False
    print(f"ok {number} - {sentence}", flush=True)
    return True


def _skip_all(why):
    """Where everything must be tested, what cannot be is a failure."""
    if os.environ.get("CI") == "true":
        print(f"Bail out! {why}", flush=True)
        return 1
    print(f"1..0 # SKIP {why}", flush=True)
    return 0


def _catch_signals():
    def stop(number, _frame):
        _ignore_signals()
        raise Interrupted("took too long" if number == signal.SIGALRM else signal.Signals(number).name)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, stop)
    signal.alarm(_FILE_SECONDS)


def _ignore_signals():
    """So that nothing interrupts the cleaning up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)


def need_root():
    if os.geteuid() != 0:
        raise Skip("needs to be root")


def need_program(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise Skip(f"{name} is not installed")
    return path
