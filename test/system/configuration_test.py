#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What mailreeve says of its configuration, before and instead of running."""

import os
import pwd
import re

from daemon import Daemon
from harness import Suite, check, check_equal, need_program, need_root

suite = Suite()
EX_USAGE, EX_CONFIG = 64, 78


def _plain_user(bench):
    """Options of a daemon that is no root's; its files are in `bench`."""
    os.chmod(bench.directory, 0o777)
    return {"user": "nobody"} if os.geteuid() == 0 else {}


@suite.scenario("--check says nothing of a good configuration and exits with 0")
def check_good(bench):
    daemon = Daemon(bench, {**_plain_user(bench), "greylist.delay": "5m", "mode": "monitor"})
    check_equal(daemon.run("--check", "-c", daemon.config), (0, "", ""), "status and output")
    check_equal(sorted(os.listdir(bench.directory)), sorted(map(os.path.basename, (daemon.config, daemon.clock))), "what is there")


@suite.scenario("--check says nothing of the sample configurations")
def check_samples(bench):
    daemon = Daemon(bench, _plain_user(bench))
    samples = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "samples")
    here = {"socket": f"unix:{bench.path('mailreeve.sock')}", "control-socket": bench.path("control.sock"), "notify.spool": bench.path("spool"),
            "state.url": f"sqlite:{bench.path('state.db')}", "policy-db.url": f"sqlite:{bench.path('policy.db')}",
            **_plain_user(bench)}
    options = [f"--{name}={value}" for name, value in here.items()]
    names = sorted(os.listdir(samples))
    check_equal(len(names), 4, f"samples: {names}")
    for name in names:
        check_equal(daemon.run("--check", "-c", os.path.join(samples, name), *options), (0, "", ""), name)


@suite.scenario("--check finds users, groups, directories, files and commands that cannot be, all at once")
def check_system(bench):
    missing = bench.path("missing")
    table = {
        "socket": (f"unix:{missing}/deep/mailreeve.sock", "No such file or directory"),
        "socket-group": ("no-such-group", "no such group"),
        "control-socket": (f"{missing}/deep/control.sock", "No such file or directory"),
        "pid-file": (f"{missing}/deep/pid", "No such file or directory"),
        "log-target": (f"file:{missing}/mailreeve.log", "No such file or directory"),
        "state.url": (f"sqlite:{missing}/state.db", "No such file or directory"),
        "policy-db.url": (f"sqlite:{bench.write('plain', '')}/policy.db", "Not a directory"),
        "policy-db.password-file": (missing, "No such file or directory"),
        "policy-db.tls-ca-file": (missing, "No such file or directory"),
        "dns.trust-anchor-file": (missing, "No such file or directory"),
        "notify.webhook-url": ("http://127.0.0.1:1/", None),
        "notify.webhook-secret-file": (missing, "No such file or directory"),
        "notify.command": (bench.write("no-program", "#!/bin/sh\n"), "Permission denied"),
        "notify.mail-to": ("root", None),
        "notify.sendmail": (f"{missing}/sendmail", "No such file or directory"),
        "notify.spool": (f"{missing}/spool", "No such file or directory"),
    }
    if os.geteuid() == 0:
        table["user"] = ("no-such-user", "no such user")
    daemon = Daemon(bench, {name: value for name, (value, _) in table.items()})
    status, out, err = daemon.run("--check", "-c", daemon.config)
    check_equal((status, out), (EX_CONFIG, ""), "status and output")
    lines = err.splitlines()
    for name, (value, why) in table.items():
        found = [line for line in lines if f": {name} = {value}: " in line]
        check_equal(len(found), 0 if why is None else 1, f"lines about {name} in\n{err}")
        check(why is None or (found[0].startswith(f"{daemon.config}:") and found[0].endswith(why)), f"{found}")
    check_equal(len(lines), sum(why is not None for _, why in table.values()), f"lines of\n{err}")


@suite.scenario("--check looks at files as the daemon's user would")
def check_as_user(bench):
    need_root()
    secret = bench.write("secret", "x\n")
    os.chmod(secret, 0o600)
    daemon = Daemon(bench, {**_plain_user(bench), "policy-db.password-file": secret})
    status, _, err = daemon.run("--check", "-c", daemon.config)
    check_equal(status, EX_CONFIG, "exit status")
    check_equal(len(err.splitlines()), 1, err)
    check(f"policy-db.password-file = {secret}: " in err and "Permission denied" in err, err)
    os.chmod(daemon.config, 0o600)
    os.chown(secret, pwd.getpwnam("nobody").pw_uid, 0)
    status, _, err = daemon.run("--check", "-c", daemon.config)
    check_equal(status, 0, "exit status")
    check(err.startswith("warning: ") and "a reload would fail" in err, err)


@suite.scenario("--check warns of root's rights, of a socket that everybody may write to, and of secrets that others can read")
def check_warnings(bench):
    secret = bench.write("secret", "x\n")
    options = {**_plain_user(bench), "socket-mode": "0666", "policy-db.password-file": secret,
               "state.url": f"redis://joe:{secret}@127.0.0.1:1", "notify.spool": bench.path("spool"),
               "notify.webhook-url": "http://joe:pass@127.0.0.1:1/", "notify.webhook-secret-file": secret}
    daemon = Daemon(bench, options)
    status, out, err = daemon.run("--check", "-c", daemon.config)
    check_equal((status, out), (0, ""), "status and output")
    expected = [("socket-mode", "everybody"), ("state.url", f"others can read {secret}"),
                ("policy-db.password-file", f"others can read {secret}"),
                ("notify.webhook-secret-file", f"others can read {secret}"),
                ("notify.webhook-url", f"others can read {daemon.config}")]
    lines = err.splitlines()
    check_equal(len(lines), len(expected), f"lines of\n{err}")
    for line, (option, why) in zip(lines, expected):
        check(line.startswith(f"warning: {daemon.config}:") and f": {option} = " in line and why in line, line)
    check("pass" not in err.replace("password", ""), err)
    os.chmod(secret, 0o640)
    if os.geteuid() == 0:
        os.chown(secret, -1, pwd.getpwnam("nobody").pw_gid)
    os.chmod(daemon.config, 0o640)
    if os.geteuid() == 0:
        os.chown(daemon.config, -1, pwd.getpwnam("nobody").pw_gid)
    daemon.options["socket-mode"] = "0660"
    check_equal(len(daemon.run("--check", "--socket-mode=0660", "-c", daemon.config)[2]), 0, "what is left to say")
    if os.geteuid() == 0:
        err = daemon.run("--check", "--socket-mode=0660", "--user=root", "-c", daemon.config)[2]
        check(err.startswith("warning: command line: user = root: "), err)


@suite.scenario("--check refuses a secret file without a secret, whichever option names it, and shows nothing of it")
def check_secret_files(bench):
    empty = bench.write("secret", "\nnot the first line\n")
    os.chmod(empty, 0o640)
    if os.geteuid() == 0:
        os.chown(empty, -1, pwd.getpwnam("nobody").pw_gid)
    table = {"state.url": f"redis://joe:{empty}@127.0.0.1:1", "policy-db.password-file": empty,
             "notify.webhook-secret-file": empty}
    daemon = Daemon(bench, {**_plain_user(bench), **table, "notify.webhook-url": "http://127.0.0.1:1/",
                            "notify.spool": bench.path("spool")})
    status, out, err = daemon.run("--check", "-c", daemon.config)
    check_equal((status, out), (EX_CONFIG, ""), "status and output")
    lines = err.splitlines()
    check_equal(len(lines), len(table), f"lines of\n{err}")
    for name in table:
        found = [line for line in lines if f": {name} = " in line]
        check_equal(len(found), 1, f"lines about {name} in\n{err}")
        check(found[0].endswith(f"cannot read the secret in {empty}: its first line is empty"), found[0])
    check("not the first line" not in err, err)


@suite.scenario("--check warns of a sendmail that is set-group-ID, or calls postdrop, only where that has no effect")
def check_no_new_privileges(bench):
    need_program("setpriv")
    table = [("plain/sendmail", None), ("sendmail/sendmail", "sendmail/sendmail"), ("postfix/sendmail", "postfix/postdrop"),
             ("links/sendmail", "postfix/postdrop")]
    for program in ("plain/sendmail", "plain/postdrop", "sendmail/sendmail", "postfix/sendmail", "postfix/postdrop"):
        os.makedirs(os.path.dirname(bench.path(program)), exist_ok=True)
        os.chmod(bench.write(program, "#!/bin/sh\n"), 0o755)
    for program in ("sendmail/sendmail", "postfix/postdrop"):
        os.chmod(bench.path(program), 0o2755)
    os.makedirs(bench.path("links"))
    os.symlink(bench.path("postfix/sendmail"), bench.path("links/sendmail"))
    for sendmail, culprit in table:
        daemon = Daemon(bench, {**_plain_user(bench), "notify.mail-to": "root", "notify.spool": bench.path("spool"),
                                "notify.sendmail": bench.path(sendmail)})
        check_equal(daemon.run("--check", "-c", daemon.config), (0, "", ""), f"{sendmail} without NoNewPrivileges=")
        status, out, err = daemon.run("--check", "-c", daemon.config, wrapper=("setpriv", "--no-new-privs"))
        check_equal((status, out), (0, ""), f"{sendmail}: status and output")
        if culprit is None:
            check_equal(err, "", sendmail)
            continue
        check_equal(len(err.splitlines()), 1, f"lines of\n{err}")
        check(err.startswith(f"warning: {daemon.config}:") and f" {bench.path(culprit)} is set-user-ID" in err, err)
    daemon = Daemon(bench, {**_plain_user(bench), "notify.mail-to": "root", "notify.spool": bench.path("spool")})
    check_equal(daemon.run("--check", "-c", daemon.config, wrapper=("setpriv", "--no-new-privs")), (0, "", ""),
                "a server, the default")


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
                               ("notify.webhook-url", "https://joe:secret@h/{nonsense}", "https://...@h/{nonsense}"),
                               ("notify.sendmail", "smtp://joe:secret@h", "smtp://...@h")):
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
    daemon = Daemon(bench, _plain_user(bench))
    sections = f"[state]\nurl = memory:\n[policy-db]\nurl = sqlite:{daemon.policy_db}\n"
    daemon.configure_text("mode = off\nsockett = x\n[greylist]\ndealy = 5m\ndelay = 5m\ndelay = 6m\nnonsense\n" + sections)
    places = (f"--{name}={daemon.options[name]}" for name in ("user", "socket", "control-socket"))
    status, _, err = daemon.run("--check", "-c", daemon.config, *places)
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


@suite.scenario("--dump=config and --dump=sample are configurations that can be read")
def dumps(bench):
    daemon = Daemon(bench, {"greylist.delay": "7m", "trusted-networks": "192.0.2.0/24 2001:db8::/32"})
    for what in ("config", "sample"):
        status, out, err = daemon.run(f"--dump={what}", "-c", daemon.config)
        check_equal((status, err), (0, ""), f"--dump={what}")
        copy = bench.write(f"{what}.conf", out)
        status, again, err = daemon.run("--dump=config", "-c", copy)
        check_equal((status, err), (0, ""), f"--dump=config of --dump={what}")
        if what == "config":
            check_equal(again, out, "the dump of the dump")


@suite.scenario("--version and --help answer and exit with 0")
def version(bench):
    daemon = Daemon(bench)
    status, out, _ = daemon.run("--version")
    check(status == 0 and re.fullmatch(r"mailreeve \d+\.\d+\.\d+\n", out), out)
    status, out, _ = daemon.run("--help")
    check(status == 0 and "--greylist.delay" in out, out)


suite.run()
