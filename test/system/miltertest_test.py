#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs each miltertest script against a daemon of its own. Its second line is its sentence."""

import glob
import os
import subprocess

from daemon import Daemon
from harness import Suite, check, check_equal, need_program, wait_until

suite = Suite()
_HERE = os.path.dirname(os.path.abspath(__file__))
_STEPS = os.path.join(_HERE, "steps.lua")


def add(script):
    with open(script, encoding="ascii") as file:
        sentence = file.read().splitlines()[1].removeprefix("-- ")

    @suite.scenario(f"{os.path.basename(script)}: {sentence}")
    def run(bench):
        # The scripts end at RCPT.
        daemon = Daemon(bench, {"greylist.trust-after": "0", "greylist.null-sender": "rcpt"}).start()
        done = subprocess.run(
            ["miltertest", "-D", f"socket={daemon.options['socket']}", "-D", f"clock={daemon.clock}",
             "-D", f"script={script}", "-s", _STEPS],
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=50)
        check(done.returncode == 0, f"exit status {done.returncode}: {done.stdout}")
        check(not daemon.events("bug") and not daemon.events("milter-error"), "troubles in the log")
        wait_until(lambda: daemon.connections() == 0, "its connections are closed")
        check_equal(daemon.terminate(), 0, "exit status of the daemon")
        check_equal(daemon.events("stopping")[0]["connections"], "0", "connections at the end")


for name in sorted(glob.glob(os.path.join(_HERE, "*.lua"))):
    if name != _STEPS:
        add(name)

suite.run(requirements=[lambda: need_program("miltertest")])
