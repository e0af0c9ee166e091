#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The policy database on a real MariaDB, as CHAPPS left it: read while it is there, while it is away, and when it is
back, with mail going out through a real Postfix."""

import contextlib
import itertools
import signal
import time

import smtp
from harness import Suite, check, check_equal, wait_until
from mariadb import Mariadb, need_mariadb
from submission import SubmissionSite, ask, check_never, check_not_allowed, check_over, check_sent, recipients, tool

suite = Suite()
FROM = "alice@example.com"
TO = recipients(3)
TIMEOUT = 2
# What a busy machine takes for all else.
SLACK = 4
_names = (f"policy{number}" for number in itertools.count())
POLICY = """
INSERT INTO users (name) VALUES ('alice'), ('bob@example.com');
INSERT INTO domains (name, greylist, check_spf) VALUES ('example.com', 0, 0), ('greylisted.example', 1, 0),
    ('checked.example', 0, 1), ('neither.example', 0, 0);
INSERT INTO emails (name) VALUES ('sales@example.org');
INSERT INTO quotas (name, quota) VALUES ('small', 5), ('large', 1000);
INSERT INTO domain_user (user_id, domain_id) VALUES (1, 1);
INSERT INTO email_user (user_id, email_id) VALUES (1, 1);
INSERT INTO quota_user (user_id, quota_id) VALUES (1, 1), (2, 2);
"""


class MariadbSite(SubmissionSite):
    @staticmethod
    def required():
        SubmissionSite.required()
        need_mariadb()

    def __init__(self, bench):
        super().__init__(bench)
        self.server = Mariadb(bench)

    def database(self):
        """A new one of CHAPPS."""
        name = next(_names)
        self.server.make_database(name)
        self.server.chapps_tables(name)
        self.server.sql(POLICY, name)
        self.server.make_user(f"{name}_reader", f"SELECT ON {name}.*")
        return name

    def reader(self, name, options=None):
        """Of a daemon that may only read."""
        return {"policy-db.url": self.server.tcp_url(name, f"{name}_reader"), "policy-db.timeout": f"{TIMEOUT}s",
                **(options or {})}

    @contextlib.contextmanager
    def hanging(self):
        self.server.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.server.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def away(self):
        self.server.kill()
        try:
            yield
        finally:
            self.server.start()


@suite.scenario("a database of CHAPPS and an account that may only read work as they are")
def as_it_is(bench, site):
    name = site.database()
    before = site.server.sql("CHECKSUM TABLE users, domains, emails, quotas, quota_user, domain_user, email_user", name)
    daemon = site.daemon(bench, site.reader(name))
    with site.login("alice") as session:
        check_sent(smtp.attempt(session, FROM, TO), "a domain of hers")
        check_not_allowed(smtp.attempt(session, "ceo@example.org", TO).mail, "another's address")
        check_over(smtp.attempt(session, "sales@example.org", TO).message, "six of a quota of five")
        check_sent(smtp.attempt(session, "sales+x@example.org", TO[:2]), "five of five")
        check_over(smtp.attempt(session, FROM, TO).mail, "more than five")
    check_sent(site.send("bob@example.com", "bob@example.com", *recipients(900)), "another user's quota")
    check_equal(daemon.terminate(), 0, "exit status")
    after = site.server.sql("CHECKSUM TABLE users, domains, emails, quotas, quota_user, domain_user, email_user", name)
    check_equal(after, before, "the tables")
    check_equal(daemon.events("backend-failed"), [], "failures")
    check_equal(len(daemon.events("tables-missing")), 1, "warnings")


@suite.scenario("greylisting and SPF are for the recipients' domains that want them")
def opt_in(bench, site):
    # Nobody answers there: whoever is checked has a temporary error.
    options = {"greylist.apply": "opt-in", "spf.apply": "opt-in", "spf.on-temperror": "defer SPF is not known",
               "dns.servers": "127.0.0.1@9", "dns.timeout": "200ms", "deadline": "3s"}
    daemon = site.daemon(bench, site.reader(site.database(), options))
    tried = site.postfix.attempt("sender@example.org", "a@greylisted.example", "a@checked.example",
                                 "a@neither.example", "a@unknown.example")
    check_equal([(reply.code, reply.text.split(" ")[1]) for reply in tried.rcpt],
                [(451, "Greylisted,"), (451, "SPF"), (250, "Ok"), (250, "Ok")], "recipients")
    check_equal([verdict.get("policy") for verdict in daemon.verdicts()[:2]], ["greylist", "spf"], "policies")


@suite.scenario("in CHAPPS' tables, what * has is everybody's, and what .example.net has is of the domains below")
def shared(bench, site):
    name = site.database()
    site.server.sql("""INSERT INTO users (id, name) VALUES (9, '*'); INSERT INTO quota_user VALUES (9, 1);
                       INSERT INTO domains (name, greylist) VALUES ('*', 1), ('.out.example', 0);""", name)
    site.daemon(bench, site.reader(name, {"greylist.apply": "opt-in", "spf.apply": "never", "sender-auth.apply": "never"}))
    with site.login("carol@example.com") as session:
        check_never(smtp.attempt(session, "carol@example.com", recipients(6)).message, 6, 5, "everybody's quota")
        check_sent(smtp.attempt(session, "carol@example.com", recipients(5)), "five of five")
    check_sent(site.send("bob@example.com", "bob@example.com", *recipients(6)), "one with a quota of his own")
    tried = site.postfix.attempt("sender@example.org", "a@unknown.example", "a@b.out.example", "a@neither.example",
                                 "a@out.example")
    check_equal([reply.code for reply in tried.rcpt], [451, 250, 250, 451], "recipients")


def send_timed(site, session, name, most):
    begin = time.monotonic()
    tried = smtp.attempt(session, name, TO[:1])
    took = time.monotonic() - begin
    check_sent(tried, f"{name} while the database is away")
    check(took < most, f"{name} took {took:.2f} s")
    return took


def check_away(bench, site, state):
    daemon = site.daemon(bench, site.reader(site.database(), {"policy-db.cache-ttl": "1s", "quota.apply": "never"}))
    with site.login("alice") as alice, site.login("carol@example.com") as stranger:
        check_sent(smtp.attempt(alice, FROM, TO), "while the database is there")
        with state():
            # What is remembered is too old now; it is used all the same.
            time.sleep(1.1)
            times = [send_timed(site, alice, FROM, TIMEOUT + SLACK) for _ in range(10)]
            slow = [took for took in times if took >= TIMEOUT]
            check(len(slow) <= 3, f"mail that waited for the database: {times}")
            check_not_allowed(smtp.attempt(alice, "ceo@example.org", TO).mail, "another's address, as remembered")
            # Whom nobody knows is let through, as on-failure says.
            send_timed(site, stranger, "carol@example.com", 2 * TIMEOUT + SLACK)
            check(ask(daemon, "status")["policy-db"]["failures"] > 0, "the status knows")

        def is_back():
            smtp.attempt(alice, FROM, TO[:1])
            return daemon.events("backend-recovered")
        wait_until(is_back, "the daemon finds the database again", 40)
        for _ in range(3):
            check_sent(smtp.attempt(alice, FROM, TO), "when the database is back")
    # Each kind of call is told of once.
    told = [(event["backend"], event.get("calls")) for event in daemon.events("backend-failed")]
    check({"policy-db"} <= {backend for backend, _ in told} <= {"policy-db", "messages"} and
          len(told) == len(set(told)), f"failures in the log: {told}")
    back = [(event["backend"], event.get("calls")) for event in daemon.events("backend-recovered")]
    check(back and set(back) <= set(told) and len(back) == len(set(back)), f"recoveries: {back} of {told}")


@suite.scenario("a database that is killed and started again under mail refuses none, and is told of once")
def killed(bench, site):
    check_away(bench, site, site.away)


@suite.scenario("a database that hangs and goes on under mail delays none beyond the timeout, and is told of once")
def hangs(bench, site):
    check_away(bench, site, site.hanging)


@suite.scenario("with on-failure = defer, only those wait of whom nothing is remembered")
def defer(bench, site):
    site.daemon(bench, site.reader(site.database(), {"sender-auth.on-failure": "defer", "quota.on-failure": "defer"}))
    with site.login("alice") as alice, site.login("carol@example.com") as stranger:
        check_sent(smtp.attempt(alice, FROM, TO[:1]), "while the database is there")
        with site.away():
            check_sent(smtp.attempt(alice, FROM, TO[:1]), "one who is remembered")
            reply = smtp.attempt(stranger, "carol@example.com", TO).mail
            check_equal((reply.code, reply.enhanced), (451, "4.3.0"), f"one who is not: {reply}")


@suite.scenario("a change in the database is seen within cache-ttl, and at once after refresh")
def change(bench, site):
    name = site.database()
    daemon = site.daemon(bench, site.reader(name, {"policy-db.cache-ttl": "8s"}))
    with site.login("alice") as session:
        check_not_allowed(smtp.attempt(session, "new@example.net", TO).mail, "before the change")
        loaded = time.monotonic()
        site.server.sql("INSERT INTO emails (name) VALUES ('new@example.net');"
                        "INSERT INTO email_user SELECT 1, id FROM emails WHERE name = 'new@example.net'", name)
        check_not_allowed(smtp.attempt(session, "new@example.net", TO).mail, "right after the change")
        wait_until(lambda: smtp.attempt(session, "new@example.net", TO[:1]).mail.accepted, "the change is seen", 20)
        took = time.monotonic() - loaded
        check(took < 12, f"it was seen after {took:.1f} s")
        site.server.sql("DELETE FROM email_user WHERE email_id > 1", name)
        check_equal(ask(daemon, "refresh"), {"done": True}, "refresh")
        check_not_allowed(smtp.attempt(session, "new@example.net", TO).mail, "after refresh")


@suite.scenario("a database that refuses the login is told of at the start, before any mail needs it")
def refused(bench, site):
    options = site.reader(site.database())
    daemon = site.daemon(bench, {**options, "policy-db.url": options["policy-db.url"].replace("_reader@", "_nobody@")})
    failed = wait_until(lambda: daemon.events("backend-failed"), "backend-failed")[0]
    check_equal(failed["backend"], "policy-db", "the backend")
    check("denied" in failed["error"], failed["error"])


@suite.scenario("without our tables, messages are logged but kept nowhere, with one warning")
def no_tables(bench, site):
    daemon = site.daemon(bench, site.reader(site.database()))
    wait_until(lambda: daemon.events("tables-missing"), "the warning")
    with site.login("bob@example.com") as session:
        for _ in range(5):
            check_sent(smtp.attempt(session, "bob@example.com", TO), "mail")
    check_equal(daemon.terminate(), 0, "exit status")
    check_equal(len(daemon.events("message")), 5, "messages in the log")
    trouble = [event for event in daemon.events() if event["severity"] in ("warning", "error")
               and event["event"] not in ("clock-shifted", "files-low")]
    check_equal([(event["event"], event.get("lost")) for event in trouble],
                [("tables-missing", None), ("messages-lost", "5")], "warnings")


@suite.scenario("without our tables, and with messages kept nowhere, there is one warning as well")
def no_tables_at_all(bench, site):
    daemon = site.daemon(bench, {**site.reader(site.database()), "messages.log": "no"})
    wait_until(lambda: daemon.events("tables-missing"), "the warning")
    check_equal(daemon.terminate(), 0, "exit status")
    check_equal(len(daemon.events("tables-missing")), 1, "warnings")
    check_equal(daemon.events("backend-failed"), [], "failures")


@suite.scenario("mailreevectl db init adds the table of messages; it misses none that was sent meanwhile")
def messages(bench, site):
    name = site.database()
    options = {"policy-db.url": site.server.url(name), "quota.default": "unlimited", "messages.addresses": "yes"}
    daemon = site.unstarted_daemon(bench, options)
    tool(daemon, "db", "init")
    daemon.start()
    with site.login("bob@example.com") as session:
        check_sent(smtp.attempt(session, "bob@example.com", TO), "mail before")
        wait_until(lambda: site.server.sql("SELECT 1 FROM messages", name), "its row")
        with site.away():
            for _ in range(10):
                check_sent(smtp.attempt(session, "bob@example.com", TO), "mail meanwhile")
            check_equal(ask(daemon, "status")["messages"], {"waiting": 10, "lost": 0}, "what waits")
    count = "SELECT COUNT(*), SUM(recipients), MIN(addresses) FROM messages WHERE user = 'bob@example.com'"
    wait_until(lambda: site.server.sql(count, name) == [["11", "33", " ".join(TO)]], "all rows", 60)
    check_equal(site.server.sql("SELECT messages, recipients, refused FROM totals", name), [["11", "33", "0"]], "totals")
    shown = tool(daemon, "messages", "--user", "bob@example.com")
    check_equal(len(shown), 11, "what mailreevectl shows")


if __name__ == "__main__":
    suite.run([MariadbSite.required], MariadbSite)
