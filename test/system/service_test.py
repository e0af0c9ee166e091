#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The programs as they are built, and the units as they are shipped. No MTA is needed."""

import os
import re
import shlex
import subprocess

from daemon import Daemon, program
from harness import Skip, Suite, check, check_equal, need_program, wait_until

suite = Suite()
UNITS = ("mailreeve.service", "mailreeve@.service")


def _unit(name):
    return os.path.join(os.environ.get("abs_top_srcdir", "."), "contrib", name)


def _build(name):
    with open(os.path.join(os.environ.get("abs_top_builddir", "."), name), encoding="utf-8") as file:
        return file.read()


@suite.scenario("both programs are position-independent, bound at the start, and guard their stacks and buffers")
def hardened(_bench):
    readelf = need_program("readelf")
    flags = re.search(r"^HARDEN_CXXFLAGS = (.*)$", _build("Makefile"), re.MULTILINE)[1].split()
    if not flags:
        raise Skip("an instrumented build")
    for file in (program(), os.path.join(os.path.dirname(program()), "mailreevectl")):
        text = subprocess.run([readelf, "--wide", "--file-header", "--program-headers", "--dynamic", "--dyn-syms", file],
                              check=True, capture_output=True, text=True).stdout
        for wanted in (r"Type: +DYN \(Position", "GNU_RELRO", r"\(FLAGS\) +BIND_NOW", r"FLAGS_1\).* NOW", "__stack_chk_fail"):
            check(re.search(wanted, text), f"{file}: no {wanted}")
        check(not re.search(r"GNU_STACK.*RWE", text), f"{file}: its stack is executable")
        if "-D_FORTIFY_SOURCE=2" in flags:
            check(re.search(r"__\w+_chk@GLIBC", text), f"{file}: no checked functions of the C library")


@suite.scenario("the units are valid, and systemd-analyze security finds an exposure of 1.5 at most")
def units(bench):
    analyze = need_program("systemd-analyze")
    for name in UNITS:
        done = subprocess.run([analyze, "security", "--offline=yes", "--threshold=15", "--no-pager", _unit(name)],
                              check=False, capture_output=True, text=True)
        check_equal(done.returncode, 0, f"{name}: {done.stderr}\n{done.stdout}")
        check("exposure level" in done.stdout, done.stdout)
        with open(_unit(name), encoding="utf-8") as file:
            text = file.read().replace("/usr/sbin/mailreeve", "/bin/true")
        bench.write(name, re.sub("^Documentation=.*", "", text, flags=re.MULTILINE))
        done = subprocess.run([analyze, "verify", bench.path(name.replace("@", "@one"))] if "@" in name else
                              [analyze, "verify", bench.path(name)], check=False, capture_output=True, text=True)
        check_equal((done.returncode, done.stdout + done.stderr), (0, ""), f"systemd-analyze verify {name}")


def _reload_as_unit(daemon, name):
    """Runs the commands of ExecReload= as systemd does; whether all succeed."""
    with open(_unit(name), encoding="utf-8") as file:
        commands = re.findall(r"^ExecReload=(.*)$", file.read(), re.MULTILINE)
    check(len(commands) > 1, "a check and a signal")
    for command in commands:
        words = [str(daemon.pid) if word == "$MAINPID" else word for word in shlex.split(command)]
        if words[0] == "/usr/sbin/mailreeve":
            words = [program(), *[word for word in words[1:] if word == "--check"], "-c", daemon.config]
        if subprocess.run(words, check=False, capture_output=True).returncode != 0:
            return False
    return True


@suite.scenario("systemctl reload fails on a broken file, which the daemon then does not see, and works on a good one")
def reloads(bench):
    daemon = Daemon(bench).start()
    for name in UNITS:
        reloads_before = len(daemon.events("reloaded"))
        daemon.configure({"greylist.delay": "soon"})
        check(not _reload_as_unit(daemon, name), "a reload of a broken file succeeds")
        daemon.configure({"greylist.delay": "1m"})
        check(_reload_as_unit(daemon, name), "a reload of a good file fails")
        wait_until(lambda before=reloads_before: len(daemon.events("reloaded")) > before, "the reload")
    check_equal(daemon.events("reload-failed"), [], "reloads that failed")


suite.run()
