# SPDX-License-Identifier: BSD-2-Clause
"""Arguments of MAIL and RCPT that are not plainly RFC 5321's, and what MTAs make of them."""

import re
from dataclasses import dataclass

import smtp
from daemon import Daemon
from harness import check, check_equal
from spf_site import run_ctl, spf_options

# Nobody may send for victim.test or bücher.test; anybody for friend.test.
ZONES = {
    "victim.test": '@ TXT "v=spf1 -all"',
    "friend.test": '@ TXT "v=spf1 +all"',
    "xn--bcher-kva.test": '@ TXT "v=spf1 -all"',
}


@dataclass(frozen=True)
class Is:
    """The MTA accepts it, and the message will carry this address."""
    text: str


# The MTA refuses it; it would accept it, and mailreeve does not.
MTA, OURS = "refused by the MTA", "refused by mailreeve"
ADDRESS = Is("a@D")

# An argument, what it is for Postfix, and for Sendmail; D is a domain. Observed with Postfix 3.7 and
# Sendmail 8.17, which say so in {mail_addr} and {rcpt_addr} and hand it on.
SPELLINGS = [
    ("<a@D>", ADDRESS, ADDRESS),
    ("a@D", ADDRESS, ADDRESS),
    ("<A@D>", Is("A@D"), Is("A@D")),
    ("<a@D.>", ADDRESS, ADDRESS),
    ("<a@D..>", MTA, ADDRESS),
    ('<"a"@D>', ADDRESS, ADDRESS),
    ('<"\\a"@D>', ADDRESS, ADDRESS),
    ('<"a@D">', ADDRESS, ADDRESS),
    ("<a%D>", ADDRESS, ADDRESS),
    ("<D!a>", ADDRESS, ADDRESS),
    ("<a@(c)D>", ADDRESS, ADDRESS),
    ("<a(c)@D>", ADDRESS, ADDRESS),
    ("<(c)a@D>", ADDRESS, ADDRESS),
    ("<a@D(c)>", ADDRESS, ADDRESS),
    ("<<a@D>>", ADDRESS, ADDRESS),
    ("<Name <a@D>>", ADDRESS, ADDRESS),
    ('<"Name" <a@D>>', ADDRESS, ADDRESS),
    ("<a@ D>", ADDRESS, ADDRESS),
    ("<a @D>", ADDRESS, ADDRESS),
    ("< a@D >", ADDRESS, ADDRESS),
    ("<a\t@D>", ADDRESS, ADDRESS),
    ("<@a.test,@b.test:a@D>", ADDRESS, ADDRESS),
    ("<@a.test,a@D>", MTA, ADDRESS),
    ('<a@"D">', ADDRESS, OURS),
    ("<group:a@D;>", ADDRESS, OURS),
    ("<a@D;>", ADDRESS, ADDRESS),
    ("<\\a@D>", ADDRESS, OURS),
    ("<a@\\D>", ADDRESS, OURS),
    ("<a@D\\ >", ADDRESS, OURS),
    ("a@D>", ADDRESS, MTA),
    ("<a@[D]>", MTA, OURS),
    ('<a@D"">', MTA, OURS),
    ('<""a@D>', MTA, OURS),
    ("<a@D@>", ADDRESS, OURS),
    ('<"a@D"@>', ADDRESS, MTA),
    ("<a%D@>", ADDRESS, MTA),
    ("<a@x@D>", Is('"a@x"@D'), MTA),
    ("<@D>", Is('""@D'), MTA),
    ("<a:b@D>", Is('"a:b"@D'), OURS),
    ("<a;b@D>", MTA, OURS),
    ("<::a@D>", Is('"::a"@D'), OURS),
    ('<"a".b@D>', Is("a.b@D"), OURS),
    ('<a."b"@D>', Is("a.b@D"), OURS),
    ('<"a\x01b"@D>', OURS, OURS),
    ("<a@D", MTA, MTA),
    ("<a@.D>", MTA, MTA),
    ("<a@x..D>", MTA, MTA),
    ("<a@x.test b@D>", MTA, MTA),
    ("<a@x.test,b@D>", MTA, MTA),
    ("<group:a@D,b@x.test;>", MTA, MTA),
    ("<a@D)>", MTA, MTA),
    ("<a@D\\>", MTA, MTA),
    ("<a@>", MTA, MTA),
    # Legal, if odd.
    ('<"a b"@D>', Is('"a b"@D'), Is('"a b"@D')),
    ('<"a\\ b"@D>', Is('"a b"@D'), Is('"a b"@D')),
    ('<"a@b"@D>', Is('"a@b"@D'), Is('"a@b"@D')),
    ('<"a:b"@D>', Is('"a:b"@D'), Is('"a:b"@D')),
    ('<"a\\"b"@D>', Is('"a\\"b"@D'), Is('"a\\"b"@D')),
    ('<""@D>', Is('""@D'), Is('""@D')),
    ("<.a@D>", Is(".a@D"), Is(".a@D")),
    ("<a.@D>", Is("a.@D"), Is("a.@D")),
    ("<a..b@D>", Is("a..b@D"), Is("a..b@D")),
    ("<a+x@D>", Is("a+x@D"), Is("a+x@D")),
    ("<prvs=1=a@D>", Is("prvs=1=a@D"), Is("prvs=1=a@D")),
    ("<a/b{c}'d#e~f@D>", Is("a/b{c}'d#e~f@D"), Is("a/b{c}'d#e~f@D")),
    ("<a!b@D>", Is("a!b@D"), Is("a!b@D")),
    ("<50%off@D>", Is("50%off@D"), Is("50%off@D")),
    (f"<{'l' * 100}@D>", Is(f"{'l' * 100}@D"), Is(f"{'l' * 100}@D")),
]

# Nothing of victim.test, which must pass as it is.
LEGAL = [
    ("<a@[192.0.2.1]>", "a@[192.0.2.1]"),
    ("<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
    ("<a@under_score.test>", "a@under_score.test"),
    ("<root>", "root@mx.example.net"),
    ("<Postmaster>", "Postmaster@mx.example.net"),
]


def _in_domain(what, domain):
    return Is(what.text.replace("D", domain)) if isinstance(what, Is) else what


def plain(address):
    """As the daemon writes it: without quotes and backslashes that are not needed."""
    local, _, domain = address.rpartition("@")
    if not local.startswith('"'):
        return address
    inside = re.sub(r"\\(.)", r"\1", local[1:-1])
    if inside and not set(inside) & set(' @:"\\'):
        return f"{inside}@{domain}"
    escaped = re.sub(r'(["\\])', r"\\\1", inside)
    return f'"{escaped}"@{domain}'


class OddSite:
    """What both kinds of site need: `mta`, `sink`, `client` (whom victim.test does not permit), and
    `start(bench, options)`."""

    def check_senders(self, bench, column):
        daemon = self.start(bench, spf_options(self.dns))
        wrong = []
        for argument, *readings in SPELLINGS:
            for domain in ("victim.test", "friend.test"):
                expected = _in_domain(readings[column], domain)
                wrong += self._try_sender(daemon, argument.replace("D", domain), expected, domain)
        check(not wrong, "\n".join(wrong))

    def _try_sender(self, daemon, argument, expected, domain):
        seen = len(daemon.verdicts())
        with self.session() as session:
            mail = session.command(f"MAIL FROM:{argument}")
            rcpt = session.command("RCPT TO:<ok@other.test>") if mail.accepted else None
            said = [verdict["sender"] for verdict in daemon.verdicts()[seen:]]
            if expected == MTA:
                return [] if not mail.accepted and not said else [f"{argument}: not refused by the MTA: {mail} {said}"]
            if expected == OURS:
                return [] if rcpt and str(rcpt).startswith("501 5.1.7 ") else [f"{argument}: {mail} {rcpt}"]
            if rcpt is None or said != [expected.text]:
                return [f"{argument}: judged as {said}, not {expected.text}: {mail} {rcpt}"]
            if domain == "victim.test":
                return [] if str(rcpt).startswith("550 5.7.23 ") else [f"{argument}: passes SPF: {rcpt}"]
            return [] if rcpt.accepted else [f"{argument}: {rcpt}"]

    def check_recipients(self, bench, column):
        """Opted in is dest.test alone, and all spellings of one recipient are one."""
        daemon = self.start(bench, {"greylist.apply": "opt-in", "greylist.trust-after": "0"})
        opt_in(daemon, "dest.test")
        wrong = []
        for argument, *readings in SPELLINGS:
            expected = _in_domain(readings[column], "dest.test")
            wrong += self._try_recipient(daemon, argument.replace("D", "dest.test"), expected)
        wrong += self._try_recipient(daemon, "<a@else.test>", Is("a@else.test"), code=250)
        daemon.advance(301)
        # Each has waited now.
        for argument, *readings in SPELLINGS:
            expected = _in_domain(readings[column], "dest.test")
            wrong += self._try_recipient(daemon, argument.replace("D", "dest.test"), expected, code=250)
        check(not wrong, "\n".join(wrong))

    def _try_recipient(self, daemon, argument, expected, code=451):
        seen = len(daemon.verdicts())
        with self.session() as session:
            session.command("MAIL FROM:<someone@sender.test>")
            rcpt = session.command(f"RCPT TO:{argument}")
        said = [verdict["recipient"] for verdict in daemon.verdicts()[seen:]]
        if expected == MTA:
            return [] if not rcpt.accepted and not said else [f"{argument}: not refused by the MTA: {rcpt}"]
        if expected == OURS:
            return [] if str(rcpt).startswith("501 5.1.3 ") else [f"{argument}: {rcpt}"]
        if said != [expected.text] or rcpt.code != code:
            return [f"{argument}: judged as {said}, not {expected.text}: {rcpt}"]
        return []

    def check_carried(self, bench, column):
        """What the daemon judges is what the message carries."""
        daemon = self.start(bench, {"greylist.apply": "never"})
        wrong = []
        for argument, *readings in SPELLINGS:
            expected = _in_domain(readings[column], "friend.test")
            if not isinstance(expected, Is):
                continue
            argument = argument.replace("D", "friend.test")
            message = self._deliver(argument, "<ok@other.test>")
            if message.sender not in self.known_to_differ(argument) and plain(message.sender) != expected.text:
                wrong.append(f"MAIL FROM:{argument} carries {message.sender}, not {expected.text}")
            message = self._deliver("<ok@other.test>", argument)
            to = [plain(recipient) for recipient in message.recipients]
            if to != [expected.text] and message.recipients[0] not in self.known_to_differ(argument):
                wrong.append(f"RCPT TO:{argument} carries {message.recipients}, not {expected.text}")
        check(not wrong, "\n".join(wrong))
        check(daemon.verdicts(), "verdicts were logged")

    def _deliver(self, sender, recipient):
        token = smtp.Attempt(None, []).token
        with self.session() as session:
            for line in (f"MAIL FROM:{sender}", f"RCPT TO:{recipient}", "DATA"):
                reply = session.command(line)
                check(reply.code in (250, 354), f"{line}: {reply}")
            check(session.command(f"From: <x@y.test>\r\nX-Token: {token}\r\n\r\nText.\r\n.").accepted, "the message")
        return self.sink.message(token)

    def check_legal(self, bench):
        daemon = self.start(bench, spf_options(self.dns))
        for argument, text in LEGAL:
            with self.session() as session:
                for line in (f"MAIL FROM:{argument}", "RCPT TO:<ok@other.test>", "RSET", "MAIL FROM:<>",
                             f"RCPT TO:{argument}", "RSET"):
                    reply = session.command(line)
                    check(reply.accepted, f"{line}: {reply}")
            for name in ("sender", "recipient"):
                said = [verdict[name].lower() for verdict in daemon.verdicts()]
                check(text.lower() in said, f"{text} is not in the log as {name}")

    def check_unicode(self, bench, parameter):
        self.start(bench, spf_options(self.dns))
        for argument in ("<a@bücher.test>", "<a@BÜCHER.test>", "<a@xn--bcher-kva.test>", "<jürg@bücher.test>",
                         "<a@bu\u0308cher.test>"):
            with self.session() as session:
                reply = session.command(f"MAIL FROM:{argument}{parameter}")
                # Without SMTPUTF8, Sendmail takes some octets for control characters.
                if not parameter and "8-bit character" in reply.text:
                    continue
                check(reply.accepted, f"{argument}: {reply}")
                reply = session.command("RCPT TO:<ok@other.test>")
                check_equal((reply.code, reply.enhanced), (550, "5.7.23"), f"{argument}: {reply}")


def opt_in(daemon, domain):
    for words in (["add", domain], ["greylist", domain, "on"]):
        status, _, errors = run_ctl("-c", daemon.config, "domain", *words)
        check_equal(status, 0, f"mailreevectl domain {' '.join(words)}: {errors}")


def daemon_on(bench, socket, options):
    return Daemon(bench, {"socket": socket, "trusted-networks": "", **options}).start()
