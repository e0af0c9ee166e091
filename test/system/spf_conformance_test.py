#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The tests of ../spf/rfc7208.json (README.md there) through "mailreevectl spf" and a real DNS server: what
../spf/conformance_test.cc proves with answers that it makes up itself. Here, what times out there is answered with
SERVFAIL, and there are records of type SPF, which must not be looked at."""

import json
import os

from harness import Suite, check, check_equal
from spf_site import Authority, ask_ctl, need_nsd

suite = Suite()
_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "spf", "rfc7208.json")


def escaped(octets):
    """Each octet as a zone file has it, which leaves no question about quoting."""
    return "".join(chr(octet) if chr(octet).isalnum() and octet < 128 else f"\\{octet:03}" for octet in octets)


def owner(name):
    return ".".join(escaped(label.encode()) for label in name.rstrip(".").split(".")) + "."


def string_list(strings):
    """Of 255 octets each at most."""
    octets = [part.encode() for part in strings] or [b""]
    parts = [part[start:start + 255] for part in octets for start in range(0, max(len(part), 1), 255)]
    return " ".join(f'"{escaped(part)}"' for part in parts)


def data(kind, value):
    if kind in ("TXT", "SPF"):
        return string_list(value)
    if kind == "MX":
        return f"{value[0]} {owner(value[1])}"
    return owner(value) if kind in ("PTR", "CNAME") else value


def lines(name, records):
    return [f"{owner(name)} {record['type']} {data(record['type'], record['value'])}"
            for record in records if record["type"] != "TIMEOUT"]


def fails(records):
    """SPF asks no name for another type once it has that name's TXT."""
    kinds = [record["type"] for record in records]
    return "TIMEOUT" in kinds and "TXT" not in kinds


def zones(zonedata):
    """A root zone with everything, and zones of their own for the names that fail and those below them."""
    failing = [name for name, records in zonedata.items() if fails(records)]
    out = {"error": None, **{name: None for name in failing}}
    root = []
    for name, records in zonedata.items():
        if name in failing:
            continue
        if any(name.endswith(f".{parent}") for parent in failing):
            out[name] = "\n".join(lines(name, records))
        else:
            root += lines(name, records)
    return {**out, "": "\n".join(root)}


class Worlds:
    """The DNS server of the scenario that is being tested."""

    def __init__(self, _bench):
        self._scenario = self._dns = None

    def server(self, scenario):
        if scenario is not self._scenario:
            self.close()
            self._scenario, self._dns = scenario, Authority(zones(scenario["zonedata"])).start()
        return self._dns.server

    def close(self):
        if self._dns:
            self._dns.stop()


def add(scenario, test):
    @suite.scenario(f"{scenario['description']}/{test['name']}")
    def ask(bench, worlds):
        # The suite asks about MAIL FROM alone. authserv-id is what %{r} stands for.
        config = bench.write("mailreeve.conf", f"authserv-id = {test['receiver'] or 'unknown'}\n[dns]\nservers = "
                             f"{worlds.server(scenario)}\n[spf]\ncheck-helo = no\n")
        found = ask_ctl(config, test["host"], test["helo"] or "", test["mailfrom"] or "<>")
        check(found["result"] in test["result"], f"one of {test['result']}, not {found}")
        explanation = test["explanation"]
        if found["result"] == "fail" and explanation:
            check_equal(found["explanation"], "" if explanation == "DEFAULT" else explanation, "the explanation")


def fixture(bench):
    worlds = Worlds(bench)
    bench.on_close(worlds.close)
    return worlds


with open(_FILE, encoding="utf-8") as file:
    for one in json.load(file):
        for two in one["tests"]:
            add(one, two)
suite.run(requirements=[need_nsd], fixture=fixture)
