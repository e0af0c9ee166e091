# SPDX-License-Identifier: BSD-2-Clause
"""What tests of mailreevectl stand on: a configuration with databases of its own, and the program run on it."""

import json
import os
import re
import sqlite3
import subprocess

from daemon import Daemon
from harness import check_equal
from spf_site import ctl


class Site:
    """The daemon that it makes is started by those who want one."""

    def __init__(self, bench, options=None, name="site", environment=None):
        self.daemon = Daemon(bench, options, name=name)
        self._environment = environment or {}

    def make_state(self):
        """A state store that has nothing in it: the daemon makes it."""
        self.daemon.start().terminate()

    def run(self, *words, stdin="", **environment):
        """(exit status, standard output, standard error)"""
        environment = dict(os.environ, MAILREEVE_CLOCK_SHIFT=self.daemon.clock,
                           **{**self._environment, **environment})
        done = subprocess.run([ctl(), "-c", self.daemon.config, *words], check=False, capture_output=True, timeout=60,
                              input=stdin.encode(), env=environment)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def ok(self, *words, **more):
        """What it prints where all is well."""
        status, out, errors = self.run(*words, **more)
        check_equal((status, errors), (0, ""), f"exit status and standard error of {words}")
        return out

    def json(self, *words, status=0, **more):
        """What it prints in JSON; there may be warnings."""
        found, out, errors = self.run("--json", *words, **more)
        check_equal(found, status, f"exit status of {words} ({errors})")
        return json.loads(out)

    def fails(self, status, *words, **more):
        """What it says where it prints nothing else."""
        found, out, errors = self.run(*words, **more)
        check_equal((found, out), (status, ""), f"exit status and output of {words} ({errors})")
        return errors

    def sql(self, statement, values=(), file=None):
        """Behind its back, in the policy database or another file."""
        with sqlite3.connect(file or self.daemon.policy_db, timeout=10) as database:
            rows = database.execute(statement, values).fetchall()
        database.close()
        return rows


def table(text):
    """The rows of a printed table: [{heading: cell}]. Columns are where the headings begin."""
    head, *rows = text.splitlines()
    starts = [i for i, char in enumerate(head) if char != " " and (i == 0 or head[i - 1] == " ")]
    ends = [*starts[1:], None]
    return [{head[a:b].strip(): row[a:b].strip() for a, b in zip(starts, ends)} for row in rows]


def lines(text):
    """{name: value} of printed lines, up to a table."""
    return dict(line.split(None, 1) for line in text.partition("\n\n")[0].splitlines())


def commands(site):
    """Those of the usage text, with their arguments."""
    return [re.split(r"  +", line.strip())[0] for line in site.ok("--help").splitlines()
            if re.match(r"  [a-z]", line)]


def name_of(usage):
    return re.match(r"[a-z][a-z-]*( [a-z][a-z-]*)*(?= |$)", usage)[0]
