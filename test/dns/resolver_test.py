#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Starts a name server with the zones of unbound_resolver_test.cc, and then that
program, which prints TAP."""
import os
import subprocess
import sys

from authority import Authority, find_nsd

LONG_TEXT = " ".join(f'"{"x" * 250}"' for _ in range(40))
ZONES = {
    "example.com": f"""
two A 192.0.2.1
two A 192.0.2.2
two AAAA 2001:db8::1
name.below A 192.0.2.9
texts TXT "v=spf1" " -all"
texts TXT "second \\"record\\""
long TXT {LONG_TEXT}
mail MX 20 mx2.example.net.
mail MX 10 MX1
nomail MX 0 .
alias CNAME alias2
alias2 CNAME two
alias-to-none CNAME none
alias-elsewhere CNAME www.example.net.
circle CNAME circle2
circle2 CNAME circle
""",
    "example.net": "www A 192.0.2.80",
    "broken.example": None,
    "many.example": "\n".join(f"n{i} A 10.0.{i // 256}.{i % 256}" for i in range(1000)),
    "in-addr.arpa": r"""
1.2.0.192 PTR Two.Example.COM.
1.0.0.10 PTR two.example.com.
2.2.0.192 PTR bad\032name.example.com.
2.2.0.192 PTR good.example.com.
3.2.0.192 PTR b\195\188cher.example.com.
""",
    "ip6.arpa": "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2 PTR two.example.com.",
    "site.test": "@ A 192.0.2.1",
    "site.home.arpa": "@ A 192.0.2.1",
    "unsigned.example": "@ A 192.0.2.1",
    # Signed until 2060 with a key that has been discarded.
    "signed.example": """
@ SOA ns.invalid. hostmaster.invalid. 1 3600 900 86400 60
@ NS ns.invalid.
@ RRSIG NS 13 2 300 20600101000000 20240101000000 36901 signed.example. XvPz+pglLL6KCY8Wr15YpYvMAkDR4t17KF50AE/x03Q5CTZucfbZtf42xyihqATGQJlgjsjyyaVrvPrQ7ye6aA==
@ A 192.0.2.53
@ RRSIG A 13 2 300 20600101000000 20240101000000 36901 signed.example. FYLKyyHgzfAWOWrl87XchPM0xEwKScLPyRqBmtRq8dGYUc+X+XjVZ46cFrvhh1mMmfk4fiJGCEnj1Vpjsv42XQ==
@ DNSKEY 257 3 13 VhOuPaqpXQDKYWo0Uw8Tgw98+SqafThgYMwu9MohwojkUHTXJx8Hyv+XJQv/rfgFqj2rVEMXWVSk93F9ea/GeA==
@ RRSIG DNSKEY 13 2 300 20600101000000 20240101000000 36901 signed.example. 8Fo02wTfgKY0JmeMoSa+tBEqYgQP1whlGQiP5XmqHw4S7GRCDBrqWEtHjRLVCDUVhh/FT613j+16ls9fwYhVEg==
""",
}


def main():
    if not find_nsd():
        print("Bail out! nsd is not installed" if os.environ.get("CI") == "true" else "1..0 # SKIP nsd is not installed")
        return 1 if os.environ.get("CI") == "true" else 0
    with Authority(ZONES) as dns:
        environment = {**os.environ, "MAILREEVE_TEST_DNS": dns.server}
        return subprocess.run(["./unbound_resolver_test", *sys.argv[1:]], env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
