#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Greylisting through a real Sendmail, over TCP."""

import re
import time

import smtp
from daemon import Daemon, inet_socket
from harness import Suite, check, check_equal, wait_until
from mta import Sendmail

suite = Suite()
SENDER, RECIPIENT = "alice@example.org", "bob@example.net"


class Site:
    def __init__(self, bench):
        # Sendmail wants no socket below a directory that all may write to; there is a port for it instead.
        self.socket = inet_socket()
        self.sink = smtp.Sink(bench)
        self.sendmail = Sendmail(bench, self.sink, self.socket)

    def daemon(self, bench, options=None, **more):
        """Sendmail knows no XCLIENT: all its clients are on this machine."""
        return Daemon(bench, {"socket": self.socket, "trusted-networks": "", **(options or {})}, **more).start()


def remaining(reply):
    """Seconds to go, as a greylisting reply says."""
    found = re.fullmatch(r"4\.7\.1 Greylisted, please try again in (\d+) seconds \([a-z0-9.]+\)", reply.text)
    check(reply.code == 451 and found, f"no greylisting reply: {reply}")
    return int(found[1])


@suite.scenario("a first attempt is deferred, and its log line has Sendmail's queue id")
def first_attempt(bench, site):
    daemon = site.daemon(bench)
    check_equal(remaining(site.sendmail.attempt(SENDER, RECIPIENT).rcpt[0]), 300, "first attempt")
    verdict = wait_until(daemon.verdicts, "the verdict is logged")[0]
    check_equal((verdict["verdict"], verdict["client"], verdict["sender"], verdict["recipient"]),
                ("defer", "127.0.0.1", SENDER, RECIPIENT), "the verdict")
    check(re.fullmatch(r"[0-9A-Za-z]{14,}", verdict.get("queue", "")), f"queue id: {verdict}")


@suite.scenario("an early retry is deferred for the rest of the delay")
def early_retry(bench, site):
    daemon = site.daemon(bench)
    site.sendmail.attempt(SENDER, RECIPIENT)
    daemon.advance(200)
    left = remaining(site.sendmail.attempt(SENDER, RECIPIENT).rcpt[0])
    check(80 <= left <= 100, f"{left} seconds left")


@suite.scenario("a retry after the delay is accepted, and the message says on top how long it was delayed")
def later_retry(bench, site):
    daemon = site.daemon(bench)
    site.sendmail.attempt(SENDER, RECIPIENT)
    daemon.advance(312)
    tried = site.sendmail.attempt(SENDER, RECIPIENT)
    check(tried.message and tried.message.accepted, str(tried))
    name, value = site.sink.message(tried.token).headers[0]
    check_equal(name, "X-Greylist", "the topmost header")
    found = re.fullmatch(r"delayed (\d+) seconds by mailreeve at mx\.example\.net\s+\([a-z0-9: -]+\);\s+.* \+0000", value)
    check(found and 312 <= int(found[1]) <= 332, f"X-Greylist: {value}")


@suite.scenario("each recipient of a message has a verdict of its own")
def second_recipient(bench, site):
    daemon = site.daemon(bench, {"greylist.trust-after": "0"})
    site.sendmail.attempt(SENDER, RECIPIENT)
    daemon.advance(301)
    tried = site.sendmail.attempt(SENDER, "new@example.net", RECIPIENT, "newer@example.net")
    check_equal([reply.code for reply in tried.rcpt], [451, 250, 451], "replies")
    check_equal(site.sink.message(tried.token).recipients, [RECIPIENT], "recipients of the delivered message")


@suite.scenario("the null sender is greylisted as a sender of its own")
def null_sender(bench, site):
    daemon = site.daemon(bench)
    tried = site.sendmail.attempt("", RECIPIENT)
    check_equal(tried.rcpt[0].code, 250, "the bounce's recipient")
    check_equal(remaining(tried.message), 300, "first bounce")
    daemon.advance(301)
    remaining(site.sendmail.attempt(SENDER, RECIPIENT).rcpt[0])
    tried = site.sendmail.attempt("", RECIPIENT)
    check(tried.message and tried.message.accepted, str(tried))
    check_equal(site.sink.message(tried.token).sender, "", "sender of the delivered message")


@suite.scenario("a server that probes an address hears 250, and leaves nothing behind")
def probe(bench, site):
    daemon = site.daemon(bench)
    for _ in range(2):
        with site.sendmail.session() as session:
            replies = [session.command(line).code for line in ("MAIL FROM:<>", f"RCPT TO:<{RECIPIENT}>", "QUIT")]
            check_equal(replies, [250, 250, 221], "a probe")
        daemon.advance(301)
    check_equal(remaining(site.sendmail.attempt("", RECIPIENT).message), 300, "a bounce after the probes")


@suite.scenario("another client network waits for itself")
def other_network(bench, site):
    daemon = site.daemon(bench)
    site.sendmail.attempt(SENDER, RECIPIENT, client="127.0.0.1")
    daemon.advance(301)
    remaining(site.sendmail.attempt(SENDER, RECIPIENT, client="127.0.1.1").rcpt[0])
    check(site.sendmail.attempt(SENDER, RECIPIENT, client="127.0.0.77").rcpt[0].accepted, "the same /24")


@suite.scenario("the message option is what the client reads, with % as it stands")
def message(bench, site):
    site.daemon(bench, {"greylist.message": "450 4.2.0 100% greylisted %s %% %n: {remaining} of {delay} s ({ref})"})
    reply = site.sendmail.attempt(SENDER, RECIPIENT).rcpt[0]
    # Sendmail itself puts the recipient before the text of a 450.
    check(re.fullmatch(r"450 4\.2\.0 (<bob@example.net>\.\.\. )?100% greylisted %s %% %n: 300 of 300 s \(\S+\)",
                       str(reply)), str(reply))


@suite.scenario("a message without any header is answered, whatever is looked at")
def bare(bench, site):
    for number, answer in enumerate(("inbound", "no")):
        daemon = site.daemon(bench, {"headers.authentication-results": answer, "greylist.apply": "never"},
                             name=f"daemon{number}")
        began = time.monotonic()
        with site.sendmail.session() as session:
            for text in ("", "\r\nText.\r\n", "Text.\r\n", "Subject: test\r\n"):
                for command in (f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>"):
                    check(session.command(command).accepted, f"{command} before {text!r}")
                check_equal(session.command("DATA").code, 354, f"DATA before {text!r}")
                reply = session.command(text + ".")
                check(reply.accepted, f"{text!r}: {reply}")
        # Sendmail waits for 10 s.
        check(time.monotonic() - began < 9, "had to wait")
        # The next one needs its socket.
        check_equal(daemon.terminate(), 0, "exit status")


@suite.scenario("two messages in one session are judged each for itself")
def two_messages(bench, site):
    daemon = site.daemon(bench)
    with site.sendmail.session() as session:
        remaining(smtp.attempt(session, SENDER, [RECIPIENT]).rcpt[0])
        daemon.advance(301)
        tried = smtp.attempt(session, SENDER, [RECIPIENT])
        check(tried.message and tried.message.accepted, str(tried))
        after = smtp.attempt(session, "carol@example.org", [RECIPIENT, "postmaster@example.net"])
    remaining(after.rcpt[0])
    check_equal(site.sink.message(after.token).header("X-Greylist"), [], "X-Greylist of the message to postmaster")


@suite.scenario("while the daemon is away, Sendmail defers; once it is back, new sessions are served")
def away(bench, site):
    daemon = site.daemon(bench)
    check_equal(daemon.terminate(), 0, "exit status")
    check_equal(site.sendmail.attempt(SENDER, "postmaster@example.net").mail.code // 100, 4, "class of the reply")
    daemon.start()
    check(site.sendmail.attempt(SENDER, "postmaster@example.net").message.accepted, "mail with the daemon back")


suite.run(requirements=[Sendmail.required], fixture=Site)
