#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What clients may do in an order that libmilter does not expect, through a Postfix that adds no header of its own and
lets pass what the filter does not answer. It is answered at once, and quotas hold."""

import contextlib
import time

from harness import Suite, check, check_equal
from mta import PostfixSite

suite = Suite()

_MAIN_CF = """\
local_header_rewrite_clients =
milter_default_action = accept
smtpd_end_of_data_restrictions = check_sender_access regexp:{dir}/late_senders
"""
# Postfix refuses their content and keeps the transaction open.
_LATE = "late@example.com"
FROM, TO = "alice@example.com", "bob@example.net"

# Everything is outbound; each user is the sender.
OUTBOUND = {"submission-networks": "192.0.2.0/24", "identity.from": "sender", "sender-auth.apply": "never",
            "quota.default": "3/1h", "headers.authentication-results": "all"}
# From its first octet to the line with the dot.
BARE = {"nothing": "", "a blank line and text": "\r\nText.\r\n", "text that is no header": "Text.\r\nMore.\r\n",
        "only a header": "Subject: test\r\n", "a header and text": "Subject: test\r\n\r\nText.\r\n"}


class Site(PostfixSite):
    def __init__(self, bench):
        bench.write("late_senders", f"/^{_LATE}$/ REJECT too late\n")
        super().__init__(bench, _MAIN_CF.format(dir=bench.directory))
        self._log = bench.path("maillog")

    def check_survived(self):
        """Postfix 3.7 loses its smtpd(8) if a second content of a message may begin."""
        with open(self._log, encoding="utf-8", errors="replace") as log:
            check_equal([line for line in log if "killed by signal" in line], [], "lost processes")


@contextlib.contextmanager
def at_once(what):
    """Postfix would wait for 30 s for an answer to a command, and for 300 s for one to a message."""
    began = time.monotonic()
    yield
    check(time.monotonic() - began < 15, f"{what}: had to wait")


def envelope(session, sender=FROM, recipient=TO):
    for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"):
        reply = session.command(command)
        check(reply.accepted, f"{command}: {reply}")


def content(session, text):
    reply = session.command("DATA")
    check_equal(reply.code, 354, f"DATA: {reply}")
    return session.command(text + ".")


@suite.scenario("a message without any header is answered, and greylisted and marked like others")
def bare(bench, site):
    table = ({"headers.authentication-results": "inbound"}, {"headers.authentication-results": "no"},
             {"headers.authentication-results": "inbound", "sender-auth.apply": "never", "quota.apply": "never"})
    for number, options in enumerate(table):
        daemon = site.daemon(bench, {**options, "greylist.trust-after": "0"}, name=f"daemon{number}")
        site.postfix.attempt(FROM, TO)
        daemon.advance(301)
        for name, text in BARE.items():
            with at_once(name), site.postfix.session() as session:
                for _ in range(2):
                    envelope(session)
                    reply = content(session, text)
                    check(reply.accepted, f"{name}: {reply}")
        check_equal(len(daemon.events("message")), 2 * len(BARE), f"messages with {options}")
        daemon.terminate()


@suite.scenario("a message without any header counts for the quota, whatever milter_default_action says")
def bare_quota(bench, site):
    for number, (name, text) in enumerate(BARE.items()):
        daemon = site.daemon(bench, OUTBOUND, name=f"daemon{number}")
        codes = []
        with at_once(name):
            for _ in range(3):
                with site.postfix.session() as session:
                    for _ in range(2):
                        reply = session.command(f"MAIL FROM:<{FROM}>")
                        if reply.accepted:
                            session.command(f"RCPT TO:<{TO}>")
                            reply = content(session, text)
                        codes.append(reply.code)
        check_equal(codes, [250, 250, 250, 450, 450, 450], name)
        daemon.terminate()


def check_put_off(reply, what):
    check_equal((reply.code, reply.enhanced), (451, "4.5.1"), f"{what}: {reply}")


@suite.scenario("who goes on in a message whose content was refused is put off at once, and his quota holds")
def second_data(bench, site):
    daemon = site.daemon(bench, OUTBOUND)
    with at_once("the second DATA"), site.postfix.session() as session:
        for again in (("DATA", "DATA"), ("RCPT TO:<carol@example.net>", "DATA"), ("NOOP", "DATA", "RCPT TO:<d@example.net>")):
            envelope(session, _LATE)
            check_equal(content(session, BARE["a header and text"]).code, 554, "smtpd_end_of_data_restrictions")
            for command in again:
                reply = session.command(command)
                if command != "NOOP":
                    check_put_off(reply, command)
            check(session.command("RSET").accepted, "RSET")
        for _ in range(3):
            envelope(session)
            check(content(session, BARE["a header and text"]).accepted, "a good message")
        check_equal(session.command(f"MAIL FROM:<{FROM}>").code, 450, "the fourth")
        # Nothing of it was left charged.
        envelope(session, _LATE)
    check_equal(daemon.events("bug"), [], "bugs")
    site.check_survived()


@suite.scenario("a quota that is exceeded cannot be got round by a second DATA")
def second_data_over(bench, site):
    site.daemon(bench, OUTBOUND)
    with at_once("the second DATA"), site.postfix.session() as session:
        envelope(session)
        for number in range(3):
            check(session.command(f"RCPT TO:<{number}@example.net>").accepted, "recipient")
        for _ in range(3):
            reply = content(session, BARE["a header and text"])
            check_equal((reply.code, reply.enhanced), (550, "5.7.28"), f"four of three: {reply}")
            check_equal(session.command("DATA").code, 503, "DATA without a transaction")
            envelope(session)
            for number in range(3):
                session.command(f"RCPT TO:<{number}@example.net>")


@suite.scenario("BDAT is answered in every order")
def bdat(bench, site):
    daemon = site.daemon(bench, OUTBOUND)
    def chunk(session, text, last=True):
        session.send(f"BDAT {len(text)}{' LAST' if last else ''}\r\n{text}".encode())
        return session.reply()
    with at_once("BDAT"), site.postfix.session() as session:
        envelope(session)
        check(chunk(session, "", last=True).accepted, "an empty message")
        envelope(session)
        for text in ("\r\n", "Text.\r\n", "More.\r\n"):
            check(chunk(session, text, last=False).accepted, "a chunk")
        check(session.command("RSET").accepted, "RSET between chunks")
        envelope(session)
        check(chunk(session, "Subject: te", last=False).accepted and chunk(session, "st\r\n").accepted, "two chunks")
        envelope(session, _LATE)
        check_equal(chunk(session, "Text.\r\n").code, 554, "smtpd_end_of_data_restrictions")
        # Another BDAT now, and Postfix 3.7 loses its smtpd(8) without asking a filter.
        session.command("RSET")
        envelope(session)
        check(chunk(session, "Text.\r\n").accepted, "the third message")
        check_equal(session.command(f"MAIL FROM:<{FROM}>").code, 450, "the fourth")
    check_equal(daemon.events("bug"), [], "bugs")
    site.check_survived()


@suite.scenario("HELO, RSET and unknown commands anywhere are answered at once")
def anywhere(bench, site):
    daemon = site.daemon(bench, OUTBOUND)
    with at_once("the session"), site.postfix.session() as session:
        for between in ("EHLO a.example.org", "HELO b.example.org", "RSET"):
            session.command(f"MAIL FROM:<{FROM}>")
            check(session.command(between).accepted, between)
            envelope(session)
            check(session.command(between).accepted, between)
        session.command("RSET")
        for between in ("WHAT", "NOOP", "VRFY x", "DATA", "RCPT TO:<x@example.net>"):
            session.command(between)
        envelope(session)
        for between in ("WHAT", "NOOP", f"MAIL FROM:<{FROM}>", "HELP"):
            session.command(between)
        check(content(session, BARE["nothing"]).accepted, "the message")
    check_equal(daemon.events("bug"), [], "bugs")


suite.run(requirements=[Site.required], fixture=Site)
