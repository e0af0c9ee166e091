#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every order of commands that an MTA may send, for everything that can be negotiated: each command that is to be
answered is. libmilter drops without a word what its table of states does not know, and the MTA waits for minutes."""

from daemon import Daemon
from harness import Suite, check, check_equal
from milter_client import ALL_STEPS, MilterSession

suite = Suite()

# What decides about the steps: whether headers are looked at, whether a policy is asked at MAIL.
SETTINGS = {
    "headers and MAIL": {"headers.authentication-results": "inbound"},
    "MAIL": {"headers.authentication-results": "no"},
    "headers": {"headers.authentication-results": "inbound", "sender-auth.apply": "never", "quota.apply": "never"},
    "neither": {"headers.authentication-results": "no", "sender-auth.apply": "never", "quota.apply": "never"},
}

# Steps that an MTA can leave out or need no answer to: Postfix and Sendmail today, protocols 2, 3 and 4, without the
# filter's silence, without the leaving out, and nothing at all but silence about the end of the headers.
OFFERS = [ALL_STEPS, 0x7F, 0x17F, 0x3FF, 0x37F, 0xFF480, 0x40000]

# C connect, H HELO, M MAIL, R RCPT, T DATA, L a header, N the end of the headers, B body, E the end of the message,
# A abort, K goes on to another client, U an unknown command; r and t are to be put off. Each begins with "CH" and ends with "MRTLNBE".
ORDERS = [
    # Messages of all kinds.
    "", "MRTLLLNBBE", "MRTNBE", "MRTLNE", "MRTNE", "MRRRTLNBE", "MRTNEMRTLNEMRTNBE", "MRTNEAMRTNEA",
    # RSET, or a refusal elsewhere, at each step.
    "A", "AA", "MA", "MRA", "MRRA", "MRTA", "MRTLA", "MRTLNA", "MRTNA", "MRTLNBA", "MRTNEA", "MRTAMRTNE", "MRTAMA",
    # MAIL again with no abort between.
    "M", "MR", "MRT", "MRTL", "MRTLN", "MRTLNB",
    # HELO again: STARTTLS, or whenever the client likes.
    "H", "HHH", "MAH", "MH", "MRH", "MRAH", "MRTAH", "MRTH", "MRTNEH", "MRTNEAH",
    # The content is refused, not the transaction (Postfix: smtpd_end_of_data_restrictions, another filter's no at
    # DATA): another DATA, or more recipients.
    "MRTt", "MRTtttA", "MRTr", "MRTrrtrtA", "MRTLt", "MRTLNr", "MRTLNBtrA", "MRTtH", "MRTrAH", "MRTtMRTNE", "MRTNtMRTA",
    # Unknown commands.
    "U", "UHU", "UMURUTNE", "MURUTLNBEU", "MUAU", "MRUAMRTNE", "MRUUTNEU", "MRUHMRTNE",
    # An MTA that knows no DATA (protocol 3 and before).
    "MRLNBE", "MRNE", "MRULNE", "MRUNBE", "MRRNEMRLNE",
    # Another client on the same connection, behind a message. (Behind HELO, libmilter drops it. Neither Postfix nor
    # Sendmail sends it at all.)
    "MRTNEKCH", "MRTLNBEKCHMRTNEKCH", "MAKCH", "MRTAKCH", "AKCH",
]


class Play:
    """A session that says what a string of letters tells it to."""

    def __init__(self, session, order):
        self._session = session
        self._order = order
        self._steps = {"C": session.connect, "H": session.helo, "M": lambda: session.mail("<a@example.org>"),
                       "R": lambda: session.rcpt("<postmaster@example.net>"), "T": session.data, "L": session.header,
                       "N": session.end_of_headers, "B": session.body, "E": session.finish, "U": session.unknown,
                       "A": session.abort, "K": session.quit_for_next}

    def run(self):
        for place, letter in enumerate(self._order):
            try:
                answer = self._steps[letter.upper()]()
            except OSError as error:
                raise AssertionError(f"{self._order}, {letter} at {place}: {error!r}") from error
            wanted = "y" if letter in "rt" else "c"
            check(answer is None or answer.kind == wanted, f"{self._order}, {letter} at {place}: {answer}")


def play(daemon, offer, order):
    with MilterSession(daemon.address, seconds=10) as session:
        session.negotiate(steps=offer)
        Play(session, "CH" + order + "MRTLNBE").run()


def add_scenario(name, options):
    @suite.scenario(f"every order is answered to its end, where the daemon looks at: {name}")
    def orders(bench):
        daemon = Daemon(bench, {"spf.apply": "never", **options}).start()
        for offer in OFFERS:
            for order in ORDERS:
                play(daemon, offer, order)
        check_equal(daemon.terminate(), 0, "exit status")
        check_equal(daemon.events("bug") + daemon.events("milter-error"), [], "troubles in the log")
        check_equal(daemon.events("stopped")[0]["connections"], "0", "connections that are left")


for one, settings in SETTINGS.items():
    add_scenario(one, settings)


# A sender's quota of two recipients.
TWO_AN_HOUR = {"quota.default": "2/1h", "submission-networks": "192.0.2.0/24", "identity.from": "sender",
               "sender-auth.apply": "never"}


@suite.scenario("what a message was charged is given back before another DATA or RCPT of it is put off")
def given_back(bench):
    daemon = Daemon(bench, TWO_AN_HOUR).start()
    with daemon.session() as session:
        session.open()
        for order in ("MRRTt", "MRRTr", "MRRTLNBtrt", "MRRTA", "MRRTMRA", "MRRTNE"):
            Play(session, order).run()
        check_equal(session.mail("<a@example.org>").code, 450, "the quota is used up")


@suite.scenario("an MTA that does not tell of DATA has its messages charged at their end")
def charged_at_end(bench):
    daemon = Daemon(bench, TWO_AN_HOUR).start()
    with daemon.session() as session:
        session.open()
        Play(session, "MRLNBEMRLNBE").run()
        check_equal(session.mail("<a@example.org>").code, 450, "the quota is used up")


@suite.scenario("what comes without MAIL is put off, and costs the daemon nothing")
def no_mail(bench):
    daemon = Daemon(bench).start()
    # From then on every order is answered; who comes earlier finds libmilter's own table.
    daemon.wait_for_event("started")
    for order in ("R", "T", "E", "MRTNER", "MRTNET", "MRTNEE"):
        with daemon.session() as session:
            session.open()
            Play(session, order[:-1]).run()
            answer = {"R": lambda: session.rcpt("<b@example.net>"), "T": session.data, "E": session.finish}[order[-1]]()
            check_equal(answer.code, 451, order)
    check_equal(daemon.events("bug"), [], "bugs")


@suite.scenario("an IPv6 client with a scope id is a client like others")
def scope(bench):
    daemon = Daemon(bench).start()
    for address in ("fe80::1%eth0", "fe80::1%", "fe80::1%eth0%1", "IPv6:fe80::1%2"):
        with daemon.session() as session:
            session.negotiate()
            session.connect(address=address)
            session.helo()
            check_equal(session.message("a@example.org", f"{len(address)}x@example.net")[0].code, 451, address)
        check_equal(daemon.wait_for_event("verdict")["client"], "fe80::1", address)


# Each an odd number of strings.
ODD_MACROS = [b"j\0", b"\0", b"i\0a\0{client_port}\0", b"{auth_authen}\0", b"j\0mx\0i\0", b"\0" * 7, b"i\0x\0tail\0no nul",
              b"a\0" * 1001]


@suite.scenario("macros with an odd number of strings do no harm: the last name has no value")
def odd_macros(bench):
    daemon = Daemon(bench, {"spf.apply": "never"}).start()
    for octets in ODD_MACROS:
        # Over and over: what lies behind the end of an array differs.
        for _ in range(20):
            with daemon.session() as session:
                session.negotiate()
                for command, step in (("C", session.connect), ("H", session.helo), ("M", lambda: session.mail("<a@example.org>")),
                                      ("R", lambda: session.rcpt("<postmaster@example.net>")), ("T", session.data),
                                      ("E", session.finish)):
                    session.macros_raw(command, octets)
                    answer = step()
                    check(answer is None or answer.kind == "c", f"{octets[:20]}, {command}: {answer}")
    with daemon.session() as session:
        session.negotiate()
        session.macros_raw("C", b"j\0mx.example.net\0i\0")
        session.connect()
        session.macros_raw("M", b"i\0QUEUE1\0{auth_authen}\0")
        session.mail("<a@example.org>")
        session.rcpt("<b@example.net>")
    check_equal(daemon.wait_for_event("verdict")["queue"], "QUEUE1", "what has a value is there")
    check_equal(daemon.terminate(), 0, "exit status")


suite.run()
