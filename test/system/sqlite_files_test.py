#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The SQLite files: copied and put back, locked, removed and damaged while the daemon uses them."""

import contextlib
import os
import pwd
import shutil
import sqlite3
import subprocess
import threading

from ctl_site import Site
from harness import Skip, Suite, check, check_equal, need_root, wait_until

suite = Suite()
ALICE = "alice@example.com"
KNOWN = "192.0.2.7"
STRANGER = "198.51.100.9"
SUFFIXES = ("", "-wal", "-shm")


def inbound(daemon, client, sender="a@example.com"):
    """The code that RCPT is refused with, or None."""
    with daemon.session() as session:
        session.open(client)
        return session.message(sender, "bob@example.net")[0].code


def outbound(daemon, user=ALICE, sender=ALICE):
    """The code of the first refusal, or None."""
    with daemon.session() as session:
        session.negotiate()
        session.connect(address="203.0.113.5")
        session.macros("M", {"{auth_authen}": user})
        steps = (lambda: session.mail(f"<{sender}>"), lambda: session.rcpt("<bob@example.net>"), session.data,
                 session.end_of_message)
        for step in steps:
            answer = step()
            if answer is not None and answer.code is not None:
                return answer.code
        return None


def make_known(daemon, client=KNOWN):
    inbound(daemon, client)
    daemon.advance(300)
    check_equal(inbound(daemon, client), None, f"{client} waited")


def asked(site, user=ALICE, sender=ALICE):
    """As outbound(), where no older answer will do."""
    site.ok("refresh")
    return outbound(site.daemon, user, sender)


def used(site, user=ALICE):
    return [row["used"] for row in site.json("state", "list", "users") if row["user"] == user]


def started(bench, options=None, name="site"):
    """KNOWN has waited, and alice has sent one of ten, as herself, which is all she may."""
    site = Site(bench, {"policy-db.cache-ttl": "1h", "identity.from": "auth_authen", "quota.default": "10",
                        "greylist.trust-after": "0", "greylist.on-failure": "defer", "sender-auth.on-failure": "defer",
                        "quota.on-failure": "defer", **(options or {})}, name=name)
    site.ok("allow", ALICE, ALICE, "--create")
    site.daemon.start()
    make_known(site.daemon)
    check_equal(outbound(site.daemon), None, "alice as herself")
    check_equal(outbound(site.daemon, sender="carol@example.com"), 550, "alice as carol")
    return site


def check_sound(file):
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        check_equal(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)], file)


def troubles(daemon, file):
    return [event["error"] for event in daemon.events("store-trouble") if event["error"].startswith(f"{file}:")
            or f" {file}:" in event["error"]]


@contextlib.contextmanager
def mail_goes_on(daemon):
    """Strangers come all the time; yields the list of what went wrong."""
    wrong, end = [], threading.Event()

    def come(thread):
        number = 0
        while not end.is_set():
            number += 1
            try:
                code = inbound(daemon, f"198.18.{thread}.{number % 250}", f"s{number}@example.org")
            except (OSError, AssertionError) as error:
                code = repr(error)
            if code != 451:
                wrong.append(code)
    threads = [threading.Thread(target=come, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield wrong
    finally:
        end.set()
        for thread in threads:
            thread.join()


@suite.scenario("a backup made while mail comes is one whole file, and is put back under the running daemon")
def running(bench):
    site = started(bench)
    daemon, copy = site.daemon, bench.path("copy.db")
    with mail_goes_on(daemon) as wrong:
        wait_until(lambda: site.json("state", "stats")["waiting"] > 20, "mail comes")
        for number in range(5):
            site.ok("state", "backup", bench.path(f"during{number}.db"))
            check_sound(bench.path(f"during{number}.db"))
        check_equal(site.json("state", "backup", copy), {"file": daemon.state, "backup": copy}, "what it says")
    check_equal(wrong, [], "what went wrong with mail meanwhile")
    check_equal(sorted(name for name in os.listdir(bench.directory) if name.startswith("copy")), ["copy.db"], "files")
    make_known(daemon, STRANGER)
    outbound(daemon)
    check_equal(used(site), [["recipients:2/24h", "messages:2/24h"]], "before")
    site.ok("state", "restore", copy)
    check_equal(inbound(daemon, KNOWN), None, "who was known")
    check_equal(inbound(daemon, STRANGER), 451, "who came later")
    check_equal(used(site), [["recipients:1/24h", "messages:1/24h"]], "what alice has sent")
    check_equal(outbound(daemon), None, "alice afterwards")
    with mail_goes_on(daemon):
        site.ok("state", "restore", copy)
    check_equal(inbound(daemon, KNOWN), None, "after a restore under load")
    check_equal((daemon.events("backend-failed"), daemon.events("store-trouble")), ([], []), "the log")
    daemon.terminate()
    check_sound(daemon.state)


@suite.scenario("a backup is put back for a daemon that has stopped, was killed, or has no file")
def stopped(bench):
    site = started(bench)
    daemon, copy = site.daemon, bench.path("copy.db")
    site.ok("state", "backup", copy)
    for end in (daemon.terminate, daemon.kill, daemon.kill):
        for number in range(20):
            inbound(daemon, f"198.18.0.{number}", f"{end}{number}@example.org")
        make_known(daemon, STRANGER)
        end()
        if end == daemon.kill:
            check(os.path.exists(f"{daemon.state}-wal"), "a log is left")
        site.ok("state", "restore", copy)
        check_equal(site.json("state", "stats")["waiting"], 0, "what waits")
        daemon.start()
        check_equal((inbound(daemon, KNOWN), inbound(daemon, STRANGER)), (None, 451), f"after {end}")
        site.ok("state", "restore", copy)
    daemon.kill()
    os.remove(daemon.state)
    site.ok("state", "restore", copy)
    daemon.start()
    check_equal((inbound(daemon, KNOWN), used(site)), (None, [["recipients:1/24h", "messages:1/24h"]]), "without a file")


@suite.scenario("the policy database is backed up and put back likewise")
def policy(bench):
    site = started(bench)
    daemon, copy = site.daemon, bench.path("copy.db")
    check_equal(site.json("db", "backup", copy), {"file": daemon.policy_db, "backup": copy}, "what it says")
    check_sound(copy)
    site.ok("allow", ALICE, "carol@example.com", "--create")
    check_equal(outbound(daemon, sender="carol@example.com"), None, "before")
    site.ok("db", "restore", copy)
    check_equal(outbound(daemon, sender="carol@example.com"), 550, "afterwards")
    check_equal(outbound(daemon), None, "as herself")
    site.ok("allow", ALICE, "carol@example.com", "--create")
    daemon.kill()
    site.ok("db", "restore", copy)
    daemon.start()
    check_equal((outbound(daemon, sender="carol@example.com"), outbound(daemon)), (550, None), "after a kill")
    check_equal((daemon.events("backend-failed"), daemon.events("store-trouble")), ([], []), "the log")


@suite.scenario("what is damaged, foreign or not there is not put back, and what is there stays as it is")
def refused(bench):
    site = started(bench)
    daemon = site.daemon
    state, policies = bench.path("state-copy.db"), bench.path("policy-copy.db")
    site.ok("state", "backup", state)
    site.ok("db", "backup", policies)
    short = shutil.copy(state, bench.path("short.db"))
    os.truncate(short, 9000)
    torn = shutil.copy(state, bench.path("torn.db"))
    with open(torn, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 20000)
    other = bench.path("other.db")
    site.sql("CREATE TABLE t (x)", file=other)
    empty = bench.write("empty.db", "")
    text = bench.write("text.db", "no database" * 1000)
    cases = [(71, short, "the backup is damaged"), (71, torn, "the backup is damaged"),
             (71, other, "the backup is not a database of mailreeve"), (71, empty, "the backup is empty"),
             (71, text, "the backup is not a database of mailreeve"),
             (1, bench.path("absent.db"), "No such file or directory"), (71, bench.directory, "Is a directory"),
             (64, daemon.state, "is the file itself")]
    for status, file, why in cases:
        check(why in (said := site.fails(status, "state", "restore", file)), f"{file}: {said}")
    for words in (["state", "restore", policies], ["db", "restore", state]):
        check("the backup is not a database of mailreeve" in site.fails(71, *words), words)
    check_equal((inbound(daemon, KNOWN), outbound(daemon)), (None, None), "afterwards")
    check_equal(sorted(name for name in os.listdir(bench.directory) if "damaged" in name or name.endswith("XXXXXX")
                       or name.startswith("site.db.")), [], "left behind")
    check_equal((daemon.events("backend-failed"), daemon.events("store-trouble")), ([], []), "the log")
    daemon.configure({"state.url": "memory:", "policy-db.url": "mysql://u@127.0.0.1/d"})
    for kind in ("state", "db"):
        for verb in ("backup", "restore"):
            check("is no SQLite file" in site.fails(1, kind, verb, state), f"{kind} {verb}")


@suite.scenario("a backup that fails leaves nothing behind, and what was there as it was")
def failed(bench):
    site = started(bench)
    daemon = site.daemon
    place = bench.path("place")
    os.mkdir(place)
    there = bench.write("place/there.db", "precious")
    dangling = f"{place}/dangling.db"
    os.symlink(f"{place}/nothing", dangling)
    for kind in ("state", "db"):
        for file, why in ((there, "File exists"), (dangling, "File exists"), (f"{place}/none/x.db", "No such file")):
            check(why in site.fails(1, kind, "backup", file), f"{kind} {file}")
    daemon.terminate()
    with open(daemon.state, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 20000)
    check("is damaged" in site.fails(71, "state", "backup", f"{place}/a.db"), "a damaged state store")
    os.truncate(daemon.state, 0)
    check("is empty" in site.fails(71, "state", "backup", f"{place}/a.db"), "an empty one")
    os.remove(daemon.state)
    check("there is no file" in site.fails(1, "state", "backup", f"{place}/a.db"), "none")
    with contextlib.closing(sqlite3.connect(daemon.policy_db, isolation_level=None)) as owner:
        owner.execute("PRAGMA locking_mode = EXCLUSIVE")
        owner.execute("BEGIN EXCLUSIVE")
        check("is locked by another process" in site.fails(71, "db", "backup", f"{place}/a.db"), "a locked one")
    check_equal(sorted(os.listdir(place)), ["dangling.db", "there.db"], "files")
    with open(there, encoding="ascii") as file:
        check_equal(file.read(), "precious", "what was there")


def small_disk(bench, name, size):
    need_root()
    place = bench.path(name)
    os.mkdir(place)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=False,
                          capture_output=True)
    if done.returncode != 0:
        raise Skip("may not mount")
    bench.on_close(subprocess.call, ["umount", "-l", place])
    return place


@suite.scenario("on a full disk a backup fails and leaves nothing, and a restore leaves what is there")
def full_disk(bench):
    small, large = small_disk(bench, "small", "16k"), small_disk(bench, "large", "4m")
    site = started(bench, {"state.url": f"sqlite:{large}/state.db"})
    for kind in ("state", "db"):
        said = site.fails(71, kind, "backup", f"{small}/copy.db")
        check("No space left on device" in said, said)
        check_equal(os.listdir(small), [], "files")
    copy = bench.path("copy.db")
    site.ok("state", "backup", copy)
    make_known(site.daemon, STRANGER)
    with contextlib.suppress(OSError), open(f"{large}/filler", "wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    check("disk is full" in site.fails(71, "state", "backup", bench.path("more.db")), "no room for a draft")
    check("No space left on device" in site.fails(71, "state", "restore", copy), "no room for a restore")
    check_equal(inbound(site.daemon, STRANGER), None, "what was there")
    os.remove(f"{large}/filler")
    check_equal(sorted(set(os.listdir(large)) - {"state.db-wal", "state.db-shm"}), ["state.db"], "files")
    check(not os.path.exists(bench.path("more.db")), "half a file")
    site.ok("state", "restore", copy)
    wait_until(lambda: (inbound(site.daemon, STRANGER), inbound(site.daemon, KNOWN)) == (451, None), "it is put back")


@suite.scenario("who may write where the daemon may not has the backup there, and is who puts it back")
def rights(bench):
    need_root()
    nobody = pwd.getpwnam("nobody")
    for name in ("site", "closed"):
        os.mkdir(bench.path(name))
    os.chown(bench.path("site"), nobody.pw_uid, nobody.pw_gid)
    os.chmod(bench.path("closed"), 0o700)
    site = Site(bench, {"user": "nobody", "state.url": f"sqlite:{bench.path('site/state.db')}",
                        "policy-db.url": f"sqlite:{bench.path('site/policy.db')}",
                        "socket": f"unix:{bench.path('site/socket')}", "control-socket": bench.path("site/control")})
    site.ok("user", "add", ALICE)
    site.daemon.start()
    make_known(site.daemon)
    for kind in ("state", "db"):
        copy = bench.path(f"closed/{kind}.db")
        site.ok(kind, "backup", copy)
        found = os.stat(copy)
        check_equal((found.st_uid, found.st_mode & 0o777), (0, 0o600), f"{kind}: owner and mode")
        site.ok(kind, "restore", copy)
    check_equal(inbound(site.daemon, KNOWN), None, "after the restore")
    check_equal({os.stat(bench.path(f"site/{name}")).st_uid for name in os.listdir(bench.path("site"))},
                {nobody.pw_uid}, "the owner of the daemon's files")
    os.chown(bench.path("site"), 0, 0)
    site.daemon.terminate()
    for kind in ("state", "db"):
        check("Permission denied" in site.fails(71, kind, "restore", bench.path(f"closed/{kind}.db")), "no rights")
        check("Permission denied" in site.fails(71, kind, "backup", bench.path("closed/more.db")), "no rights")
    check_equal(sorted(os.listdir(bench.path("closed"))), ["db.db", "state.db"], "files")


@suite.scenario("a locked state.db: known mail passes, new mail is what on-failure says, told once each way")
def locked(bench):
    site = started(bench, {"state.timeout": "500ms"})
    daemon = site.daemon
    with contextlib.closing(sqlite3.connect(daemon.state, isolation_level=None)) as owner:
        owner.execute("BEGIN EXCLUSIVE")
        check_equal([inbound(daemon, f"198.18.0.{number}") for number in range(10)], [451] * 10, "strangers")
        check_equal(len(daemon.events("backend-failed")), 1, "failures told")
        check("is locked by another process" in daemon.events("backend-failed")[0]["error"], "why")
        check_equal(inbound(daemon, KNOWN), None, "who is known")
        owner.execute("ROLLBACK")
    wait_until(lambda: inbound(daemon, "198.18.1.1") == 451 and daemon.events("backend-recovered"), "it is back")
    check_equal(len(daemon.events("backend-failed")), 1, "failures told")
    daemon.advance(300)
    check_equal(inbound(daemon, "198.18.1.1"), None, "who came when it was back")


@suite.scenario("a state.db that is removed is put back, a backup moved over it is used; each is told once")
def state_file(bench):
    site = started(bench)
    daemon, copy = site.daemon, bench.path("copy.db")
    site.ok("state", "backup", copy)
    for suffix in SUFFIXES:
        os.remove(daemon.state + suffix)
    wait_until(lambda: os.path.exists(daemon.state), "it is put back")
    wait_until(lambda: inbound(daemon, KNOWN) is None, "who is known")
    check_equal(used(site), [["recipients:1/24h", "messages:1/24h"]], "what alice has sent")
    make_known(daemon, STRANGER)
    check_equal(len(troubles(daemon, daemon.state)), 1, f"told: {troubles(daemon, daemon.state)}")
    check("put back as it was" in troubles(daemon, daemon.state)[0], "what is told")
    os.rename(copy, daemon.state)
    wait_until(lambda: len(troubles(daemon, daemon.state)) == 2, "it is noticed")
    check("another file is there now" in troubles(daemon, daemon.state)[1], "what is told")
    wait_until(lambda: inbound(daemon, STRANGER) == 451 and inbound(daemon, KNOWN) is None, "the copy is used")
    os.truncate(daemon.state, 0)
    wait_until(lambda: len(troubles(daemon, daemon.state)) == 3, "it is noticed")
    check("begins anew" in troubles(daemon, daemon.state)[2], "what is told")
    wait_until(lambda: site.run("state", "stats")[0] == 0, "it begins anew")
    make_known(daemon)
    daemon.terminate()
    check_sound(daemon.state)


@suite.scenario("a policy.db that is removed is put back at once; a backup moved over it is used; each is told once")
def policy_file(bench):
    site = started(bench)
    daemon, copy = site.daemon, bench.path("copy.db")
    site.ok("db", "backup", copy)
    site.ok("allow", ALICE, "carol@example.com", "--create")
    check_equal(asked(site, sender="carol@example.com"), None, "before")
    for suffix in SUFFIXES:
        with contextlib.suppress(FileNotFoundError):
            os.remove(daemon.policy_db + suffix)
    check_equal(asked(site, sender="dave@example.com"), 550, "nobody may more than before")
    check_equal(asked(site, sender="carol@example.com"), None, "nor less")
    check(os.path.exists(daemon.policy_db), "it is put back")
    check_equal(len(troubles(daemon, daemon.policy_db)), 1, f"told: {troubles(daemon, daemon.policy_db)}")
    site.ok("allow", ALICE, "erin@example.com", "--create")
    check_equal(asked(site, sender="erin@example.com"), None, "a change afterwards")
    os.rename(copy, daemon.policy_db)
    check_equal(asked(site, sender="carol@example.com"), 550, "the copy is used")
    check_equal(asked(site), None, "alice as herself")
    check_equal(len(troubles(daemon, daemon.policy_db)), 2, f"told: {troubles(daemon, daemon.policy_db)}")
    check_equal(daemon.events("backend-failed"), [], "failures")
    daemon.terminate()
    check_sound(daemon.policy_db)


@suite.scenario("a policy.db that is emptied, damaged or foreign opens nothing, and a restore heals it")
def policy_damaged(bench):
    site = started(bench)
    daemon, copy = site.daemon, bench.path("copy.db")
    site.ok("db", "backup", copy)

    def foreign():
        other = bench.path("other.db")
        site.sql("CREATE TABLE t (x)", file=other)
        os.rename(other, daemon.policy_db)

    # Not -shm: SQLite has it mapped, and whoever uses it dies of that (SIGBUS).
    def empty():
        for suffix in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                os.truncate(daemon.policy_db + suffix, 0)

    def damaged():
        text = bench.write("text.db", "no database" * 5000)
        os.rename(text, daemon.policy_db)
    for spoil in (foreign, empty, damaged):
        before = len(troubles(daemon, daemon.policy_db))
        spoil()

        def told(spoil=spoil, before=before):
            check_equal(asked(site, "mallory", "carol@example.com"), 451, f"{spoil.__name__}: who is not known")
            check_equal(asked(site, sender="carol@example.com"), 550, f"{spoil.__name__}: who was known")
            return troubles(daemon, daemon.policy_db)[before:]
        # After a failure the database is left alone for a while.
        wait_until(told, f"{spoil.__name__} is told")
        for _ in range(5):
            lines = told()
            check_equal(len(lines), 1, f"{spoil.__name__}, told: {lines}")
        if spoil == empty:
            site.ok("db", "restore", copy)
        else:
            check("not a database of mailreeve" in site.fails(71, "db", "restore", copy), spoil.__name__)
            os.remove(daemon.policy_db)
            site.ok("db", "restore", copy)
        wait_until(lambda: asked(site) is None, f"{spoil.__name__}: it is healed")
        check_equal(asked(site, sender="carol@example.com"), 550, f"{spoil.__name__}: alice as carol, healed")


suite.run()
