#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Quotas as a hijacked account meets them, behind a real Postfix with SASL."""

import datetime
import hashlib
import threading

import smtp
from harness import Suite, check, check_equal, free_port, wait_until
from submission import (SECRET, PolicyFile, Receiver, SubmissionSite, ask, check_never, check_over, check_sent,
                        give_quota, notify_options, recipients, tool)

suite = Suite()
# The keys of PolicydRateGuard's webhook, whose receivers go on working.
RATE_GUARD_KEYS = {"msgid", "sender", "client_address", "client_name", "rcpt_count", "from_addr", "to_addr",
                   "timestamp", "quota", "quota_reset", "used"}


def send_all(site, name, sender, total, each):
    """So many recipients in messages of `each`, in one session, by one who never stops."""
    with site.login(name) as session:
        return [smtp.attempt(session, sender, recipients(each, first)) for first in range(0, total, each)]


def check_notification(heard, **wanted):
    check_equal(set(RATE_GUARD_KEYS) - set(heard["body"]), set(), "keys that are missing")
    for key, value in wanted.items():
        check_equal(heard["body"][key], value, f"{key} of {heard['body']}")
    check(heard["signed"], "the signature")
    claims = heard["claims"]
    check(claims is not None, f"the token: {heard['headers']}")
    check_equal(claims["sub"], wanted["sender"], "the token's subject")
    check_equal(claims["exp"] - claims["iat"], 60, "how long the token holds")


@suite.scenario("of 1000 recipients on a quota of 100, exactly 100 leave; a notification and mailreevectl tell of it")
def hijack(bench, site):
    receiver = Receiver(bench)
    daemon = site.daemon(bench, receiver.options)
    give_quota(daemon, "alice", "100")
    tried = send_all(site, "alice", "hijack@example.com", 1000, 10)
    for one in tried[:10]:
        check_sent(one, "a message within the quota")
    for one in tried[10:]:
        check_over(one.mail, "a message over the quota")
    left = site.delivered("hijack@example.com")
    check_equal(sorted(to for message in left for to in message), sorted(recipients(100)), "who got mail")
    heard = receiver.settled(daemon)
    check_equal(len(heard), 1, "notifications")
    check_notification(heard[0], sender="alice", quota=100, used=100, event="quota-exceeded",
                       from_addr="hijack@example.com", client_address="127.0.0.1")
    age = datetime.datetime.now() - datetime.datetime.fromisoformat(heard[0]["body"]["timestamp"])
    check(abs(age.total_seconds()) < 60, f"the notification's time: {age} ago")
    shown = tool(daemon, "quota", "show", "alice")
    check_equal((shown["state"], shown["used"]),
                ("exceeded", [{"unit": "recipients", "limit": 100, "window": "24h", "used": 100, "remaining": 0}]),
                "quota show")
    wait_until(lambda: len(tool(daemon, "messages", "--user", "alice", "--limit", "1000")) == 100, "100 messages")
    verdicts = [message["verdict"] for message in tool(daemon, "messages", "--user", "alice", "--limit", "1000")]
    check_equal((verdicts.count("pass"), verdicts.count("defer")), (10, 90), "messages")
    check_equal([(total["messages"], total["recipients"], total["refused"]) for total in tool(daemon, "totals")],
                [(10, 100, 90)], "totals")


@suite.scenario("the table of messages has each of them, those that were refused as well")
def told_afterwards(bench, site):
    daemon = site.daemon(bench, {"quota.default": "20"})
    send_all(site, "alice", "told@example.com", 50, 10)
    table = PolicyFile(daemon)
    rows = wait_until(lambda: len(table.messages()) == 5 and table.messages(), "five rows")
    check_equal(rows, [("pass", "within-quota", "alice", "told@example.com", 10)] * 2 +
                [("defer", "over-quota", "alice", "told@example.com", 0)] * 3, "messages")


@suite.scenario("what is left of a quota can be used by a message that fits")
def rest(bench, site):
    receiver = Receiver(bench)
    daemon = site.daemon(bench, {"quota.default": "100", **receiver.options})
    with site.login("alice") as session:
        for number in range(14):
            check_sent(smtp.attempt(session, "rest@example.com", recipients(7, 7 * number)), "seven recipients")
        big = smtp.attempt(session, "rest@example.com", recipients(7, 98))
        check_over(big.message, "seven more, where two are left")
        check(big.message.text.startswith("4.7.28 You have sent 98 of 100 in 24h ("), f"the text: {big.message}")
        check_sent(smtp.attempt(session, "rest@example.com", recipients(2, 98)), "two recipients")
        check_over(smtp.attempt(session, "rest@example.com", recipients(1, 100)).mail, "one more")
    check_equal(sum(len(message) for message in site.delivered("rest@example.com")), 100, "recipients that left")
    check_equal([one["body"]["rcpt_count"] for one in receiver.settled(daemon)], [7], "notifications")


@suite.scenario("a message with more recipients than the quota goes to none of them, and costs nothing")
def all_or_nothing(bench, site):
    daemon = site.daemon(bench)
    PolicyFile(daemon).give_quota("alice", 100)
    with site.login("alice") as session:
        check_never(smtp.attempt(session, "all@example.com", recipients(150)).message, 150, 100, "150 recipients")
        check_sent(smtp.attempt(session, "all@example.com", recipients(100)), "the whole quota afterwards")
    check_equal([len(message) for message in site.delivered("all@example.com")], [100], "what left")


@suite.scenario("who goes on trying gets no second notification, and one in the next period")
def next_period(bench, site):
    receiver = Receiver(bench)
    daemon = site.daemon(bench, {"quota.default": "5/1h", **receiver.options})
    for period in (1, 2):
        tried = send_all(site, "alice", f"period{period}@example.com", 30, 5)
        check_sent(tried[0], f"the quota of period {period}")
        check_over(tried[5].mail, f"the end of period {period}")
        check_equal(len(receiver.settled(daemon)), period, f"notifications after period {period}")
        daemon.advance(3600 + 61)


@suite.scenario("the user and a simple token may stand in the webhook's URL")
def token_in_url(bench, site):
    receiver = Receiver(bench)
    daemon = site.daemon(bench, {"quota.default": "5/1h", **receiver.options, "notify.webhook-token": "simple",
                                 "notify.webhook-url": receiver.url + "/{sender}?token={token}"})
    site.send("bob@example.com", "token@example.com", *recipients(3))
    check_over(site.send("bob@example.com", "token@example.com", *recipients(3)).message, "six of five")
    token = hashlib.sha256((SECRET + "bob@example.com").encode()).hexdigest()
    check_equal([one["path"] for one in receiver.settled(daemon)], [f"/told/bob%40example.com?token={token}"], "paths")


@suite.scenario("a notification that nobody takes survives kill -9, and arrives when somebody does")
def nobody_listens(bench, site):
    port = free_port()
    daemon = site.daemon(bench, {"quota.default": "5/1h", **notify_options(bench, f"http://127.0.0.1:{port}/told")})
    site.send("alice", "spool@example.com", *recipients(3))
    check_over(site.send("alice", "spool@example.com", *recipients(3)).message, "six of five")
    # It is on the disk before anybody is told.
    check_equal(daemon.wait_for_event("notification-failed")["next"], "retry", "what follows")
    daemon.kill()
    receiver = Receiver(bench, port)
    daemon.start()
    wait_until(lambda: receiver.heard, "it arrives", 30)
    check_equal([one["body"]["sender"] for one in receiver.settled(daemon)], ["alice"], "notifications")
    check_over(site.send("alice", "spool@example.com", *recipients(3)).message, "six of five, again")
    check_equal(len(receiver.settled(daemon)), 1, "notifications afterwards")


@suite.scenario("a notification by mail goes through the Postfix that the daemon works for, also where set-group-ID programs cannot run")
def by_mail(bench, site):
    daemon = site.unstarted_daemon(bench, {"quota.default": "5/1h", "notify.mail-to": "postmaster@example.net",
                                           "notify.sendmail": f"smtp://127.0.0.1:{site.postfix.port}"})
    daemon.start(wrapper=["setpriv", "--no-new-privs"])
    site.send("alice", "mail@example.com", *recipients(3))
    check_over(site.send("alice", "mail@example.com", *recipients(3)).message, "six of five")
    arrived = site.sink.wait_for(lambda message: message.recipients == ["postmaster@example.net"], 60)
    check_equal(arrived.sender, "", "the envelope's sender")
    check_equal(arrived.header("Auto-Submitted"), ["auto-generated"], "Auto-Submitted")
    check_equal(len(arrived.header("Message-ID")), 1, "Message-ID")
    check(" alice " in arrived.header("Subject")[0], arrived.header("Subject"))
    counts = wait_until(lambda: _delivered(daemon), "the daemon knows that it has arrived")
    check_equal((counts["delivered"], counts["pending"]), (1, 0), "notifications")
    check_equal(daemon.events("notification-failed"), [], "failures")


def _delivered(daemon):
    counts = ask(daemon, "status")["notifications"]
    return counts if counts["delivered"] else None


def at_once(site, count, name):
    """So many sessions say DATA at the same time, with one recipient each; returns their replies."""
    gate = threading.Barrier(count)
    replies = []

    def one(number):
        with site.postfix.session(login=name) as session:
            session.command(f"MAIL FROM:<at-once-{name}@example.com>")
            session.command(f"RCPT TO:<r{number}@example.net>")
            gate.wait(60)
            reply = session.command("DATA")
            if reply.code == 354:
                reply = session.command("Subject: one of many\r\n\r\nText.\r\n.")
            replies.append(reply)

    threads = [threading.Thread(target=one, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    return replies


def check_at_once(bench, site, name, options):
    site.daemon(bench, {"quota.default": "50", **options})
    replies = at_once(site, 100, name)
    check_equal(len(replies), 100, "sessions that came to an end")
    refused = [reply for reply in replies if not reply.accepted]
    for reply in refused:
        check_over(reply, "a session too many")
    check_equal(len(refused), 50, "sessions that were refused")
    left = site.delivered(f"at-once-{name}@example.com")
    check_equal(len(left), 50, "messages that left")


@suite.scenario("of 100 sessions at once on a quota of 50, exactly 50 get through: SQLite")
def at_once_sqlite(bench, site):
    check_at_once(bench, site, "sqlite", {})


@suite.scenario("of 100 sessions at once on a quota of 50, exactly 50 get through: memory")
def at_once_memory(bench, site):
    check_at_once(bench, site, "memory", {"state.url": "memory:"})


@suite.scenario("quota reset, raise and lower by mailreevectl hold for the next message")
def by_tool(bench, site):
    daemon = site.daemon(bench)
    give_quota(daemon, "alice", "5")
    with site.login("alice") as session:
        check_sent(smtp.attempt(session, "tool@example.com", recipients(5)), "the quota")
        check_over(smtp.attempt(session, "tool@example.com", recipients(1)).mail, "one more")
        tool(daemon, "quota", "reset", "alice")
        check_sent(smtp.attempt(session, "tool@example.com", recipients(5)), "after a reset")
        tool(daemon, "quota", "raise", "alice", "8")
        check_sent(smtp.attempt(session, "tool@example.com", recipients(3)), "after a raise")
        check_over(smtp.attempt(session, "tool@example.com", recipients(1)).mail, "more than that")
        tool(daemon, "quota", "reset", "alice")
        tool(daemon, "quota", "lower", "alice")
        check_never(smtp.attempt(session, "tool@example.com", recipients(6)).message, 6, 5, "six, when the raise has ended")


@suite.scenario("kill -9 and a restart do not give anything back")
def killed(bench, site):
    daemon = site.daemon(bench, {"quota.default": "10/1h"})
    check_sent(site.send("alice", "killed@example.com", *recipients(7)), "seven recipients")
    daemon.kill()
    daemon.start()
    check_over(site.send("alice", "killed@example.com", *recipients(4)).message, "four more, where three are left")
    check_sent(site.send("alice", "killed@example.com", *recipients(3)), "three more")


if __name__ == "__main__":
    suite.run([SubmissionSite.required], SubmissionSite)
