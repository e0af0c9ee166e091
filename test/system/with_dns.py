#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""with_dns.py DIRECTORY ZONES COMMAND...: runs the command where a DNS server for ZONES (JSON, as for Authority)
answers on port 53 of 127.0.0.1 and /etc/resolv.conf names it. For programs that cannot be told another server.
To be started by "unshare --mount --net"."""

import json
import os
import signal
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dns"))
from authority import Authority  # pylint: disable=wrong-import-position


def main(directory, zones, *command):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=20)
    path = os.path.join(directory, "resolv.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", path, "/etc/resolv.conf"], check=True, timeout=20)
    dns = Authority(json.loads(zones))
    dns.port = 53
    dns.start()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    status = process.wait()
    dns.stop()
    sys.exit(status)


main(*sys.argv[1:])
