#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""How the daemon starts: sockets, pid file, privileges, limits, state file. No MTA is needed."""

import contextlib
import ctypes
import errno
import grp
import os
import pwd
import resource
import signal
import socket
import sqlite3
import stat

from daemon import Daemon, inet_socket
from harness import Skip, Suite, check, check_equal, need_root, wait_until

suite = Suite()
EX_OSERR = 71


def serves(daemon):
    """Whether somebody speaks the milter protocol there."""
    with daemon.session() as session:
        return session.negotiate().version == 6


@suite.scenario("a Unix socket has the mode and group that were asked for")
def socket_mode(bench):
    group = "mail" if os.geteuid() == 0 else grp.getgrgid(os.getgid()).gr_name
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
    said = second.fails_to_start(EX_OSERR)
    check(first.address in said and "another process answers there" in said, said)
    check(serves(first), "the first daemon is still there")


@suite.scenario("what is no socket is never removed")
def no_socket(bench):
    daemon = Daemon(bench)
    bench.write("mailreeve.sock", "precious")
    said = daemon.fails_to_start(EX_OSERR)
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
        said = Daemon(bench, {"socket": daemon.options["socket"]}, name="second").fails_to_start(EX_OSERR)
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
    if copy < 0 and error in (errno.EPERM, errno.ENOSYS):
        raise Skip(f"pidfd_getfd: {os.strerror(error)}")
    if copy < 0:
        raise OSError(error, os.strerror(error))
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise


@suite.scenario("the pid file holds the process id, and a second daemon with it does not start")
def pid_file(bench):
    path = bench.path("mailreeve.pid")
    first = Daemon(bench, {"pid-file": path}).start()
    with open(path, encoding="ascii") as file:
        check_equal(file.read(), f"{first.pid}\n", "the pid file")
    said = Daemon(bench, {"pid-file": path}, name="second").fails_to_start(EX_OSERR)
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
    daemon.log_file = bench.path("file.log")
    bench.on_close(_kill_by_pid_file, path)
    # A path that means something else where the daemon goes.
    daemon.config = os.path.basename(daemon.config)
    check_equal(daemon.spawn(cwd=bench.directory).wait(timeout=20), 0, "the parent's exit status")
    check(serves(daemon), "it serves when the parent is gone")
    pid = _read_pid(path)
    check_equal(os.getsid(pid), pid, "its session")
    check_equal(os.readlink(f"/proc/{pid}/cwd"), "/", "its directory")
    check_equal({os.readlink(f"/proc/{pid}/fd/{number}") for number in (0, 1, 2)}, {"/dev/null"}, "standard streams")
    os.kill(pid, signal.SIGHUP)
    wait_until(lambda: daemon.events("reloaded"), "it finds its configuration again")
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not os.path.exists(path), "it stops")


@suite.scenario("a start in the background that fails says why, and its status is the parent's")
def background_fails(bench):
    daemon = Daemon(bench, {"state.url": f"sqlite:{bench.path('no/such/directory/state.db')}",
                            "log-target": f"file:{bench.path('file.log')}"})
    check_equal(daemon.spawn().wait(timeout=20), EX_OSERR, "the parent's exit status")
    check(bench.path("no/such/directory/state.db") in "\n".join(daemon.lines()), "\n".join(daemon.lines()))
    check(not os.path.exists(daemon.address), "the socket is still there")


@suite.scenario("the directory of its socket, control socket and pid file is made, and is its user's, so that it can clean up")
def run_directory(bench):
    need_root()
    nobody = pwd.getpwnam("nobody")
    os.mkdir(bench.path("state"))
    os.chown(bench.path("state"), nobody.pw_uid, nobody.pw_gid)
    for name, state in (("fails", bench.path("no-such-directory/state.db")), ("serves", bench.path("state/state.db"))):
        run = bench.path(f"run-{name}")
        daemon = Daemon(bench, {"user": "nobody", "socket": f"unix:{run}/milter.sock", "control-socket": f"{run}/control",
                                "pid-file": f"{run}/pid", "state.url": f"sqlite:{state}",
                                "policy-db.url": f"sqlite:{bench.path('state/policy.db')}"}, name=name)
        if name == "fails":
            check("no-such-directory" in daemon.fails_to_start(EX_OSERR), "why")
            check_equal(os.listdir(run), [], "what a failed start leaves behind")
            continue
        daemon.start()
        status = os.stat(run)
        check_equal((status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)),
                    (nobody.pw_uid, nobody.pw_gid, 0o755), "owner, group and mode")
        check_equal(daemon.terminate(), 0, "exit status")
        check_equal(os.listdir(run), [], "what a stop leaves behind")


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
    daemon = Daemon(bench, {"user": "nobody", "state.url": f"sqlite:{bench.path('state/state.db')}",
                            "policy-db.url": f"sqlite:{bench.path('state/policy.db')}",
                            "control-socket": bench.path("state/control.sock")}).start()
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file)
    check_equal(status["Uid"].split(), [str(nobody.pw_uid)] * 4, "user ids")
    check_equal(status["Gid"].split(), [str(nobody.pw_gid)] * 4, "group ids")
    check_equal(status["Groups"].split(), [str(nobody.pw_gid)], "groups")
    check_equal(status["CapEff"], "0" * 16, "capabilities")
    check_equal(os.stat(bench.path("state/state.db")).st_uid, nobody.pw_uid, "owner of the database")
    socket = os.stat(daemon.address)
    check_equal((socket.st_uid, socket.st_gid), (nobody.pw_uid, nobody.pw_gid), "owner and group of the socket")
    said = Daemon(bench, {"user": "no-such-user"}, name="second").fails_to_start(EX_OSERR)
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


@suite.scenario("a state file that is none of ours stops the start and stays as it is")
def foreign_state(bench):
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
        said = Daemon(bench, {"state.url": f"sqlite:{path}"}, name=f"on-{name}").fails_to_start(EX_OSERR)
        check(path in said, said)
        with open(path, "rb") as file:
            check(file.read() == before, f"{name} was changed")


suite.run()
