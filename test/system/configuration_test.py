#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What mailreeve says of its configuration, before and instead of running."""

import os
import re

from daemon import Daemon
from harness import Suite, check, check_equal

suite = Suite()
EX_USAGE, EX_CONFIG = 64, 78


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
        ("headers.greylist", "perhaps"), ("dns.servers", "ns.example.com"), ("spf.best-guess", "v=spf2"),
    ]
    for name, value in table:
        daemon.configure_text(f"# A comment.\n\n{_setting(name, value)}")
        status, out, err = daemon.run("--check", "-c", daemon.config)
        line = 3 + ("." in name)
        place = f"{daemon.config}:{line}: "
        check_equal((status, out), (EX_CONFIG, ""), f"{name} = {value}: status and output")
        check(err.startswith(place) and re.search(rf"{re.escape(f'{name} = {value}')}(,.*)?: \S", err),
              f"{name} = {value}: {err}")


@suite.scenario("a password in a URL is in no error, whatever is wrong with the URL")
def check_password(bench):
    daemon = Daemon(bench)
    for name, value, shown in (("state.url", "redis://joe:secret@h:6379/0", "redis://...@h:6379/0"),
                               ("state.url", "redi://joe:se@secret@h/0", "redi://...@h/0"),
                               ("policy-db.url", "mysql://joe:secret@h/mail", "mysql://...@h/mail"),
                               ("policy-db.url", "mysq://joe:secret@h/mail", "mysq://...@h/mail"),
                               ("notify.webhook-url", "https://joe:secret@h/{nonsense}", "https://...@h/{nonsense}")):
        daemon.configure_text(_setting(name, value))
        status, out, err = daemon.run("--check", "-c", daemon.config)
        check_equal((status, out), (EX_CONFIG, ""), f"{name} = {value}: status and output")
        check(f"{name} = {shown}: " in err, err)
        check("secret" not in err, err)


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
    said = daemon.fails_to_start(EX_CONFIG)
    check("greylist.delay = soon: " in said, said)
    check_equal([path for path in (bench.path("pid"), daemon.address, daemon.state) if os.path.exists(path)], [],
                "what was made")


@suite.scenario("a configuration file that is not there stops the start with 78 and its name")
def start_without_file(bench):
    daemon = Daemon(bench)
    os.unlink(daemon.config)
    check(f"{daemon.config}: " in daemon.fails_to_start(EX_CONFIG), "the file's name")


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


suite.run()
