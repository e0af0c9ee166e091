#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""SPF as clients of a real Postfix meet it, and the headers that their mail gets, with a real DNS server."""

import re

import smtp
from harness import Suite, check, check_equal
from spf_site import (RECIPIENT, SpfSite, arrived, flat, read_authentication_results, read_received_spf, send,
                      top_headers)

suite = Suite()
PERMITTED, OTHER = "192.0.2.7", "203.0.113.9"

# (what, client, HELO, sender) -> (result, identity, domain, mechanism)
_RESULTS = [
    (("pass", PERMITTED, "client.example.org", "alice@example.com"),
     ("pass", "mailfrom", "example.com", "ip4:192.0.2.0/24")),
    (("pass over IPv6", "2001:db8:1::25", "client.example.org", "alice@example.com"),
     ("pass", "mailfrom", "example.com", "ip6:2001:db8:1::/48")),
    (("pass by a name", PERMITTED, "client.example.org", "alice@provider.example"),
     ("pass", "mailfrom", "provider.example", "include:_pools.provider.example")),
    (("fail", OTHER, "client.example.org", "alice@example.com"), ("fail", "mailfrom", "example.com", "-all")),
    (("fail over IPv6", "2001:db8:2::25", "client.example.org", "alice@example.com"),
     ("fail", "mailfrom", "example.com", "-all")),
    (("fail of HELO", OTHER, "mx.example.com", "alice@silent.example"), ("fail", "helo", "mx.example.com", "-all")),
    (("softfail", OTHER, "client.example.org", "alice@soft.example"), ("softfail", "mailfrom", "soft.example", "~all")),
    (("neutral", OTHER, "client.example.org", "alice@neutral.example"),
     ("neutral", "mailfrom", "neutral.example", "?all")),
    (("none", OTHER, "client.example.org", "alice@silent.example"), ("none", "mailfrom", "silent.example", None)),
    (("none, without such a domain", OTHER, "client.example.org", "alice@nowhere.example"),
     ("none", "mailfrom", "nowhere.example", None)),
    (("permerror", PERMITTED, "client.example.org", "alice@broken.example"),
     ("permerror", "mailfrom", "broken.example", None)),
    (("permerror for two records", PERMITTED, "client.example.org", "alice@two.example"),
     ("permerror", "mailfrom", "two.example", None)),
    (("temperror", PERMITTED, "client.example.org", "alice@dead.example"),
     ("temperror", "mailfrom", "dead.example", None)),
    (("pass of the null sender", PERMITTED, "mx.example.com", ""),
     ("pass", "helo", "mx.example.com", "ip4:192.0.2.7")),
    (("fail of the null sender", OTHER, "mx.example.com", ""), ("fail", "helo", "mx.example.com", "-all")),
    (("a pass of HELO does not decide", PERMITTED, "mx.example.com", "alice@silent.example"),
     ("none", "mailfrom", "silent.example", None)),
    (("quoted local part", PERMITTED, "client.example.org", '"a b\\"; helo=x (c)"@example.com'),
     ("pass", "mailfrom", "example.com", "ip4:192.0.2.0/24")),
    (("address literal in HELO", PERMITTED, "[192.0.2.7]", "alice@example.com"),
     ("pass", "mailfrom", "example.com", "ip4:192.0.2.0/24")),
]


def check_headers(message, client, helo, sender, expected):
    """Both headers in full: they cannot but agree with each other."""
    result, identity, domain, mechanism = expected
    results, received, _ = top_headers(message)
    prop = {"mailfrom": "smtp.mailfrom", "helo": "smtp.helo"}[identity]
    check_equal(read_authentication_results(results),
                ("mx.example.net", {"spf": (result, prop, domain), "iprev": ("pass", "policy.iprev", client)}),
                "Authentication-Results")
    found, comment, pairs = read_received_spf(received)
    check_equal(found, result, "the result in Received-SPF")
    check(comment.startswith("mx.example.net: ") and domain in comment, f"the comment: {comment}")
    wanted = {"client-ip": client, "envelope-from": sender, "helo": helo, "receiver": "mx.example.net",
              "mechanism": mechanism, "identity": identity}
    problem = pairs.pop("problem", None)
    check_equal(pairs, {key: value for key, value in wanted.items() if value}, "Received-SPF's pairs")
    check(problem or result not in ("temperror", "permerror"), "an error without a problem")
    check(not problem or result in ("temperror", "permerror"), f"a problem, but no error: {problem}")


@suite.scenario("monitor mode refuses nothing: all results are in headers that agree, on top, and in the log")
def all_results(bench, site):
    daemon = site.daemon(bench, {"mode": "monitor"})
    for (what, client, helo, sender), expected in _RESULTS:
        message = site.deliver(sender, client=client, helo=helo)
        try:
            check_headers(message, client, helo, sender, expected)
            verdict = daemon.verdicts()[-1]
            check_equal((verdict["spf"], verdict["verdict"], verdict.get("mode")),
                        (expected[0], *(("reject", "monitor") if expected[0] == "fail" else ("pass", None))),
                        "the log's result, verdict and mode")
        except AssertionError as why:
            raise AssertionError(f"{what}: {why}") from why


@suite.scenario("by default fail alone is refused, and all other mail is delivered")
def defaults(bench, site):
    site.daemon(bench)
    for (what, client, helo, sender), expected in _RESULTS:
        tried = site.postfix.attempt(sender, RECIPIENT, client=client, helo=helo)
        if expected[0] == "fail":
            check_equal((tried.mail.code, tried.rcpt[0].code, tried.rcpt[0].enhanced), (250, 550, "5.7.23"), what)
        else:
            check(tried.message and tried.message.accepted, f"{what}: {tried}")


@suite.scenario("a refusal says why, with the domain's own words labelled as such, and its reference is in the log")
def refusal(bench, site):
    daemon = site.daemon(bench)
    text = flat(site.postfix.attempt("alice@example.com", RECIPIENT, client=OTHER).rcpt[0].text)
    found = re.fullmatch(r"5\.7\.23 SPF check failed: example\.com does not designate 203\.0\.113\.9 as permitted "
                         r"sender The domain example\.com explains: 203\.0\.113\.9 is no host of ours \(\\o/\); "
                         r"ask mx\.example\.net \(([a-z0-9.]+)\)", text)
    check(found, f"the reply: {text}")
    verdict, = daemon.verdicts(ref=found[1])
    for name, value in {"verdict": "reject", "policy": "spf", "reason": "fail", "spf": "fail", "code": "550",
                        "client": OTHER, "sender": "alice@example.com", "recipient": RECIPIENT}.items():
        check_equal(verdict.get(name), value, f"field {name} of {verdict}")
    text = site.postfix.attempt("alice@plain.example.com", RECIPIENT, client=OTHER).rcpt[0].text
    check("  " not in text, f"two blanks: {text}")
    text = flat(text)
    check("plain.example.com does not" in text and "explains" not in text, f"without an explanation: {text}")


@suite.scenario("a text of one's own has what was found put in")
def own_text(bench, site):
    site.daemon(bench, {"spf.on-fail": "reject 554 5.7.1 100% no: {client} {domain} [{explanation}] %s",
                        "spf.on-none": "defer 450 4.7.0 {reason}"})
    reply = site.postfix.attempt("alice@plain.example.com", RECIPIENT, client=OTHER).rcpt[0]
    check_equal(flat(str(reply)), "554 5.7.1 100% no: 203.0.113.9 plain.example.com [] %s", "on-fail")
    reply = site.postfix.attempt("alice@silent.example", RECIPIENT, client=OTHER).rcpt[0]
    check_equal(flat(str(reply)), "450 4.7.0 silent.example has no SPF record", "on-none")


@suite.scenario("each result has an action of its own")
def actions(bench, site):
    results = ["pass", "softfail", "neutral", "none", "permerror", "temperror"]
    for refused in results:
        daemon = site.daemon(bench, {f"spf.on-{refused}": "reject", "spf.on-fail": "accept"}, name=refused)
        for (what, client, helo, sender), expected in _RESULTS:
            if expected[0] != refused and what not in (*results, "fail"):
                continue
            tried = site.postfix.attempt(sender, RECIPIENT, client=client, helo=helo)
            check_equal(tried.rcpt[0].code, 550 if expected[0] == refused else 250, f"{what}, on-{refused} = reject")
        daemon.kill()


@suite.scenario("on-temperror = defer answers 451 4.7.24")
def temperror(bench, site):
    site.daemon(bench, {"spf.on-temperror": "defer"})
    reply = site.postfix.attempt("alice@dead.example", RECIPIENT, client=PERMITTED).rcpt[0]
    check_equal((reply.code, reply.enhanced), (451, "4.7.24"), str(reply))
    check("dead.example" in reply.text, str(reply))
    check(site.postfix.attempt("alice@example.com", RECIPIENT, client=PERMITTED).message.accepted, "other mail")


@suite.scenario("check-helo = no leaves HELO alone, but for the null sender")
def no_helo(bench, site):
    site.daemon(bench, {"spf.check-helo": "no"})
    session = {"client": OTHER, "helo": "mx.example.com"}
    check_equal(site.postfix.attempt("a@silent.example", RECIPIENT, **session).rcpt[0].code, 250, "with a sender")
    check_equal(site.postfix.attempt("", RECIPIENT, **session).rcpt[0].code, 550, "the null sender")


@suite.scenario("spf.apply = never checks nothing and says nothing")
def never(bench, site):
    daemon = site.daemon(bench, {"spf.apply": "never"})
    message = site.deliver("alice@example.com", client=OTHER)
    results, = top_headers(message, ["Authentication-Results"])
    check_equal(read_authentication_results(results)[1], {"iprev": ("pass", "policy.iprev", OTHER)}, "results")
    check_equal(message.header("Received-SPF"), [], "Received-SPF")
    check("spf" not in daemon.verdicts()[-1], f"no result in the log: {daemon.verdicts()[-1]}")


@suite.scenario("mail from trusted-relays is not judged, its neighbour's is")
def trusted_relay(bench, site):
    site.daemon(bench, {"spf.trusted-relays": "203.0.113.8/31"})
    message = site.deliver("alice@example.com", client=OTHER)
    results, _ = top_headers(message, ["Authentication-Results", "Received"])
    check_equal(list(read_authentication_results(results)[1]), ["iprev"], "methods")
    check_equal(site.postfix.attempt("alice@example.com", RECIPIENT, client="203.0.113.10").rcpt[0].code, 550,
                "the neighbour")


@suite.scenario("authenticated, trusted and submission clients are not judged, and outbound mail gets no header")
def exempt(bench, site):
    site.daemon(bench, {"trusted-networks": "203.0.113.20", "submission-networks": "203.0.113.21"})
    for what, session in {"with a login": {"client": OTHER, "login": "alice"},
                          "submission": {"client": "203.0.113.21"}}.items():
        message = site.deliver("alice@example.com", **session)
        check_equal(message.headers[0][0], "Received", f"{what}: the topmost header")
        check_equal(message.header("Received-SPF") + message.header("Authentication-Results"), [], what)
    message = site.deliver("alice@example.com", client="203.0.113.20")
    top_headers(message, ["Authentication-Results", "Received"])
    check_equal(site.postfix.attempt("alice@example.com", RECIPIENT, client="203.0.113.22").rcpt[0].code, 550, "others")


@suite.scenario("authentication-results = all says who authenticated, = no says nothing")
def results_option(bench, site):
    daemon = site.daemon(bench, {"headers.authentication-results": "all"})
    results, _ = top_headers(site.deliver("alice@example.com", client=OTHER, login="alice"),
                             ["Authentication-Results", "Received"])
    check_equal(read_authentication_results(results)[1].get("auth"), ("pass", "smtp.auth", "alice"), results)
    daemon.configure({"headers.authentication-results": "no"})
    check_equal(daemon.reload()["event"], "reloaded", "the reload")
    top_headers(site.deliver("alice@example.com", client=PERMITTED), ["Received-SPF", "Received"])
    daemon.configure({"headers.received-spf": "no"})
    check_equal(daemon.reload()["event"], "reloaded", "the reload")
    top_headers(site.deliver("alice@example.com", client=PERMITTED), ["Received"])


@suite.scenario("on-softfail = greylist greylists those alone, also with greylist.apply = never")
def greylisted(bench, site):
    daemon = site.daemon(bench, {"spf.on-softfail": "greylist"})
    reply = site.postfix.attempt("alice@soft.example", RECIPIENT, client=OTHER).rcpt[0]
    check_equal((reply.code, reply.enhanced), (451, "4.7.1"), "softfail")
    check(site.postfix.attempt("alice@example.com", RECIPIENT, client=PERMITTED).message.accepted, "pass")
    check(site.postfix.attempt("alice@neutral.example", RECIPIENT, client=OTHER).message.accepted, "neutral")
    daemon.advance(301)
    message = site.deliver("alice@soft.example", client=OTHER)
    check_equal([name for name, _ in message.headers[:4]],
                ["Authentication-Results", "Received-SPF", "X-Greylist", "Received"], "the first headers")


@suite.scenario("with an SPF pass a retry may come from another network of the domain; without one it may not")
def spf_domain(bench, site):
    daemon = site.daemon(bench, {"greylist.apply": "all", "greylist.trust-after": "0"})
    # (sender, first client, client of the retry) -> reply to the retry
    table = [("alice@example.com", PERMITTED, "198.51.100.9", 250), ("bob@example.com", PERMITTED, "2001:db8:1::9", 250),
             ("alice@provider.example", "2001:db8:1::7", "198.51.100.7", 250),
             ("alice@silent.example", PERMITTED, "198.51.100.9", 451),
             ("alice@everybody.example", PERMITTED, "198.51.100.9", 451),
             ("alice@all.everybody.example", PERMITTED, "198.51.100.9", 451),
             ("alice@soft.example", PERMITTED, "198.51.100.9", 451)]
    for sender, first, _, _ in table:
        check_equal(site.postfix.attempt(sender, RECIPIENT, client=first).rcpt[0].code, 451, f"{sender}, first attempt")
    daemon.advance(301)
    for sender, _, client, code in table:
        check_equal(site.postfix.attempt(sender, RECIPIENT, client=client).rcpt[0].code, code, f"{sender}, retry")


@suite.scenario("greylist.spf-domain = no takes each network by itself")
def no_spf_domain(bench, site):
    daemon = site.daemon(bench, {"greylist.apply": "all", "greylist.spf-domain": "no"})
    site.postfix.attempt("alice@example.com", RECIPIENT, client=PERMITTED)
    daemon.advance(301)
    for client, code in (("198.51.100.9", 451), (PERMITTED, 250)):
        check_equal(site.postfix.attempt("alice@example.com", RECIPIENT, client=client).rcpt[0].code, code, client)


@suite.scenario("a message is checked once, whatever its recipients; two messages of a session, each for itself")
def session_state(bench, site):
    daemon = site.daemon(bench)
    with site.postfix.session(client=OTHER) as session:
        refused = smtp.attempt(session, "alice@example.com", [RECIPIENT, "carol@example.net"])
        soft = arrived(site.sink, send(session, "alice@soft.example"))
        none = arrived(site.sink, send(session, "alice@silent.example"))
    check_equal([reply.code for reply in refused.rcpt], [550, 550], "replies")
    for message, result in ((soft, "softfail"), (none, "none")):
        results, received, _ = top_headers(message)
        check_equal(read_authentication_results(results)[1]["spf"][0], result, "Authentication-Results")
        check_equal(read_received_spf(received)[0], result, "Received-SPF")
    check_equal([verdict["spf"] for verdict in daemon.verdicts()], ["fail", "fail", "softfail", "none"], "the log")


@suite.scenario("best-guess is tried where a domain has no record")
def best_guess(bench, site):
    site.daemon(bench, {"spf.best-guess": "v=spf1 ip4:203.0.113.0/24"})
    results, received, _ = top_headers(site.deliver("alice@silent.example", client=OTHER))
    check_equal(read_authentication_results(results)[1]["spf"][0], read_received_spf(received)[0], "the headers' results")
    check_equal(read_received_spf(received)[0], "pass", "the result")


suite.run(requirements=[SpfSite.required], fixture=SpfSite)
