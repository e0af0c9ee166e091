#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a message costs that does not go out, behind a real Postfix with SASL. Each quota has room for one message:
who was not given back what he was charged is refused."""

import smtp
from harness import Suite, check, check_equal, wait_until
from submission import PolicyFile, SubmissionSite, ask, check_never, check_over, check_sent, recipients

suite = Suite()
FROM = "alice@example.com"
ONE_MESSAGE = {"quota.default": "3/1h"}
TO = recipients(3)


def begin(session, sender=FROM):
    """Up to the reply to DATA, when the message is charged."""
    replies = session.pipeline([f"MAIL FROM:<{sender}>"] + [f"RCPT TO:<{to}>" for to in TO])
    check(all(reply.accepted for reply in replies), f"the envelope: {replies}")
    return session.command("DATA")


def charged(daemon):
    return [verdict for verdict in daemon.verdicts(policy="quota") if verdict["reason"] == "within-quota"]


def check_nothing_left(site, what):
    check_over(site.send("alice", FROM, *TO).mail, f"after {what}")


def check_given_back(site, daemon, what):
    """Exactly what was charged, and no more."""
    wait_until(lambda: not ask(daemon, "status")["connections"], "Postfix has told the daemon")
    before = len(charged(daemon))
    check(before > 0, f"{what}: was never charged")
    check_sent(site.send("alice", FROM, *TO), f"after {what}")
    check_nothing_left(site, what)


@suite.scenario("what was charged is given back when the client goes away in the middle of the content")
def dropped(bench, site):
    daemon = site.daemon(bench, ONE_MESSAGE)
    with site.login("alice") as session:
        check_equal(begin(session).code, 354, "DATA")
        session.send(b"Subject: unfinished\r\n\r\nThe first half")
        check_nothing_left(site, "DATA")
    check_given_back(site, daemon, "a lost connection")


@suite.scenario("what was charged is given back when a header is refused by header_checks")
def header_checks(bench, site):
    daemon = site.daemon(bench, ONE_MESSAGE)
    reply = site.send("alice", FROM, *TO, header="X-Refuse: yes").message
    check_equal((reply.code, reply.text), (550, "5.7.1 refused for a header"), "header_checks")
    check_given_back(site, daemon, "header_checks")


@suite.scenario("what was charged is given back when the message is larger than message_size_limit")
def too_large(bench, site):
    daemon = site.daemon(bench, ONE_MESSAGE)
    reply = site.send("alice", FROM, *TO, header="X-Long: x\r\n" + "\r\n" + ("x" * 70 + "\r\n") * 5000).message
    check_equal((reply.code, reply.enhanced), (552, "5.3.4"), "message_size_limit")
    check_given_back(site, daemon, "a message that is too large")


@suite.scenario("what was charged is given back when smtpd_end_of_data_restrictions refuse the message")
def end_of_data(bench, site):
    daemon = site.daemon(bench, ONE_MESSAGE)
    reply = site.send("alice", "late@example.com", *TO).message
    check_equal(reply.code, 554, f"smtpd_end_of_data_restrictions: {reply}")
    check_given_back(site, daemon, "smtpd_end_of_data_restrictions")


@suite.scenario("after a refusal at the end, the next message in the same session has its room again")
def same_session(bench, site):
    site.daemon(bench, ONE_MESSAGE)
    with site.login("alice") as session:
        for header in ("X-Refuse: yes", "X-Refuse: yes"):
            check_equal(smtp.attempt(session, FROM, TO, header=header).message.code, 550, header)
        check_equal(smtp.attempt(session, "late@example.com", TO).message.code, 554, "the end of data")
        # Postfix has not ended the transaction then.
        session.command("RSET")
        check_sent(smtp.attempt(session, FROM, TO), "a good message")
        check_over(smtp.attempt(session, FROM, TO).mail, "the next one")


@suite.scenario("what is refused before DATA costs nothing, nor do recipients that are not let in")
def before_data(bench, site):
    site.daemon(bench, ONE_MESSAGE)
    with site.login("alice") as session:
        session.command(f"MAIL FROM:<{FROM}>")
        session.command(f"RCPT TO:<{TO[0]}>")
        session.command("RSET")
        session.command(f"MAIL FROM:<{FROM}>")
        check_equal(session.command("RCPT TO:<>").code, 501, "a recipient that is none")
        for to in TO:
            session.command(f"RCPT TO:<{to}>")
        check_equal(session.command("DATA").code, 354, "DATA")
        check(session.command("Subject: test\r\n\r\nText.\r\n.").accepted, "the message")
    check_nothing_left(site, "three recipients")


@suite.scenario("a refusal ends the transaction: who goes on in it is answered, and judged like anybody")
def goes_on(bench, site):
    site.daemon(bench, ONE_MESSAGE)
    with site.login("alice") as session:
        for _ in range(2):
            check_never(smtp.attempt(session, FROM, recipients(4)).message, 4, 3, "four of three")
            check_equal(session.command("DATA").code, 503, "DATA without a transaction")
            check_equal(session.command(f"RCPT TO:<{TO[0]}>").code, 503, "RCPT without a transaction")
        check_sent(smtp.attempt(session, FROM, TO), "three of three")
        check_over(smtp.attempt(session, FROM, TO).mail, "three more")


@suite.scenario("count-refused = yes counts what is refused as well, and it is never given back")
def count_refused(bench, site):
    daemon = site.daemon(bench, {"quota.default": "3/1h", "quota.count-refused": "yes"})
    check_never(site.send("alice", FROM, *recipients(4)).message, 4, 3, "four recipients")
    check_over(site.send("alice", FROM, TO[0]).message, "one, after four that were refused")
    daemon.advance(3600 + 61)
    check_sent(site.send("alice", FROM, *TO), "an hour later")


@suite.scenario("over = reject refuses for good, and quota.message says what the admin wants")
def reject(bench, site):
    site.daemon(bench, {"quota.default": "3/1h", "quota.over": "reject",
                        "quota.message": "{user}: {used} of {limit} in {window}, not {recipients} more"})
    check_sent(site.send("alice", FROM, TO[0]), "one recipient")
    reply = site.send("alice", FROM, *TO).message
    check_equal(str(reply), "550 5.7.28 alice: 1 of 3 in 1h, not 3 more", "the reply")
    check_never(site.send("alice", FROM, *recipients(4)).message, 4, 3, "what never passes")


@suite.scenario("a reload changes quota.default for new sessions, and what was sent still counts")
def reload_default(bench, site):
    daemon = site.daemon(bench, {"quota.default": "3/1h"})
    check_sent(site.send("alice", FROM, *TO), "three of three")
    check_nothing_left(site, "three of three")
    daemon.configure({"quota.default": "5/1h"})
    check_equal(daemon.reload()["event"], "reloaded", "the reload")
    check_over(site.send("alice", FROM, *TO).message, "six of five")
    check_sent(site.send("alice", FROM, *TO[:2]), "five of five")
    daemon.configure({"quota.default": "a lot"})
    event = daemon.reload()
    check_equal(event["event"], "reload-failed", "the reload with nonsense")
    check_over(site.send("alice", FROM, TO[0]).mail, "after a reload that failed")
    daemon.configure({"quota.default": "unlimited"})
    daemon.reload()
    check_sent(site.send("alice", FROM, *TO), "unlimited")
    daemon.configure({"quota.default": "refuse"})
    daemon.reload()
    reply = site.send("alice", FROM, *TO).mail
    check_equal((reply.code, reply.enhanced), (550, "5.7.1"), f"refuse: {reply}")


@suite.scenario("a bad quota.default or quota.message stops the start and says option, value, file and line")
def bad_options(bench, site):
    table = [("default", "a lot"), ("default", "100/1"), ("default", "0x10/1h"), ("default", "-5/1h"),
             ("message", "250 Ok"), ("message", "451 5.7.28 Wrong class"), ("message", "{nobody} knows"),
             ("margin", "lots"), ("reset-at", "25:00")]
    for number, (name, value) in enumerate(table):
        daemon = site.unstarted_daemon(bench, {f"quota.{name}": value}, name=f"bad{number}")
        said = daemon.fails_to_start(78)
        with open(daemon.config, encoding="ascii") as file:
            line = 1 + file.read().splitlines().index(f"{name} = {value}")
        check(f"{daemon.config}:{line}: quota.{name} = {value}: " in said, f"{name} = {value}: {said}")


@suite.scenario("a raise of the user's quota holds until it ends")
def raised(bench, site):
    daemon = site.daemon(bench, {"policy-db.cache-ttl": "1s"})
    database = PolicyFile(daemon)
    database.give_quota("alice", 3)
    check_sent(site.send("alice", FROM, *TO), "three of three")
    check_nothing_left(site, "three of three")
    database.run("INSERT INTO raises (user_id, limits, until_ms, locked)"
                 " SELECT id, '5', (strftime('%s') + 600) * 1000, 0 FROM users")
    ask(daemon, "refresh")
    check_sent(site.send("alice", FROM, *TO[:2]), "five of five")
    daemon.advance(601)
    check_over(site.send("alice", FROM, TO[0]).mail, "when the raise is over")


if __name__ == "__main__":
    suite.run([SubmissionSite.required], SubmissionSite)
