#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mailreevectl spf, as an admin meets it, with a real DNS server."""

import os
import re
import sys
import time

from harness import Suite, check, check_equal
from spf_site import ZONES, Authority, ask_ctl, need_nsd, run_ctl

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dns"))
from slow_server import SlowServer  # pylint: disable=wrong-import-position

suite = Suite()
HELO, SENDER = "client.example.org", "alice@example.com"


def config(bench, dns, more=""):
    return bench.write("mailreeve.conf", f"authserv-id = mx.example.net\n[dns]\nservers = {dns.server}\n[spf]\n{more}\n")


def ask(file, client="192.0.2.7", helo=HELO, sender=SENDER):
    """What it prints, times left out: ({name: value}, trace lines)."""
    status, out, errors = run_ctl("-c", file, "spf", "--client", client, "--helo", helo, "--sender", sender)
    check_equal((status, errors), (0, ""), "exit status and standard error")
    head, _, trace = out.partition("\n\n")
    rows = [re.fullmatch(r"([a-z ]+?)  +(.*)", line) for line in head.splitlines()]
    check(all(rows), f"rows: {head}")
    return ({row[1]: row[2] for row in rows},
            [re.sub(r", \d+ ms\)$", ")", line) for line in trace.splitlines()])


@suite.scenario("a pass is told with its mechanism, its lookups and a trace of all that was evaluated")
def passed(bench, dns):
    rows, trace = ask(config(bench, dns, "check-helo = no"), client="198.51.100.7", sender="a@provider.example")
    check_equal(rows, {"result": "pass", "identity": "mailfrom", "domain": "provider.example",
                       "mechanism": "include:_pools.provider.example",
                       "reason": "provider.example designates 198.51.100.7 as permitted sender",
                       "lookups": "3 of 10", "void lookups": "0 of 2"}, "rows")
    check_equal([(len(line) - len(line.lstrip()), re.split(r"[: ]", line.strip())[0]) for line in trace],
                [(0, "provider.example"), (2, "include"), (4, "_pools.provider.example"), (6, "a"), (6, "mx")],
                "depths and beginnings of the trace")
    check(trace[-1].endswith("(lookups 3, void 0)"), trace[-1])


@suite.scenario("a fail is told with the domain's own words")
def failed(bench, dns):
    rows, _ = ask(config(bench, dns), client="203.0.113.9")
    check_equal((rows["result"], rows["mechanism"]), ("fail", "-all"), "result and mechanism")
    check_equal(rows["explanation"], r"203.0.113.9 is no host of ours (\o/); ask mx.example.net", "explanation")


@suite.scenario("each result is an answer: exit status 0")
def results(bench, dns):
    file = config(bench, dns)
    table = [("alice@example.com", "pass"), ("a@plain.example.com", "fail"), ("a@nowhere.example", "none"),
             ("a@broken.example", "permerror"), ("a@dead.example", "temperror")]
    for sender, result in table:
        rows, _ = ask(file, sender=sender)
        check_equal((rows["result"], rows["identity"]), (result, "mailfrom"), sender)
    for sender in ("<>", ""):
        rows, _ = ask(file, client="203.0.113.9", helo="mx.example.com", sender=sender)
        check_equal((rows["result"], rows["identity"], rows["domain"]), ("fail", "helo", "mx.example.com"),
                    "the null sender")


@suite.scenario("JSON has all that the manual says, of the types it says")
def in_json(bench, dns):
    found = ask_ctl(config(bench, dns), "2001:db8:1::7", HELO, "a@provider.example")
    check_equal({name: type(value) for name, value in found.items()},
                {"result": str, "identity": str, "domain": str, "mechanism": str, "problem": str, "explanation": str,
                 "lookups": int, "void_lookups": int, "trace": list}, "members")
    check_equal((found["result"], found["lookups"], found["void_lookups"]), ("pass", 2, 0), "values")
    for line in found["trace"]:
        check_equal({name: type(value) for name, value in line.items()},
                    {"depth": int, "text": str, "outcome": str, "lookups": int, "void_lookups": int, "ms": int}, line)


@suite.scenario("what records name is asked for at once: HELO's and the sender's, then all that the sender's names")
def at_once(bench, _):
    zone = {"TXT client.example.org": "v=spf1 ip4:203.0.113.9 ?all",
            "TXT example.com": "v=spf1 include:one.example include:two.example mx -all",
            "TXT one.example": "v=spf1 ip4:198.51.100.1 -all", "TXT two.example": "v=spf1 ip4:198.51.100.2 -all",
            "MX example.com": "mx.example.com", "A mx.example.com": "192.0.2.7"}
    with SlowServer(1.0, zone=zone) as dns:
        rows, _ = ask(config(bench, dns, "timeout = 20s"))
        check_equal((rows["result"], rows["mechanism"], rows["lookups"]), ("pass", "mx", "3 of 10"), "the result")
        check_equal(dns.waits, {"TXT client.example.org": 0, "TXT example.com": 0, "TXT one.example": 1,
                                "TXT two.example": 1, "MX example.com": 1, "A mx.example.com": 2},
                    "answers that had to be waited for")


@suite.scenario("it asks as the configuration says: check-helo, best-guess, void-lookups")
def configured(bench, dns):
    session = {"client": "203.0.113.9", "helo": "mx.example.com", "sender": "a@silent.example"}
    for more, expected in (("", "fail"), ("check-helo = no", "none"),
                           ("check-helo = no\nbest-guess = v=spf1 ip4:203.0.113.9", "pass")):
        check_equal(ask(config(bench, dns, more), **session)[0]["result"], expected, more)
    for more, expected in (("", "permerror"), ("void-lookups = 3", "fail")):
        check_equal(ask(config(bench, dns, more), sender="a@voids.example")[0]["result"], expected, more or "default")


@suite.scenario("networks that the daemon does not check are checked")
def exempt(bench, dns):
    rows, _ = ask(config(bench, dns, "trusted-relays = 203.0.113.9\napply = never"), client="203.0.113.9")
    check_equal(rows["result"], "fail", "a trusted relay")
    check_equal(ask(config(bench, dns), client="127.0.0.1")[0]["result"], "fail", "this machine")


@suite.scenario("what a record has for a terminal is not printed to it")
def printable(bench, dns):
    status, out, _ = run_ctl("-c", config(bench, dns), "spf", "--client", "203.0.113.9", "--helo", HELO, "--sender",
                             "a@escape.example")
    check_equal((status, [char for char in out if not " " <= char <= "~" and char != "\n"]), (0, []), "odd characters")
    check("[31m" in out, f"the rest of the record is there: {out}")


@suite.scenario("a DNS server that does not answer is a temperror, within spf.timeout")
def no_server(bench, _dns):
    with Authority({}) as gone:
        gone.stop()
        start = time.monotonic()
        rows, _ = ask(config(bench, gone, "timeout = 1s\n[dns]\ntimeout = 20s"))
    check_equal(rows["result"], "temperror", "the result")
    check(time.monotonic() < start + 15, "not within 15 s")


@suite.scenario("a wrong command line is exit status 64, with a word on it")
def usage(bench, dns):
    file = config(bench, dns)
    right = {"--client": "192.0.2.7", "--helo": HELO, "--sender": SENDER}

    def line(**changes):
        options = {**right, **{f"--{name}": value for name, value in changes.items()}}
        return ["-c", file, "spf", *[word for name, value in options.items() if value is not None
                                     for word in (name, value)]]

    table = [[], ["-c", file], ["-c", file, "nonsense"], ["--nonsense"], ["-c"], line(client=None), line(helo=None),
             line(sender=None), line(client="mx.example.com"), line(client="192.0.2.300"), line(client=""),
             line(helo=""), [*line(), "more"], [*line(), "--send", "x"]]
    for arguments in table:
        status, out, errors = run_ctl(*arguments)
        check_equal((status, out), (64, ""), f"exit status and output of {arguments[2:]}")
        check(errors.startswith("mailreevectl: ") and "--help" in errors, f"{arguments[2:]}: {errors}")
    check_equal(run_ctl(*line())[0], 0, "exit status of the right one")


@suite.scenario("a wrong configuration is exit status 78, with file and line")
def wrong_configuration(bench, _dns):
    arguments = ["spf", "--client", "192.0.2.7", "--helo", HELO, "--sender", SENDER]
    wrong = bench.write("wrong.conf", "[spf]\ncheck-helo = perhaps\n")
    status, out, errors = run_ctl("-c", wrong, *arguments)
    check_equal((status, out), (78, ""), "exit status and output")
    check("wrong.conf:2" in errors, errors)
    check_equal(run_ctl("-c", bench.path("none.conf"), *arguments)[0], 78, "exit status without a file")


@suite.scenario("help and version are printed")
def general(_bench, _dns):
    for option, word in (("--help", "usage: mailreevectl"), ("-h", "spf"), ("--version", "mailreevectl "),
                         ("-V", "mailreevectl ")):
        status, out, errors = run_ctl(option)
        check_equal((status, errors), (0, ""), option)
        check(word in out, f"{option}: {out}")


def name_server(bench):
    zones = {"voids.example": '@ TXT "v=spf1 a:x.voids.example a:y.voids.example a:z.voids.example -all"',
             "escape.example": r'@ TXT "v=spf1 \027[31m -all"'}
    dns = Authority({**ZONES, **zones}).start()
    bench.on_close(dns.stop)
    return dns


suite.run(requirements=[need_nsd], fixture=name_server)
