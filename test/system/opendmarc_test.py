#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real OpenDMARC behind the daemon in a real Postfix: it believes Authentication-Results of ours, so nobody else may
write any."""

import json
import os
import re
import socket
import subprocess
import sys

from harness import Suite, check, check_equal, need_program, wait_until
from mta import PostfixSite
from spf_site import FORGERIES, Authority, arrived, need_nsd, send, spf_options

suite = Suite()
# bank.example wants what is not its own refused. 192.0.2.7 may send for it.
ZONES = {"bank.example": '@ TXT "v=spf1 ip4:192.0.2.7 -all"\n_dmarc TXT "v=DMARC1; p=reject"'}
OWN_CLIENT, STRANGER = "192.0.2.7", "203.0.113.9"
FROM = "From: Bank <service@bank.example>"
_HERE = os.path.dirname(os.path.abspath(__file__))


class Site(PostfixSite):
    def __init__(self, bench):
        self.dns = Authority(ZONES).start()
        bench.on_close(self.dns.stop)
        self.path = bench.path("opendmarc.sock")
        start_opendmarc(bench, self.path)
        super().__init__(bench, f"smtpd_milters = unix:{bench.path('milter.sock')}, unix:{self.path}\n")


def need_opendmarc():
    need_program("opendmarc")
    need_program("ip")
    need_program("unshare")


def start_opendmarc(bench, path):
    """It asks the servers of /etc/resolv.conf, so it gets one of its own."""
    config = bench.write("opendmarc.conf", f"Socket local:{path}\nAuthservID mx.example.net\n"
                         "TrustedAuthservIDs mx.example.net\nRejectFailures false\nSyslog false\nUMask 0000\n")
    bench.evidence(bench.path("opendmarc.log"))
    with open(bench.path("opendmarc.log"), "wb") as log:
        process = subprocess.Popen(["unshare", "--mount", "--net", sys.executable, f"{_HERE}/with_dns.py",
                                    bench.directory, json.dumps(ZONES), need_program("opendmarc"), "-f", "-c", config],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    bench.on_close(process.wait, 20)
    bench.on_close(process.terminate)

    def listens():
        check(process.poll() is None, "OpenDMARC does not start")
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(path) == 0
    wait_until(listens, "OpenDMARC listens")


def dmarc(site, headers, client=STRANGER, sender="someone@nowhere.example"):
    """What OpenDMARC says of a message that claims to be the bank's."""
    with site.postfix.session(client=client) as session:
        message = arrived(site.sink, send(session, sender, [*headers, FROM], author=None))
    found = [re.search(r"\bdmarc=([a-z]+)", value) for value in message.header("Authentication-Results")]
    check_equal(len([one for one in found if one]), 1, f"one dmarc= in {message.headers}")
    return [one[1] for one in found if one][0]


def forgeries():
    """Each says that the bank has signed the message."""
    return [re.sub(r"(none|dkim=pass|spf=pass[^;]*?)\s+x-id=ID", "dkim=pass header.d=bank.example", header)
            for header in FORGERIES]


@suite.scenario("no spelling of our name makes OpenDMARC believe a stranger")
def forged(bench, site):
    site.daemon(bench, {**spf_options(site.dns), "spf.on-fail": "accept"})
    for header in forgeries():
        check_equal(dmarc(site, [header]), "fail", header)
    check_equal(dmarc(site, forgeries()), "fail", "all at once")


@suite.scenario("OpenDMARC believes what we found")
def believed(bench, site):
    site.daemon(bench, {**spf_options(site.dns), "spf.on-fail": "accept"})
    check_equal(dmarc(site, [], OWN_CLIENT, "service@bank.example"), "pass", "the bank's own client")
    check_equal(dmarc(site, [], STRANGER, "service@bank.example"), "fail", "a stranger")


@suite.scenario("without us, some of these spellings deceive it")
def without(bench, site):
    site.daemon(bench, {**spf_options(site.dns), "spf.on-fail": "accept", "headers.authentication-results": "no"})
    deceived = [header for header in forgeries() if dmarc(site, [header]) == "pass"]
    check(len(deceived) >= 5, f"only {deceived}")


suite.run(requirements=[need_nsd, need_opendmarc, PostfixSite.required], fixture=Site)
