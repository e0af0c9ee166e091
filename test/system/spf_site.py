# SPDX-License-Identifier: BSD-2-Clause
"""What tests of SPF stand on: a DNS server with their zones, a mail server that asks a daemon that asks that
server, mail with headers of its own, and readers of the headers that the daemon adds, written from the RFCs."""

import json
import os
import re
import subprocess
import sys

import smtp
from harness import Skip, check, check_equal
from mta import PostfixSite

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dns"))
from authority import Authority, find_nsd  # pylint: disable=wrong-import-position

RECIPIENT = "bob@example.net"

# What the domains say of 192.0.2.7 and of 203.0.113.9 is in the tests' tables.
ZONES = {
    "example.com": r"""
@ TXT "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 exp=why.example.com -all"
why TXT "%{i} is no host of ours (\\o/); ask %{r}"
mx TXT "v=spf1 ip4:192.0.2.7 -all"
plain TXT "v=spf1 a:mx.plain -all"
""",
    "soft.example": '@ TXT "v=spf1 ip4:192.0.2.7 ~all"',
    "neutral.example": '@ TXT "v=spf1 ip4:192.0.2.7 ?all"',
    "silent.example": '@ TXT "no SPF record"',
    "broken.example": '@ TXT "v=spf1 ip4:192.0.2.0/24 ipv4:203.0.113.9 -all"',
    "two.example": '@ TXT "v=spf1 -all"\n@ TXT "v=spf1 +all"',
    "dead.example": None,
    "fresh.example": '* TXT "v=spf1 ip4:192.0.2.7 -all"',
    "everybody.example": '@ TXT "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"\nall TXT "v=spf1 include:_all.everybody.example"\n'
                         '_all TXT "v=spf1 +all"',
    # Hosts as SPF is meant to be used: by name.
    "provider.example": """
@ TXT "v=spf1 include:_pools.provider.example -all"
_pools TXT "v=spf1 a:pool.provider.example mx -all"
pool A 192.0.2.7
pool AAAA 2001:db8:1::7
_pools MX 10 mx.provider.example.
mx A 198.51.100.7
""",
}


def need_nsd():
    if not find_nsd():
        raise Skip("nsd is not installed")


class SpfSite(PostfixSite):
    """For Suite.run()'s `fixture`."""

    def __init__(self, bench):
        self.dns = Authority(ZONES).start()
        bench.on_close(self.dns.stop)
        super().__init__(bench)

    @staticmethod
    def required():
        need_nsd()
        PostfixSite.required()

    def daemon(self, bench, options=None, **more):
        """As an admin would have it, but for greylisting, which hides what SPF alone does."""
        return super().daemon(bench, {**spf_options(self.dns), **(options or {})}, **more)

    def deliver(self, sender, headers=(), **session):
        """The message as it arrived."""
        with self.postfix.session(**session) as client:
            return arrived(self.sink, send(client, sender, headers))


def spf_options(dns):
    return {"dns.servers": dns.server, "spf.apply": None, "headers.authentication-results": None,
            "greylist.apply": "never"}


def send(session, sender, headers=(), author="sender@example.org"):
    """One message to RECIPIENT with these header lines, which must be accepted: its token. `author` None: no
    other From: than theirs."""
    token = smtp.Attempt(None, []).token
    for line in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{RECIPIENT}>", "DATA"):
        reply = session.command(line)
        check(reply.code in (250, 354), f"{line}: {reply}")
    text = "\r\n".join([*headers, *([f"From: {author}"] if author else []), f"X-Token: {token}", "", "Text.", "."])
    reply = session.command(text)
    check(reply.accepted, f"the message: {reply}")
    return token


def arrived(sink, token):
    return sink.wait_for(lambda message: message.header("X-Token") == [token])


def flat(text):
    """A reply or a header in one line."""
    return re.sub(r"\s+", " ", text)


_WORD = r'(?:[A-Za-z0-9!#$%&\'*+/=?^_`{|}~.-]+|"(?:[^"\\]|\\.)*")'
_COMMENT = r"\(((?:[^()\\]|\\.)*)\)"


def plain(word):
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word


def read_received_spf(value):
    """(result, comment, {key: value}) of a header that is what RFC 7208 section 9.1 says."""
    value = flat(value)
    head = re.match(rf"(pass|fail|softfail|neutral|none|temperror|permerror) {_COMMENT} ", value)
    check(head, f"no Received-SPF: {value}")
    rest = value[head.end():]
    pair = rf"([a-z-]+)=({_WORD})"
    check(re.fullmatch(rf"{pair}(; {pair})*;?", rest), f"no list of pairs: {rest}")
    pairs = [(key, plain(word)) for key, word in re.findall(pair, rest)]
    check_equal(len(dict(pairs)), len(pairs), f"different keys in {rest}")
    return head[1], re.sub(r"\\(.)", r"\1", head[2]), dict(pairs)


def read_authentication_results(value):
    """(authserv-id, {method: (result, property, value)}) of a header that is what RFC 8601 section 2.2 says."""
    name, *results = flat(value).split("; ")
    check(re.fullmatch(_WORD, name), f"no authserv-id: {value}")
    if results == ["none"]:
        return plain(name), {}
    # A semicolon in a quoted string would come out in pieces here, and be noticed.
    found = [re.fullmatch(r'([a-z]+)=([a-z]+) ([a-z]+\.[a-z]+)=("(?:[^"\\]|\\.)*"|[^\s"();:<>@,\\/\[\]?=]+)', result)
             for result in results]
    check(all(found), f"no Authentication-Results: {value}")
    check_equal(len({result[1] for result in found}), len(found), f"different methods in {value}")
    return plain(name), {result[1]: (result[2], result[3], plain(result[4])) for result in found}


def top_headers(message, wanted=("Authentication-Results", "Received-SPF", "Received")):
    """The values of these, which must be the first headers of the message, in this order."""
    found = message.headers[:len(wanted)]
    check_equal([name for name, _ in found], list(wanted), "the first headers")
    return [value for _, value in found]


def ctl():
    return os.environ.get("MAILREEVECTL") or os.path.join(os.environ.get("abs_top_builddir", "."), "mailreevectl")


def run_ctl(*arguments):
    """(exit status, standard output, standard error)"""
    done = subprocess.run([ctl(), *arguments], check=False, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def ask_ctl(config, client, helo, sender):
    """What mailreevectl spf says in JSON."""
    status, out, errors = run_ctl("-c", config, "--json", "spf", "--client", client, "--helo", helo, "--sender", sender)
    check_equal((status, errors), (0, ""), "exit status and standard error")
    return json.loads(out)


# Ours is mx.example.net. ID tells which one it is.
FORGERIES = [
    "Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=bank.example x-id=ID",
    "AUTHENTICATION-results: MX.Example.NET; dkim=pass x-id=ID",
    "Authentication-Results:mx.example.net;none x-id=ID",
    "Authentication-Results: mx.example.net 1; none x-id=ID",
    "Authentication-Results: mx.example.net(comment)1 ; none x-id=ID",
    "Authentication-Results: (comment (in \\) another)) mx.example.net; none x-id=ID",
    'Authentication-Results: "mx.example.net"; none x-id=ID',
    'Authentication-Results: "mx\\.example.net"; none x-id=ID',
    "Authentication-Results:\r\n\tmx.example.net;\r\n\tspf=pass x-id=ID",
    "Authentication-Results: (a\r\n b)\r\n (c) mx.example.net\r\n ; none x-id=ID",
    "Authentication-Results: mx.example.net.; none x-id=ID",
    # What one reader or another overlooks.
    "Authentication-Results: mx . example . net; none x-id=ID",
    "Authentication-Results: mx.(c)example.net; none x-id=ID",
    "Authentication-Results: mx.\r\n example.net; none x-id=ID",
    'Authentication-Results: "mx"."example"."net"; none x-id=ID',
    "Authentication-Results: \vmx.example.net; none x-id=ID",
    "Authentication-Results: mx.example.net\v; none x-id=ID",
    "Authentication-Results: )mx.example.net; none x-id=ID",
    "Authentication-Results: mx.example.net); none x-id=ID",
    "Authentication-Results: mx.example.net/1; none x-id=ID",
    # White space before the colon (RFC 5322 section 4.5) still makes it this header for many.
    "Authentication-Results : mx.example.net; none x-id=ID",
    "Authentication-Results\t: mx.example.net; none x-id=ID",
]
OTHERS = [
    "Authentication-Results: other.example; dkim=pass x-id=ID",
    "Authentication-Results: (mx.example.net) other.example; dkim=pass x-id=ID",
    "Authentication-Results: mx.example.net.other.example; none x-id=ID",
    "Authentication-Results: smx.example.net; none x-id=ID",
    "Authentication-Results: other.example; (mx.example.net;) none x-id=ID",
    "X-Authentication-Results: mx.example.net; none x-id=ID",
    "ARC-Authentication-Results: i=1; mx.example.net; none x-id=ID",
]


def brought_along(message):
    """The IDs of these that are still there, in order."""
    found = [re.search(r"x-id=(\S+)", value) for name, value in message.headers if "authentication-results" in name.lower()]
    return [one[1] for one in found if one]
