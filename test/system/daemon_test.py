#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The daemon as a process: start, sockets, pid file, privileges, signals, log. No MTA is needed."""

import contextlib
import ctypes
import grp
import json
import os
import pwd
import re
import resource
import signal
import socket
import stat
import subprocess
import time

from daemon import Daemon, inet_socket
from harness import Skip, Suite, check, check_equal, need_root, wait_until
from milter_client import MilterSession

suite = Suite()
EX_USAGE, EX_OSERR, EX_CONFIG = 64, 71, 78


def serves(daemon):
    """Whether somebody speaks the milter protocol there."""
    with daemon.session() as session:
        return session.negotiate().version == 6


def fails(daemon, status):
    """Starts it, expects it to give up with this status, and returns what it said."""
    process = daemon.spawn("-f")
    check_equal(process.wait(timeout=20), status, "exit status")
    return "\n".join(daemon.lines())


# --- configuration

@suite.scenario("--check says nothing of a good configuration and exits with 0")
def check_good(bench):
    daemon = Daemon(bench, {"greylist.delay": "5m", "mode": "monitor"})
    check_equal(daemon.run("--check", "-c", daemon.config), (0, "", ""), "status and output")


@suite.scenario("--check names file, line, option, value and reason of each error and exits with 78")
def check_bad(bench):
    daemon = Daemon(bench)
    table = [
        ("greylist.delay", "5"), ("greylist.delay", "-5m"), ("greylist.delay", "2d"), ("greylist.delay", ""),
        ("greylist.retry-window", "200y"), ("greylist.early-retry", "sometimes"), ("greylist.ipv4-prefix", "33"),
        ("greylist.ipv6-prefix", "0"), ("greylist.trust-after", "-1"), ("greylist.on-failure", "reject"),
        ("greylist.message", "550 5.7.1 No"), ("greylist.message", "450 5.7.1 Classes differ"),
        ("greylist.message", "421 4.7.1 Ends the session"), ("greylist.message", "451 4.7.1 {remainder}"),
        ("mode", "off"), ("deadline", "1m"), ("trusted-networks", "192.0.2.0/33"), ("trusted-networks", "localhost"),
        ("socket", "tcp:8891"), ("socket", "unix:relative.sock"), ("socket", "inet:0@127.0.0.1"),
        ("socket", "inet6:8891@127.0.0.1"), ("socket-mode", "9999"), ("log-target", "nowhere"),
        ("log-target", "file:relative"), ("log-format", "xml"), ("state.url", "postgres:/x"), ("state.url", "sqlite:"),
        ("headers.greylist", "perhaps"),
    ]
    for name, value in table:
        daemon.configure_text(f"# A comment.\n\n{_setting(name, value)}")
        status, out, err = daemon.run("--check", "-c", daemon.config)
        line = 3 + ("." in name)
        # The URL is judged when the whole file has been read.
        place = f"{daemon.config}: " if name == "state.url" else f"{daemon.config}:{line}: "
        check_equal((status, out), (EX_CONFIG, ""), f"{name} = {value}: status and output")
        check(err.startswith(place) and re.search(rf"{re.escape(f'{name} = {value}')}(,.*)?: \S", err),
              f"{name} = {value}: {err}")


def _setting(name, value):
    section, _, option = name.rpartition(".")
    return (f"[{section}]\n" if section else "") + f"{option} = {value}\n"


@suite.scenario("--check shows every error at once, and the nearest name of an unknown option")
def check_many(bench):
    daemon = Daemon(bench)
    daemon.configure_text("mode = off\nsockett = x\n[greylist]\ndealy = 5m\ndelay = 5m\ndelay = 6m\nnonsense\n")
    status, _, err = daemon.run("--check", "-c", daemon.config)
    check_equal(status, EX_CONFIG, "exit status")
    expected = [("1", "mode = off"), ("2", "did you mean socket?"), ("4", "did you mean greylist.delay?"),
                ("6", "already set in line 5"), ("7", "nonsense")]
    lines = err.splitlines()
    check_equal(len(lines), len(expected), "lines")
    for line, (number, text) in zip(lines, expected):
        check(line.startswith(f"{daemon.config}:{number}: ") and text in line, f"expected {text!r} in {line!r}")


@suite.scenario("a broken configuration stops the start with 78 and the reason, before anything is made")
def start_bad(bench):
    daemon = Daemon(bench, {"greylist.delay": "soon", "pid-file": bench.path("pid")})
    said = fails(daemon, EX_CONFIG)
    check("greylist.delay = soon: " in said, said)
    check_equal([path for path in (bench.path("pid"), daemon.address, daemon.state) if os.path.exists(path)], [],
                "what was made")


@suite.scenario("a configuration file that is not there stops the start with 78 and its name")
def start_without_file(bench):
    daemon = Daemon(bench)
    os.unlink(daemon.config)
    check(f"{daemon.config}: " in fails(daemon, EX_CONFIG), "the file's name")


@suite.scenario("an unknown option on the command line is refused with 64, and a setting there goes over the file")
def command_line(bench):
    daemon = Daemon(bench, {"greylist.delay": "7m"})
    status, _, err = daemon.run("--grelist.delay=1m", "-c", daemon.config)
    check_equal(status, EX_USAGE, "exit status")
    check("did you mean --greylist.delay?" in err, err)
    status, out, _ = daemon.run("--greylist.delay=1m", "--dump=config", "-c", daemon.config)
    check_equal(status, 0, "exit status")
    check("\ndelay = 1m\n" in out, out)


@suite.scenario("--dump=config and --dump=sample are configurations that --check takes")
def dumps(bench):
    daemon = Daemon(bench, {"greylist.delay": "7m", "trusted-networks": "192.0.2.0/24 2001:db8::/32"})
    for what in ("config", "sample"):
        status, out, err = daemon.run(f"--dump={what}", "-c", daemon.config)
        check_equal((status, err), (0, ""), f"--dump={what}")
        copy = bench.write(f"{what}.conf", out)
        check_equal(daemon.run("--check", "-c", copy), (0, "", ""), f"--check of --dump={what}")
        if what == "config":
            check_equal(daemon.run("--dump=config", "-c", copy)[1], out, "the dump of the dump")


@suite.scenario("--version and --help answer and exit with 0")
def version(bench):
    daemon = Daemon(bench)
    status, out, _ = daemon.run("--version")
    check(status == 0 and re.fullmatch(r"mailreeve \d+\.\d+\.\d+\n", out), out)
    status, out, _ = daemon.run("--help")
    check(status == 0 and "--greylist.delay" in out, out)


# --- sockets

@suite.scenario("a Unix socket has the mode and group that were asked for")
def socket_mode(bench):
    group = grp.getgrgid(os.getgroups()[-1] if os.geteuid() else grp.getgrnam("mail").gr_gid).gr_name
    for mode in (0o660, 0o600, 0o666):
        daemon = Daemon(bench, {"socket-mode": f"0{mode:o}", "socket-group": group}).start()
        status = os.stat(daemon.address)
        check_equal(stat.S_IMODE(status.st_mode), mode, "mode")
        check_equal(grp.getgrgid(status.st_gid).gr_name, group, "group")
        daemon.kill()


@suite.scenario("a stale socket is replaced, a live one is not, and its daemon goes on")
def stale_socket(bench):
    first = Daemon(bench).start()
    first.kill()
    check(os.path.exists(first.address), "kill -9 leaves a stale socket")
    first.start()
    second = Daemon(bench, {"socket": first.options["socket"]}, name="second")
    said = fails(second, EX_OSERR)
    check(first.address in said and "another process answers there" in said, said)
    check(serves(first), "the first daemon is still there")


@suite.scenario("what is no socket is never removed")
def no_socket(bench):
    daemon = Daemon(bench)
    bench.write("mailreeve.sock", "precious")
    said = fails(daemon, EX_OSERR)
    check(daemon.address in said and "is no socket" in said, said)
    with open(daemon.address, encoding="ascii") as file:
        check_equal(file.read(), "precious", "the file")


@suite.scenario("the socket is gone when the daemon has stopped")
def socket_removed(bench):
    daemon = Daemon(bench).start()
    check_equal(daemon.terminate(), 0, "exit status")
    check(not os.path.exists(daemon.address), "the socket is still there")


@suite.scenario("inet and inet6 sockets serve, and a port that is taken stops the start")
def inet(bench):
    for family in (socket.AF_INET, socket.AF_INET6):
        if family == socket.AF_INET6 and not _has_ipv6():
            continue
        daemon = Daemon(bench, {"socket": inet_socket(family)}).start()
        check(serves(daemon), daemon.options["socket"])
        said = fails(Daemon(bench, {"socket": daemon.options["socket"]}, name="second"), EX_OSERR)
        check("Address already in use" in said, said)
        check(serves(daemon), "the first daemon is still there")
        daemon.kill()


def _has_ipv6():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


@suite.scenario("TCP_NODELAY is set on the listening socket and on the sockets it accepts")
def nodelay(bench):
    daemon = Daemon(bench, {"socket": inet_socket()}).start()
    port = daemon.address[1]
    with daemon.session() as session:
        session.negotiate()
        found = {}
        for descriptor in map(int, os.listdir(f"/proc/{daemon.pid}/fd")):
            with contextlib.suppress(OSError), _borrowed_socket(daemon.pid, descriptor) as borrowed:
                if borrowed.family != socket.AF_INET or borrowed.getsockname()[1] != port:
                    continue
                listens = borrowed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
                nodelay_on = borrowed.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                found["listening" if listens else "accepted"] = bool(nodelay_on)
    check_equal(found, {"listening": True, "accepted": True}, "TCP_NODELAY")


def _borrowed_socket(pid, descriptor):
    """Another process's socket (pidfd_getfd(2)), to ask it for its options."""
    pidfd_getfd = 438
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    try:
        copy = libc.syscall(pidfd_getfd, process, descriptor, 0)
        error = ctypes.get_errno()
    finally:
        os.close(process)
    if copy >= 0:
        return socket.socket(fileno=copy)
    raise Skip(f"pidfd_getfd: {os.strerror(error)}")


# --- the process

@suite.scenario("the pid file holds the process id, and a second daemon with it does not start")
def pid_file(bench):
    path = bench.path("mailreeve.pid")
    first = Daemon(bench, {"pid-file": path}).start()
    with open(path, encoding="ascii") as file:
        check_equal(file.read(), f"{first.pid}\n", "the pid file")
    said = fails(Daemon(bench, {"pid-file": path}, name="second"), EX_OSERR)
    check(path in said and "another mailreeve" in said, said)
    with open(path, encoding="ascii") as file:
        check_equal(file.read(), f"{first.pid}\n", "the pid file afterwards")
    check(serves(first), "the first daemon is still there")
    first.kill()
    first.start()
    with open(path, encoding="ascii") as file:
        check_equal(file.read(), f"{first.pid}\n", "the pid file after kill -9 and a start")
    check_equal(first.terminate(), 0, "exit status")
    check(not os.path.exists(path), "the pid file is still there")


@suite.scenario("without -f it goes to the background when it is ready, and its parent says so by its exit status")
def background(bench):
    path = bench.path("mailreeve.pid")
    daemon = Daemon(bench, {"pid-file": path, "log-target": f"file:{bench.path('file.log')}"})
    bench.on_close(_kill_by_pid_file, path)
    check_equal(daemon.spawn().wait(timeout=20), 0, "the parent's exit status")
    check(serves(daemon), "it serves when the parent is gone")
    pid = _read_pid(path)
    check_equal(os.getsid(pid), pid, "its session")
    check_equal(os.readlink(f"/proc/{pid}/cwd"), "/", "its directory")
    check_equal({os.readlink(f"/proc/{pid}/fd/{number}") for number in (0, 1, 2)}, {"/dev/null"}, "standard streams")
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not os.path.exists(path), "it stops")


@suite.scenario("a start in the background that fails says why, and its status is the parent's")
def background_fails(bench):
    daemon = Daemon(bench, {"state.url": f"sqlite:{bench.path('no/such/directory/state.db')}",
                            "log-target": f"file:{bench.path('file.log')}"})
    check_equal(daemon.spawn().wait(timeout=20), EX_OSERR, "the parent's exit status")
    check(bench.path("no/such/directory/state.db") in "\n".join(daemon.lines()), "\n".join(daemon.lines()))
    check(not os.path.exists(daemon.address), "the socket is still there")


def _read_pid(path):
    with open(path, encoding="ascii") as file:
        return int(file.read())


def _kill_by_pid_file(path):
    with contextlib.suppress(OSError, ValueError):
        os.kill(_read_pid(path), signal.SIGKILL)


@suite.scenario("started by root it becomes its user, with that user's groups only, once the socket is made")
def privileges(bench):
    need_root()
    nobody = pwd.getpwnam("nobody")
    os.mkdir(bench.path("state"))
    os.chown(bench.path("state"), nobody.pw_uid, nobody.pw_gid)
    daemon = Daemon(bench, {"user": "nobody", "state.url": f"sqlite:{bench.path('state/state.db')}"}).start()
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file)
    check_equal(status["Uid"].split(), [str(nobody.pw_uid)] * 4, "user ids")
    check_equal(status["Gid"].split(), [str(nobody.pw_gid)] * 4, "group ids")
    check_equal(status["Groups"].split(), [str(nobody.pw_gid)], "groups")
    check_equal(status["CapEff"], "0" * 16, "capabilities")
    check_equal(os.stat(bench.path("state/state.db")).st_uid, nobody.pw_uid, "owner of the database")
    check_equal(os.stat(daemon.address).st_gid, nobody.pw_gid, "group of the socket")
    said = fails(Daemon(bench, {"user": "no-such-user"}, name="second"), EX_OSERR)
    check("no-such-user" in said, said)


@suite.scenario("it raises its limit on open files, and warns if that is still low")
def open_files(bench):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    check(hard > 5000, "this machine allows too few open files for the test")
    for allowed, warnings in ((5000, 0), (300, 1)):
        bench.write("mailreeve.log", "")
        daemon = Daemon(bench).start(
            preexec_fn=lambda allowed=allowed: resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 100), allowed)))
        check_equal(resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE), (allowed, allowed), "the limit")
        daemon.wait_for_event("started")
        daemon.terminate()
        check_equal(len(daemon.events("files-low")), warnings, f"warnings with {allowed}")


@suite.scenario("core-dumps decides about the limit on core files")
def core_dumps(bench):
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    for wish, limit in (("no", 0), ("yes", hard)):
        daemon = Daemon(bench, {"core-dumps": wish}).start()
        check_equal(resource.prlimit(daemon.pid, resource.RLIMIT_CORE)[0], limit, f"core-dumps = {wish}")
        daemon.kill()


@suite.scenario("SIGTERM and SIGINT stop it at once and with 0, also with connections open and idle")
def stop_signals(bench):
    for number in (signal.SIGTERM, signal.SIGINT):
        daemon = Daemon(bench).start()
        with daemon.session() as idle, daemon.session() as busy:
            idle.negotiate()
            check_equal(busy.open().message("a@example.org", "b@example.net")[0].code, 451, "first attempt")
            began = time.monotonic()
            daemon.signal(number)
            check_equal(daemon.wait(), 0, "exit status")
            check(time.monotonic() - began < 3, "it took too long")
        check_equal([event["event"] for event in daemon.events()][-2:], ["stopping", "stopped"], "the last events")


@suite.scenario("SIGHUP and SIGPIPE do not end it")
def other_signals(bench):
    daemon = Daemon(bench).start()
    with daemon.session() as session:
        session.open()
        for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGHUP):
            daemon.signal(number)
        wait_until(lambda: daemon.events("reloaded"), "SIGHUP reloads, too")
        check_equal(session.message("a@example.org", "b@example.net")[0].code, 451, "the open session")
    check(serves(daemon), "new sessions")


@suite.scenario("a reload that would need a restart is refused as a whole, with the option's name")
def reload_fixed(bench):
    daemon = Daemon(bench).start()
    daemon.configure({"state.url": "memory:", "greylist.delay": "1m"})
    event = daemon.reload()
    check_equal(event["event"], "reload-failed", "the reload")
    check("state.url" in event["error"] and "restart" in event["error"], event["error"])
    with daemon.session() as session:
        answer = session.open().message("a@example.org", "b@example.net")[0]
    check("300 seconds" in answer.text, answer.text)


@suite.scenario("the service manager is told of start, reload and stop, and its watchdog is fed")
def service_manager(bench):
    _need_systemd()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(bench.path("notify"))
        manager.settimeout(15)
        told = []

        def wait_for(word):
            while word not in (lines := manager.recv(4096).decode().splitlines()):
                told.append(lines)
            told.append(lines)
            return lines

        daemon = Daemon(bench, environment={"NOTIFY_SOCKET": bench.path("notify"), "WATCHDOG_USEC": "200000"})
        daemon.start()
        check(any(line.startswith("STATUS=") for line in wait_for("READY=1")), "no status line")
        for _ in range(3):
            wait_for("WATCHDOG=1")
        told.clear()
        daemon.signal(signal.SIGUSR1)
        lines = wait_for("RELOADING=1")
        check(any(re.fullmatch(r"MONOTONIC_USEC=\d+", line) for line in lines), f"no time of the reload: {lines}")
        wait_for("READY=1")
        daemon.signal(signal.SIGTERM)
        wait_for("STOPPING=1")
        check_equal(daemon.wait(), 0, "exit status")


def _need_systemd():
    with open(os.path.join(os.environ.get("abs_top_builddir", "."), "config.h"), encoding="ascii") as file:
        if "#define HAVE_SYSTEMD 1" not in file.read():
            raise Skip("built without systemd")


@suite.scenario("killed again and again under load, it never loses what it said before, and its database stays sound")
def killed_under_load(bench):
    daemon = Daemon(bench, {"greylist.max-pending": "100000"})
    seen = []
    for number in range(8):
        daemon.start()
        with contextlib.suppress(OSError), daemon.session() as session:
            session.open()
            killer = subprocess.Popen(["sh", "-c", f"sleep 0.{number + 1}; kill -9 {daemon.pid}"])
            bench.on_close(killer.wait)
            while True:
                sender = f"{number}.{len(seen)}x@example.org"
                session.message(sender, "b@example.net")
                session.abort()
                seen.append(sender)
        daemon.kill()
    daemon.advance(400)
    daemon.configure({"greylist.trust-after": "0"})
    daemon.start()
    with daemon.session() as session:
        session.open()
        lost = [sender for sender in seen if session.message(sender, "b@example.net")[0].kind != "c"]
    check_equal(lost, [], f"lost, of {len(seen)}")
    check(len(seen) > 100, f"only {len(seen)} decisions")
    check_equal(daemon.events("bug") + daemon.events("backend-failed"), [], "troubles in the log")


@suite.scenario("a state file that is none of ours stops the start and stays as it is")
def foreign_state(bench):
    import sqlite3
    texts = {"text": b"Not a database.\n" * 100, "foreign": None}
    for name, text in texts.items():
        path = bench.path(f"{name}.db")
        if text is None:
            with contextlib.closing(sqlite3.connect(path)) as other:
                other.execute("CREATE TABLE somebody (elses)")
                other.commit()
        else:
            with open(path, "wb") as file:
                file.write(text)
        with open(path, "rb") as file:
            before = file.read()
        said = fails(Daemon(bench, {"state.url": f"sqlite:{path}"}, name=f"on-{name}"), EX_OSERR)
        check(path in said, said)
        with open(path, "rb") as file:
            check(file.read() == before, f"{name} was changed")


# --- the log

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
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", verdict["time"]), verdict["time"])
        with contextlib.suppress(UnicodeDecodeError):
            _check_logged(_octets(_octets(text).decode("utf-8")), verdict, lambda value: value.encode("utf-8"))


def _check_logged(said, verdict, octets):
    helo = octets(verdict.get("helo", ""))
    check(said == helo or (len(said) > 512 and said.startswith(helo) and len(helo) == 512), f"{said} is logged as {helo}")
    sender = octets(verdict["sender"])
    check((said + b"@example.org").startswith(sender) and len(sender) >= min(len(said) + 12, 512),
          f"sender {said} is logged as {sender}")


@suite.scenario("a log file that was moved away is opened anew at a reload, even if the reload fails")
def log_reopened(bench):
    path = bench.path("file.log")
    daemon = Daemon(bench, {"log-target": f"file:{path}"})
    daemon.log_file = path
    daemon.start()
    for number, option in enumerate(({"greylist.delay": "1m"}, {"greylist.delay": "never"})):
        os.rename(path, f"{path}.{number}")
        daemon.configure(option)
        daemon.signal(signal.SIGUSR1)
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
    check_equal((int(found[1]) >> 3, int(found[2])), (2, daemon.pid), "facility and process id")


@suite.scenario("the journal gets the lines with our name")
def journal(bench):
    _need_systemd()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(bench.path("journal"))
        server.settimeout(15)
        daemon = Daemon(bench, {"log-target": "journal"})
        daemon.start(wrapper=_wrapper("/run", "/run/systemd/journal/socket", bench.path("journal")))
        lines = _datagram_with(server, "MESSAGE=started ").splitlines()
    check("SYSLOG_IDENTIFIER=mailreeve" in lines, str(lines))


suite.run()
