# SPDX-License-Identifier: BSD-2-Clause
"""Real Redis servers for the system tests: one, behind Sentinels, or a cluster.
On free ports below a directory of their own, without persistence. Each is a
context manager and gone when that ends."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

MASTER = "mymaster"


def missing():
    """Why there is no Redis here; empty if there is."""
    return "" if shutil.which("redis-server") else "redis-server is not installed"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(what, is_so, patience=20.0):
    end = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError("it takes too long until " + what)
        time.sleep(0.02)


class RedisError(Exception):
    """What a server says instead of an answer."""


class Connection:
    """Commands and answers, one after the other (RESP2)."""

    def __init__(self, port, patience=5.0):
        self.socket = socket.create_connection(("127.0.0.1", port), patience)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def __call__(self, *words):
        octets = [str(word).encode() if not isinstance(word, bytes) else word for word in words]
        lines = [b"*%d\r\n" % len(octets)] + [b"$%d\r\n%s\r\n" % (len(word), word) for word in octets]
        self.socket.sendall(b"".join(lines))
        return self.answer()

    def answer(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the connection was closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if int(rest) < 0 else self.file.read(int(rest) + 2)[:-2]
        return None if int(rest) < 0 else [self.answer() for _ in range(int(rest))]


class Process:
    """A redis-server that can be killed, stopped and started again."""

    def __init__(self, *options, sentinel=None):
        self.directory = tempfile.mkdtemp(prefix="mailreeve-redis-")
        self.port = free_port()
        self.process = None
        common = {"port": self.port, "bind": "127.0.0.1", "dir": self.directory,
                  "logfile": os.path.join(self.directory, "log")}
        self.words = ["redis-server"]
        if sentinel is None:
            self.socket = os.path.join(self.directory, "redis.sock")
            common.update({"unixsocket": self.socket, "unixsocketperm": "777", "save": "", "appendonly": "no"})
            for name, value in common.items():
                self.words += ["--" + name, str(value)]
        else:
            path = os.path.join(self.directory, "sentinel.conf")
            with open(path, "w", encoding="ascii") as file:
                file.writelines(f"{name} {value}\n" for name, value in common.items())
                file.write(sentinel)
            self.words += [path, "--sentinel"]
        self.words += [str(word) for word in options]
        os.chmod(self.directory, 0o755)  # the daemon may run as another user
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return "redis://" + self.address

    @property
    def unix_url(self):
        return "redis+unix://" + self.socket

    def command(self, *words):
        with Connection(self.port) as ask:
            return ask(*words)

    def info(self, section):
        lines = self.command("INFO", section).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def calls(self, command):
        """How often a command of this name was executed."""
        line = self.info("commandstats").get("cmdstat_" + command, "calls=0,")
        return int(line.split(",")[0].removeprefix("calls="))

    def start(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_until("Redis answers on " + self.address, self.answers)

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError("redis-server does not start: " + " ".join(self.words))
        try:
            self.command("PING")
        except RedisError as error:
            return str(error).startswith("NOAUTH")
        except OSError:
            return False
        return True

    def kill(self):
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


class Group:
    """Several processes that go together."""

    def __init__(self):
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.__exit__()

    def add(self, *options, **more):
        self.processes.append(Process(*options, **more))
        return self.processes[-1]


class Sentinels(Group):
    """A master, a replica and three Sentinels."""

    def __init__(self):
        super().__init__()
        first = self.add()
        second = self.add("--replicaof", f"127.0.0.1 {first.port}")
        self.servers = [first, second]
        wait_until("the replica is in step",
                   lambda: second.info("replication").get("master_link_status") == "up")
        text = (f"sentinel monitor {MASTER} 127.0.0.1 {first.port} 2\n"
                f"sentinel down-after-milliseconds {MASTER} 500\n"
                f"sentinel failover-timeout {MASTER} 3000\n")
        self.sentinels = [self.add(sentinel=text) for _ in range(3)]
        wait_until("the Sentinels know all",
                   lambda: all(sentinel.info("sentinel").get("master0", "").endswith("slaves=1,sentinels=3")
                               for sentinel in self.sentinels))

    @property
    def url(self):
        return "redis+sentinel://" + ",".join(one.address for one in self.sentinels) + "/" + MASTER

    def agree_on(self, server):
        answers = [one.command("SENTINEL", "get-master-addr-by-name", MASTER) for one in self.sentinels]
        return all(int(port) == server.port for _, port in answers)

    def master(self):
        return next(server for server in self.servers if self.agree_on(server))

    def fail_over(self):
        """Kills the master; returns it when the other one serves."""
        before = self.master()
        after = next(server for server in self.servers if server is not before)
        before.kill()
        wait_until("the replica is promoted",
                   lambda: self.agree_on(after) and after.info("replication")["role"] == "master")
        return before


class Cluster(Group):
    """Three masters, each with a replica if wanted."""

    SLOTS = 16384

    def __init__(self, replicas=False):
        super().__init__()
        options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000",
                   "--cluster-replica-validity-factor", "0"]
        self.nodes = [self.add(*options, "--cluster-port", free_port()) for _ in range(6 if replicas else 3)]
        for number, node in enumerate(self.nodes):
            if number < 3:
                node.command("CLUSTER", "ADDSLOTSRANGE", self.SLOTS * number // 3,
                             self.SLOTS * (number + 1) // 3 - 1)
            node.command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node in self.nodes[1:]:
            bus = node.command("CONFIG", "GET", "cluster-port")[1]
            self.nodes[0].command("CLUSTER", "MEET", "127.0.0.1", node.port, bus)
        wait_until("the cluster is complete", lambda: all(self.complete(node) for node in self.nodes))
        for replica, master in zip(self.nodes[3:], self.nodes):
            self.make_replica(replica, master.command("CLUSTER", "MYID"))

    def complete(self, node):
        state = node.command("CLUSTER", "INFO").decode()
        return "cluster_state:ok" in state and f"cluster_known_nodes:{len(self.nodes)}\r" in state

    @staticmethod
    def make_replica(node, master):
        def accepted():
            try:
                return node.command("CLUSTER", "REPLICATE", master) == "OK"
            except RedisError:
                return False
        wait_until("a node knows its master", accepted)
        wait_until("a replica is in step",
                   lambda: node.info("replication").get("master_link_status") == "up")

    @property
    def url(self):
        return "redis+cluster://" + ",".join(node.address for node in self.nodes)
