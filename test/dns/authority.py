# SPDX-License-Identifier: BSD-2-Clause
"""An authoritative DNS server (nsd) with zones for a test. It uses a free port of
loopback and a temporary directory, and runs as the user who runs the test.

    with Authority({"example.com": '@ TXT "v=spf1 mx -all"\n@ MX 10 mx\nmx A 192.0.2.1'}) as dns:
        config = f"servers = {dns.server}"

A resolver may use it as a recursive server and forward to it: there is always a
root zone, so that a name outside all zones does not exist instead of being refused.
Delegations between zones are neither needed nor followed.
"""
import atexit
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

SOA_AND_NS = "@ SOA ns.invalid. hostmaster.invalid. 1 3600 900 86400 {negative_ttl}\n@ NS ns.invalid.\n"
CONFIG = """
server:
  ip-address: {address}@{port}
  username: ""
  server-count: 1
  database: ""
  zonesdir: "{directory}"
  zonelistfile: "{directory}/zone.list"
  pidfile: "{directory}/nsd.pid"
  logfile: "{directory}/nsd.log"
  xfrdfile: "{directory}/xfrd.state"
  xfrdir: "{directory}"
  verbosity: 2
remote-control:
  control-enable: no
"""
ZONE = 'zone:\n  name: "{origin}"\n  zonefile: "{file}"\n'


class NotStarted(Exception):
    pass


def find_nsd():
    """The path of nsd, or None. An ordinary user's PATH seldom includes sbin."""
    return shutil.which("nsd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class Authority:
    """zones maps each origin, without its trailing dot ("" is the root), to the text
    of a zone file relative to it. SOA and NS are added if there is no SOA. None is a
    zone that cannot be loaded: nsd answers SERVFAIL for its names."""

    def __init__(self, zones, ttl=300, negative_ttl=60, address="127.0.0.1"):
        self.zones = {"": "", **zones}
        self.ttl = ttl
        self.negative_ttl = negative_ttl
        self.address = address
        self.port = None
        self._process = None
        self._directory = None

    @property
    def server(self):
        """The server as an element of dns.servers."""
        return f"{self.address}@{self.port}"

    def start(self):
        """Chooses a port the first time, and uses the same one later."""
        if self._process:
            return self
        nsd = find_nsd()
        if not nsd:
            raise NotStarted("nsd is not installed")
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="mailreeve-dns-"))
        atexit.register(self.stop)
        try:
            self._start_on_some_port(nsd)
            self._check_zones()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            self._process = None
        if self._directory:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None
        atexit.unregister(self.stop)

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def log(self):
        path = self._directory / "nsd.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _start_on_some_port(self, nsd):
        # Another process may take the port before we use it.
        ports = [self.port] if self.port else [self._free_port() for _ in range(5)]
        for port in ports:
            self._write_files(port)
            self._process = subprocess.Popen(
                [nsd, "-d", "-c", str(self._directory / "nsd.conf")],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True, preexec_fn=_die_with_parent)
            if self._answers(port):
                self.port = port
                return
            self._process.kill()
            self._process.wait()
            self._process = None
        raise NotStarted("nsd does not answer:\n" + self.log())

    def _free_port(self):
        """A port that is free over UDP and over TCP."""
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        while True:
            with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family) as tcp:
                udp.bind((self.address, 0))
                try:
                    tcp.bind((self.address, udp.getsockname()[1]))
                except OSError:
                    continue
                return udp.getsockname()[1]

    def _write_files(self, port):
        config = CONFIG.format(address=self.address, port=port, directory=self._directory)
        for number, (origin, text) in enumerate(self.zones.items()):
            file = f"{number}.zone"
            (self._directory / file).write_text(self._zone_text(origin, text))
            config += ZONE.format(origin=origin or ".", file=file)
        (self._directory / "nsd.conf").write_text(config)

    def _zone_text(self, origin, text):
        if text is None:
            return "this is no zone\n"
        head = f"$ORIGIN {origin}.\n$TTL {self.ttl}\n"
        if " SOA " not in text:
            head += SOA_AND_NS.format(negative_ttl=self.negative_ttl)
        return head + text + "\n"

    def _answers(self, port):
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        query = struct.pack(">6H", 4711, 0, 1, 0, 0, 0) + b"\0" + struct.pack(">2H", 6, 1)
        end = time.monotonic() + 20
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            client.settimeout(0.1)
            client.connect((self.address, port))
            while time.monotonic() < end and self._process.poll() is None:
                try:
                    client.send(query)
                    if client.recv(512)[:2] == query[:2]:
                        return True
                except TimeoutError:
                    pass
                except ConnectionRefusedError:
                    time.sleep(0.02)
        return False

    def _check_zones(self):
        """Reports an error in a test's zone, instead of letting the test see SERVFAIL."""
        log = self.log()
        for origin, text in self.zones.items():
            if text is not None and f"zone {origin or '.'} read with success" not in log:
                raise NotStarted(f"zone {origin}:\n{log}")


def _die_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
