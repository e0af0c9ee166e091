#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Greylisting as clients of a real Postfix meet it."""

import re

import smtp
from harness import Suite, check, check_equal, wait_until
from mta import PostfixSite

suite = Suite()
SENDER, RECIPIENT = "alice@example.org", "bob@example.net"


def check_deferred(reply, remaining, what):
    """The default reply, with `remaining` seconds to go; returns its reference."""
    found = re.fullmatch(r"4\.7\.1 Greylisted, please try again in (\d+) seconds \(([a-z0-9.]+)\)", reply.text)
    check(reply.code == 451 and found, f"{what}: is no greylisting reply: {reply}")
    # The daemon's clock runs while the test does.
    check(remaining - 20 <= int(found[1]) <= remaining, f"{what}: {found[1]} seconds, not {remaining}")
    return found[2]


def check_accepted(tried, what):
    check(all(reply.accepted for reply in [tried.mail, *tried.rcpt, tried.message] if reply) and tried.message,
          f"{what}: {tried}")


@suite.scenario("a first attempt is deferred with the remaining time and a reference that is in the log")
def first_attempt(bench, site):
    daemon = site.daemon(bench)
    tried = site.postfix.attempt(SENDER, RECIPIENT)
    ref = check_deferred(tried.rcpt[0], 300, "first attempt")
    verdict = wait_until(lambda: daemon.verdicts(ref=ref), "the verdict is logged")[0]
    for name, value in {"verdict": "defer", "policy": "greylist", "reason": "new", "client": "192.0.2.7",
                        "helo": "client.example.org", "sender": SENDER, "recipient": RECIPIENT,
                        "remaining": "300"}.items():
        check_equal(verdict.get(name), value, f"field {name} of {verdict}")


@suite.scenario("an early retry is deferred for the rest of the delay")
def early_retry(bench, site):
    daemon = site.daemon(bench)
    site.postfix.attempt(SENDER, RECIPIENT)
    daemon.advance(200)
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0], 100, "retry after 200 s")
    daemon.advance(80)
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0], 20, "retry after 280 s")


@suite.scenario("a retry after the delay is accepted, and the message says on top how long it was delayed")
def later_retry(bench, site):
    daemon = site.daemon(bench)
    site.postfix.attempt(SENDER, RECIPIENT)
    daemon.advance(312)
    tried = site.postfix.attempt(SENDER, RECIPIENT)
    check_accepted(tried, "retry after 312 s")
    name, value = site.sink.message(tried.token).headers[0]
    check_equal(name, "X-Greylist", "the topmost header")
    found = re.fullmatch(r"delayed (\d+) seconds by mailreeve at mx\.example\.net\s+\([a-z0-9: -]+\);\s+"
                         r"[A-Z][a-z]{2}, \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000", value)
    check(found and 312 <= int(found[1]) <= 332, f"X-Greylist: {value}")
    check_equal(daemon.verdicts()[-1]["verdict"], "pass", "the verdict")


@suite.scenario("mail that was not delayed has no X-Greylist header")
def known_tuple(bench, site):
    daemon = site.daemon(bench, {"greylist.trust-after": "0"})
    site.postfix.attempt(SENDER, RECIPIENT)
    daemon.advance(301)
    check_accepted(site.postfix.attempt(SENDER, RECIPIENT), "retry after the delay")
    again = site.postfix.attempt(SENDER, RECIPIENT)
    check_accepted(again, "the next message")
    check_equal(site.sink.message(again.token).header("X-Greylist"), [], "X-Greylist of a known tuple's message")
    last = daemon.verdicts()[-1]
    check_equal(last["reason"], "known", "the reason")
    # Postfix had no queue id when that was decided.
    ended = wait_until(lambda: daemon.events("message")[1:], "the messages that ended")[-1]
    check_equal((ended["queue"], ended["ref"].split(".")[0], ended["direction"], ended["verdict"], ended["recipients"]),
                (again.message.text.split()[-1], last["session"], "inbound", "pass", "1"), "the end of that message")


@suite.scenario("headers.greylist = no leaves the message as it is")
def no_header(bench, site):
    daemon = site.daemon(bench, {"headers.greylist": "no"})
    site.postfix.attempt(SENDER, RECIPIENT)
    daemon.advance(301)
    tried = site.postfix.attempt(SENDER, RECIPIENT)
    check_equal(site.sink.message(tried.token).header("X-Greylist"), [], "X-Greylist")


@suite.scenario("each recipient of a message has a verdict of its own")
def second_recipient(bench, site):
    daemon = site.daemon(bench, {"greylist.trust-after": "0"})
    site.postfix.attempt(SENDER, RECIPIENT)
    daemon.advance(301)
    tried = site.postfix.attempt(SENDER, "new@example.net", RECIPIENT, "postmaster@example.net", "newer@example.net")
    check_deferred(tried.rcpt[0], 300, "a new recipient before the known one")
    check(tried.rcpt[1].accepted, f"the known recipient: {tried.rcpt[1]}")
    check(tried.rcpt[2].accepted, f"postmaster: {tried.rcpt[2]}")
    check_deferred(tried.rcpt[3], 300, "a new recipient behind those that passed")
    check_equal(sorted(site.sink.message(tried.token).recipients), [RECIPIENT, "postmaster@example.net"],
                "recipients of the delivered message")


@suite.scenario("the verdict's log line has the queue id as soon as Postfix has one")
def queue_id(bench, site):
    daemon = site.daemon(bench)
    tried = site.postfix.attempt(SENDER, "postmaster@example.net", RECIPIENT)
    queue = re.search(r"queued as (\w+)", tried.message.text)[1]
    check_equal([verdict.get("queue", "") for verdict in daemon.verdicts()], ["", queue], "queue ids")


@suite.scenario("two messages in one session are judged each for itself")
def two_messages(bench, site):
    daemon = site.daemon(bench)
    with site.postfix.session() as session:
        check_deferred(smtp.attempt(session, SENDER, [RECIPIENT]).rcpt[0], 300, "the first message")
        check_deferred(smtp.attempt(session, "carol@example.org", [RECIPIENT]).rcpt[0], 300, "another sender")
        daemon.advance(301)
        tried = smtp.attempt(session, SENDER, [RECIPIENT])
        check_accepted(tried, "the first message again")
        after = smtp.attempt(session, "dave@example.org", [RECIPIENT, "postmaster@example.net"])
    check_deferred(after.rcpt[0], 300, "a new sender behind an accepted message")
    check_equal(site.sink.message(after.token).header("X-Greylist"), [], "X-Greylist of the message to postmaster")


@suite.scenario("a retry in time differs from one after the retry window, which starts anew")
def retry_window(bench, site):
    daemon = site.daemon(bench, {"greylist.retry-window": "1h"})
    site.postfix.attempt(SENDER, RECIPIENT)
    daemon.advance(3601)
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0], 300, "retry after the window")
    daemon.advance(3590)
    check_accepted(site.postfix.attempt(SENDER, RECIPIENT), "retry at the end of the new window")


@suite.scenario("a tuple that passed is known for greylist.keep, and each use renews that")
def keep(bench, site):
    daemon = site.daemon(bench, {"greylist.keep": "10d", "greylist.trust-after": "0"})
    site.postfix.attempt(SENDER, RECIPIENT)
    daemon.advance(301)
    site.postfix.attempt(SENDER, RECIPIENT)
    for use in ("first", "second"):
        daemon.advance(9 * 86400)
        check_accepted(site.postfix.attempt(SENDER, RECIPIENT), f"{use} use after 9 days")
    daemon.advance(11 * 86400)
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0], 300, "after 11 days without use")


@suite.scenario("early-retry = reset starts the delay anew, but only below its bound")
def early_reset(bench, site):
    daemon = site.daemon(bench, {"greylist.delay": "10m", "greylist.early-retry": "reset",
                                 "greylist.reset-below": "2m"})
    site.postfix.attempt(SENDER, RECIPIENT)
    daemon.advance(100)
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0], 600, "retry below the bound")
    daemon.advance(200)
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0], 400, "retry above the bound")


@suite.scenario("early-retry = penalty makes the delay longer, up to its bound")
def early_penalty(bench, site):
    daemon = site.daemon(bench, {"greylist.early-retry": "penalty", "greylist.penalty": "10m",
                                 "greylist.max-delay": "20m"})
    # The second try at once is the same one, at another MX.
    for number, (later, seconds) in enumerate([(0, 300), (1, 299), (59, 840), (60, 1080), (60, 1020)]):
        daemon.advance(later)
        check_deferred(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0], seconds, f"attempt {number + 1}")


@suite.scenario("a host that passed trust-after times is not greylisted any more, and its neighbours are")
def trust(bench, site):
    daemon = site.daemon(bench, {"greylist.trust-after": "2"})
    for number in (1, 2):
        check_deferred(site.postfix.attempt(f"{number}@x.example.org", RECIPIENT).rcpt[0], 300, f"sender {number}")
    daemon.advance(301)
    for number in (1, 2):
        check_accepted(site.postfix.attempt(f"{number}@x.example.org", RECIPIENT), f"retry of sender {number}")
    check_accepted(site.postfix.attempt("3@x.example.org", RECIPIENT), "another sender")
    check_equal(daemon.verdicts()[-1]["reason"], "trusted-client", "the reason")
    for client in ("192.0.2.99", "192.0.3.7"):
        check_deferred(site.postfix.attempt("3@x.example.org", RECIPIENT, client=client).rcpt[0], 300, client)


@suite.scenario("max-pending bounds what one client network can store: the oldest tuple gives way")
def max_pending(bench, site):
    daemon = site.daemon(bench, {"greylist.max-pending": "10", "greylist.trust-after": "0"})
    recipients = [f"user{letter}@example.net" for letter in "abcdefghijkl"]
    for recipient in recipients:
        site.postfix.attempt(SENDER, recipient)
        daemon.advance(1)
    site.postfix.attempt(SENDER, RECIPIENT, client="198.51.100.1")
    daemon.advance(300)
    tried = site.postfix.attempt(SENDER, *reversed(recipients))
    check_equal([reply.code for reply in tried.rcpt], [250] * 10 + [451] * 2, "replies, the newest tuple first")
    check_accepted(site.postfix.attempt(SENDER, RECIPIENT, client="198.51.100.1"), "the other network's tuple")


@suite.scenario("the null sender is a sender of its own")
def null_sender(bench, site):
    daemon = site.daemon(bench)
    tried = site.postfix.attempt("", RECIPIENT)
    check_equal(tried.rcpt[0].code, 250, "the bounce's recipient")
    check_deferred(tried.message, 300, "first bounce")
    verdict = daemon.verdicts()[-1]
    check_equal([verdict[name] for name in ("verdict", "policy", "reason", "sender", "recipient")],
                ["defer", "greylist", "new", "<>", RECIPIENT], "the log")
    daemon.advance(301)
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0], 300, "a real sender")
    tried = site.postfix.attempt("", RECIPIENT)
    check_accepted(tried, "second bounce")
    message = site.sink.message(tried.token)
    check_equal((message.sender, message.headers[0][0]), ("", "X-Greylist"), "the delivered message")


@suite.scenario("a server that probes an address hears 250, as often as it does, and leaves nothing behind")
def probe(bench, site):
    daemon = site.daemon(bench)
    for _ in range(3):
        with site.postfix.session() as session:
            replies = [session.command(line).code for line in ("MAIL FROM:<>", f"RCPT TO:<{RECIPIENT}>", "QUIT")]
            check_equal(replies, [250, 250, 221], "a probe")
        daemon.advance(301)
    check_deferred(site.postfix.attempt("", RECIPIENT).message, 300, "a bounce after the probes")
    # With another sender it waits as any mail does.
    with site.postfix.session() as session:
        session.command("MAIL FROM:<double-bounce@mx.example.org>")
        check_deferred(session.command(f"RCPT TO:<{RECIPIENT}>"), 300, "a probe of Postfix")


@suite.scenario("with null-sender = rcpt, a bounce waits at RCPT")
def null_sender_at_rcpt(bench, site):
    site.daemon(bench, {"greylist.null-sender": "rcpt"})
    check_deferred(site.postfix.attempt("", RECIPIENT).rcpt[0], 300, "a bounce")


@suite.scenario("somebody whom a local user has written to may answer at once")
def correspondent(bench, site):
    daemon = site.daemon(bench, {"quota.apply": "never", "sender-auth.apply": "never"})
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0], 300, "a stranger")
    sent = site.postfix.attempt(RECIPIENT, SENDER, "news-4711@mx1.shop.example", client="203.0.113.5", login="bob")
    check_accepted(sent, "what the user sent")
    for sender in (SENDER, "news-815@mx2.shop.example"):
        check_accepted(site.postfix.attempt(sender, RECIPIENT), f"the answer of {sender}")
        check_equal(daemon.verdicts()[-1]["reason"], "correspondent", "the reason")
    check_deferred(site.postfix.attempt(SENDER, "carol@example.net").rcpt[0], 300, "somebody else's correspondent")
    many = [f"r{number}@example.com" for number in range(51)]
    check_accepted(site.postfix.attempt(RECIPIENT, *many, client="203.0.113.5", login="bob"), "a newsletter")
    check_deferred(site.postfix.attempt(many[0], RECIPIENT).rcpt[0], 300, "a reader of the newsletter")


@suite.scenario("a retry may come from another address of the same IPv4 /24, not from another one")
def ipv4_network(bench, site):
    daemon = site.daemon(bench)
    site.postfix.attempt(SENDER, RECIPIENT, client="192.0.2.7")
    daemon.advance(301)
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT, client="192.0.3.7").rcpt[0], 300, "another /24")
    check_accepted(site.postfix.attempt(SENDER, RECIPIENT, client="192.0.2.250"), "the same /24")


@suite.scenario("a retry may come from another address of the same IPv6 /64, not from another one")
def ipv6_network(bench, site):
    daemon = site.daemon(bench)
    first = site.postfix.attempt(SENDER, RECIPIENT, client="2001:db8:1:2::7")
    check_deferred(first.rcpt[0], 300, "IPv6 client")
    check_equal(daemon.verdicts()[-1]["client"], "2001:db8:1:2::7", "the client in the log")
    daemon.advance(301)
    other = site.postfix.attempt(SENDER, RECIPIENT, client="2001:db8:1:3::7")
    check_deferred(other.rcpt[0], 300, "another /64")
    check_accepted(site.postfix.attempt(SENDER, RECIPIENT, client="2001:db8:1:2:ffff::1"), "the same /64")


@suite.scenario("ipv4-prefix = 32 takes each address by itself")
def ipv4_prefix(bench, site):
    daemon = site.daemon(bench, {"greylist.ipv4-prefix": "32"})
    site.postfix.attempt(SENDER, RECIPIENT, client="192.0.2.7")
    daemon.advance(301)
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT, client="192.0.2.8").rcpt[0], 300, "the next address")
    check_accepted(site.postfix.attempt(SENDER, RECIPIENT, client="192.0.2.7"), "the same address")


@suite.scenario("a retry matches in whatever form its addresses come: case, extension, VERP, BATV, SRS, tokens")
def normalised(bench, site):
    table = [
        ("Alice@EXAMPLE.org", "BOB+Lists@Example.NET"),
        ("list-bounces+bob=example.net@example.org", "bob+other@example.net"),
        ("bounce-1234567-bob=example.net@verp.example", RECIPIENT),
        ("prvs=1234abcdef=alice@batv.example", RECIPIENT),
        ("prvs=alice=1234abcdef@batv2.example", RECIPIENT),
        ("SRS0=abcd=AB=origin.example=alice@srs.example", RECIPIENT),
        ("SRS1+abcd=origin.example=+efgh=AB=origin.example=alice@srs1.example", RECIPIENT),
        ("0102018f3c2b1a4d-5e6f7a8b-1234-4c5d-9e8f-abcdef012345-000000@eu.ses.example", RECIPIENT),
        ("AYpzbL+ViYXjU2JgJngKtF==_1146853560688_Akg05rK+gqv81RKMGHZEM9==@in.tokens.example", RECIPIENT),
        ("alice@tey7w5q4s8wz.na63.bnc.example", RECIPIENT),
    ]
    retries = [
        ("alice@example.org", "bob@example.net"),
        ("list-bounces@example.org", "bob@example.net"),
        ("bounce-7654321-bob=example.net@verp.example", RECIPIENT),
        ("prvs=9876fedcba=alice@batv.example", RECIPIENT),
        ("prvs=alice=9876fedcba@batv2.example", RECIPIENT),
        ("SRS0=wxyz=CD=origin.example=alice@srs.example", RECIPIENT),
        ("SRS1+wxyz=origin.example=+stuv=CD=origin.example=alice@srs1.example", RECIPIENT),
        ("0102018f9e8d7c6b-0a1b2c3d-4321-4d5c-8f9e-543210fedcba-000000@us.ses.example", RECIPIENT),
        ("AYpvujA/C5Q52ryFlwRlOE==_1154930666836_IRh/JUqBlIFXZ53Ncqe28+==@in.tokens.example", RECIPIENT),
        ("alice@w7w6tpyacu58.na41.bnc.example", RECIPIENT),
    ]
    daemon = site.daemon(bench, {"greylist.trust-after": "0"})
    for sender, recipient in table:
        check_deferred(site.postfix.attempt(sender, recipient).rcpt[0], 300, f"{sender} to {recipient}")
    daemon.advance(301)
    for sender, recipient in retries:
        check_accepted(site.postfix.attempt(sender, recipient), f"{sender} to {recipient}")


@suite.scenario("an authenticated client is never greylisted")
def authenticated(bench, site):
    daemon = site.daemon(bench)
    tried = site.postfix.attempt(SENDER, RECIPIENT, login="alice")
    check_accepted(tried, "with a login")
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT).rcpt[0], 300, "the same without a login")
    check_equal(len(daemon.verdicts(verdict="defer")), 1, "deferred")


@suite.scenario("a client in trusted-networks is never greylisted, its neighbour is")
def trusted(bench, site):
    site.daemon(bench, {"trusted-networks": "198.51.100.0/25, 2001:db8:aa::/48"})
    for client in ("198.51.100.1", "198.51.100.127", "2001:db8:aa:1::1"):
        check_accepted(site.postfix.attempt(SENDER, RECIPIENT, client=client), client)
    for client in ("198.51.100.128", "2001:db8:ab::1"):
        check_deferred(site.postfix.attempt(SENDER, RECIPIENT, client=client).rcpt[0], 300, client)


@suite.scenario("a client in submission-networks is never greylisted")
def submission(bench, site):
    site.daemon(bench, {"submission-networks": "198.51.100.1"})
    check_accepted(site.postfix.attempt(SENDER, RECIPIENT, client="198.51.100.1"), "submission client")
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT, client="198.51.100.2").rcpt[0], 300, "its neighbour")


@suite.scenario("this machine is trusted by default, and not with an empty trusted-networks")
def localhost(bench, site):
    daemon = site.daemon(bench)
    check_accepted(site.postfix.attempt(SENDER, RECIPIENT, client=None), "127.0.0.1")
    daemon.configure({"trusted-networks": ""})
    check_equal(daemon.reload()["event"], "reloaded", "the reload")
    check_deferred(site.postfix.attempt(SENDER, RECIPIENT, client=None).rcpt[0], 300, "127.0.0.1, not trusted")


@suite.scenario("postmaster and abuse are never greylisted, in any spelling; who only looks like them is")
def role_addresses(bench, site):
    site.daemon(bench)
    for recipient in ("postmaster@example.net", "PostMaster@example.net", "postmaster", "abuse@example.net",
                      "ABUSE@EXAMPLE.NET"):
        tried = site.postfix.attempt(SENDER, recipient)
        check_accepted(tried, recipient)
    for recipient in ("postmaster2@example.net", "notabuse@example.net"):
        check_deferred(site.postfix.attempt(SENDER, recipient).rcpt[0], 300, recipient)


@suite.scenario("apply = never greylists nobody")
def never(bench, site):
    site.daemon(bench, {"greylist.apply": "never"})
    check_accepted(site.postfix.attempt(SENDER, RECIPIENT), "first attempt")


@suite.scenario("mail from sendmail(1) is never refused, even if this machine is not trusted")
def non_smtp(bench, site):
    daemon = site.daemon(bench, {"trusted-networks": ""})
    for sender in (SENDER, "", "jürgen@example.org"):
        recipients = ["carol@example.net", "dave@example.net"]
        before = len(daemon.verdicts())
        site.postfix.submit(sender, recipients, f"X-Token: {bench.directory}{sender}\n\nText.\n")
        message = site.sink.message(bench.directory + sender)
        check_equal((message.sender, sorted(message.recipients)), (sender, recipients), "the envelope")
        check_equal([verdict["verdict"] for verdict in daemon.verdicts()[before:]], ["pass", "pass"], "verdicts")


@suite.scenario("mode = monitor decides, logs and adds headers, but refuses nothing")
def monitor(bench, site):
    daemon = site.daemon(bench, {"mode": "monitor"})
    tried = site.postfix.attempt(SENDER, RECIPIENT)
    check_accepted(tried, "first attempt")
    check_equal(daemon.verdicts()[-1]["verdict"], "defer", "the logged verdict")
    daemon.advance(301)
    tried = site.postfix.attempt(SENDER, RECIPIENT)
    check_accepted(tried, "retry")
    check_equal(len(site.sink.message(tried.token).header("X-Greylist")), 1, "X-Greylist headers")


@suite.scenario("the message option is what the client reads, with % and quotes as they stand")
def message(bench, site):
    site.daemon(bench, {"greylist.message": '450 4.2.0 100% "greylisted" %s %% %n: {remaining} of {delay} s ({ref})'})
    reply = site.postfix.attempt(SENDER, RECIPIENT).rcpt[0]
    check(re.fullmatch(r'450 4\.2\.0 100% "greylisted" %s %% %n: 300 of 300 s \(\S+\)', str(reply)), reply)


@suite.scenario("a thousand recipients are deferred, each by itself, and accepted later")
def thousand_recipients(bench, site):
    daemon = site.daemon(bench)
    recipients = [f"user{number}@example.net" for number in range(1000)]
    first = site.postfix.attempt(SENDER, *recipients)
    check_equal({reply.code for reply in first.rcpt}, {451}, "codes of the first attempt")
    refs = {re.search(r"\((\S+)\)", reply.text)[1] for reply in first.rcpt}
    check_equal(len(refs), 1000, "different references")
    daemon.advance(320)
    again = site.postfix.attempt(SENDER, *recipients)
    check_accepted(again, "retry")
    check_equal(sorted(site.sink.message(again.token).recipients), sorted(recipients), "recipients")
    check_equal(len(daemon.verdicts()), 2000, "verdicts")


@suite.scenario("an internationalised address matches in UTF-8 and as A-label")
def smtputf8(bench, site):
    daemon = site.daemon(bench)
    parameters = " SMTPUTF8 BODY=8BITMIME"
    tried = site.postfix.attempt("jürgen@bücher.example", "дмитрий@пример.example", mail_parameters=parameters)
    check_deferred(tried.rcpt[0], 300, "first attempt")
    verdict = daemon.verdicts()[-1]
    check_equal((verdict["sender"], verdict["recipient"]), ("jürgen@bücher.example", "дмитрий@пример.example"),
                "addresses in the log")
    daemon.advance(301)
    tried = site.postfix.attempt("jürgen@xn--bcher-kva.example", "дмитрий@xn--e1afmkfd.example",
                                 mail_parameters=parameters)
    check_accepted(tried, "retry with A-labels")
    site.sink.message(tried.token)


@suite.scenario("ESMTP parameters are no part of the addresses")
def esmtp_parameters(bench, site):
    daemon = site.daemon(bench)
    site.postfix.attempt(SENDER, RECIPIENT, mail_parameters=" SIZE=100 BODY=8BITMIME RET=HDRS ENVID=QQ314159",
                         rcpt_parameters=" NOTIFY=NEVER ORCPT=rfc822;bob@example.net")
    verdict = daemon.verdicts()[-1]
    check_equal((verdict["sender"], verdict["recipient"]), (SENDER, RECIPIENT), "addresses in the log")
    daemon.advance(301)
    check_accepted(site.postfix.attempt(SENDER, RECIPIENT, mail_parameters=" SIZE=4000"), "retry with others")


@suite.scenario("odd and huge HELO names and quoted addresses pass through to a log of one line each")
def odd_names(bench, site):
    daemon = site.daemon(bench)
    helos = ["[192.0.2.7]", "[IPv6:2001:db8::1]", "a b c", 'x" verdict="pass', "-", "a=b", "h" * 1500, "ünï.example"]
    sender = '"odd \\" local"@example.org'
    for number, helo in enumerate(helos):
        tried = site.postfix.attempt(sender, f"user{number}@example.net", helo=helo)
        check_deferred(tried.rcpt[0], 300, helo)
    verdicts = daemon.verdicts()
    check_equal(len(verdicts), len(helos), "verdicts")
    check_equal({verdict["sender"] for verdict in verdicts}, {sender}, "senders in the log")
    for helo, verdict in zip(helos, verdicts):
        check(helo.startswith(verdict["helo"]) and len(verdict["helo"]) >= min(len(helo), 500),
              f"HELO {helo} is logged as {verdict['helo']}")


suite.run(requirements=[PostfixSite.required], fixture=PostfixSite)
