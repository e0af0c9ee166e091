# SPDX-License-Identifier: BSD-2-Clause
"""Throw-away mail servers on loopback, each with one milter: Postfix, and Sendmail beside an installed Postfix."""

import glob
import os
import shutil
import socket
import subprocess
import tempfile

import smtp
from daemon import Daemon
from harness import Skip, free_port, need_program, need_root, wait_until

_POSTFIX_DAEMONS = "/usr/lib/postfix/sbin"

# Every network may relay: what is refused here was refused by the milter.
_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {dir}/spool
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {dir}/maillog
maillog_file_prefixes = {dir}
myhostname = mx.example.net
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = all
mynetworks = 0.0.0.0/0 [::]/0
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_client_connection_count_limit = 0
smtpd_recipient_limit = 2000
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 10000
smtpd_hard_error_limit = 10000
smtpd_milters = {milter}
non_smtpd_milters = {milter}
milter_default_action = tempfail
milter_protocol = 6
disable_dns_lookups = yes
default_transport = smtp:[127.0.0.1]:{relay}
smtp_destination_recipient_limit = 2000
"""

_MASTER_CF = """\
127.0.0.1:{port} inet n - n - 200 smtpd
pickup    unix  n - n 60   1 pickup
cleanup   unix  n - n -    0 cleanup
qmgr      unix  n - n 300  1 qmgr
rewrite   unix  - - n -    - trivial-rewrite
bounce    unix  - - n -    0 bounce
defer     unix  - - n -    0 bounce
trace     unix  - - n -    0 bounce
smtp      unix  - - n -    - smtp
error     unix  - - n -    - error
anvil     unix  - - n -    1 anvil
scache    unix  - - n -    1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Sessions may pretend to come from anywhere: XCLIENT is allowed. What is accepted goes to `sink`."""

    # A path that does not change: daemons come and go behind it.
    def __init__(self, bench, sink, milter, more_main_cf=""):
        self._conf = bench.path("postfix")
        self.port = free_port()
        self.sink = sink
        os.makedirs(self._conf)
        for name in ("spool", "data"):
            os.makedirs(bench.path(name))
        shutil.chown(bench.path("data"), "postfix")
        values = {"dir": bench.directory, "daemons": _POSTFIX_DAEMONS, "milter": milter, "port": self.port,
                  "relay": sink.port}
        bench.write("postfix/main.cf", _MAIN_CF.format(**values) + more_main_cf)
        bench.write("postfix/master.cf", _MASTER_CF.format(**values))
        bench.evidence(bench.path("maillog"))
        bench.on_close(self._stop)
        if self._control("start") != 0:
            raise AssertionError("Postfix does not start")

    @staticmethod
    def required():
        need_root()
        need_program("postfix")
        if not os.path.exists(f"{_POSTFIX_DAEMONS}/smtpd"):
            raise Skip("the installed MTA is not Postfix")

    def _stop(self):
        # "postfix stop" would wait in steps of a second.
        self._control("abort")
        wait_until(lambda: self._control("status") != 0, "Postfix has stopped")

    def _control(self, command):
        return subprocess.run(["postfix", "-c", self._conf, command], check=False, timeout=60,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode

    def session(self, client="192.0.2.7", name="client.example.org", helo="client.example.org", login=None):
        """A session that has said EHLO, from `client` as far as Postfix and its milter know."""
        session = smtp.Session(("127.0.0.1", self.port))
        if client is not None:
            address = f"IPV6:{client}" if ":" in client else client
            wish = f"XCLIENT ADDR={address} NAME={name}" + (f" LOGIN={login}" if login else "")
            session.command("EHLO harness.example.net")
            reply = session.command(wish)
            if reply.code != 220:
                raise AssertionError(f"{wish}: {reply}")
        session.command(f"EHLO {helo}")
        return session

    def attempt(self, sender, *recipients, mail_parameters="", rcpt_parameters="", **session):
        """One message in a session of its own."""
        with self.session(**session) as client:
            return smtp.attempt(client, sender, recipients, mail_parameters, rcpt_parameters)

    def submit(self, sender, recipients, text):
        """Through sendmail(1), as a program on this machine does."""
        subprocess.run(["/usr/sbin/sendmail", "-C", self._conf, "-f", sender, "--", *recipients], check=True,
                       input=text.encode(), timeout=30)


# T: what the manual recommends. The reply to a command is due within 10 s.
_SENDMAIL_MC = """\
include(`{root}/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`linux')dnl
undefine(`confHOST_STATUS_DIRECTORY')dnl
define(`confPID_FILE', `{dir}/sendmail.pid')dnl
define(`QUEUE_DIR', `{dir}/queue')dnl
define(`STATUS_FILE', `{dir}/status')dnl
define(`ALIAS_FILE', `{dir}/aliases')dnl
define(`confCW_FILE', `-o {dir}/local-host-names')dnl
define(`confDOMAIN_NAME', `mx.example.net')dnl
define(`confREJECT_LOG_INTERVAL', `0')dnl
define(`confREFUSE_LA', `999')dnl
define(`confQUEUE_LA', `999')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`nocanonify')dnl
DAEMON_OPTIONS(`Port={port}, Name=MTA, Addr=127.0.0.1')dnl
INPUT_MAIL_FILTER(`mailreeve', `S={milter}, F=T, T=S:10s;R:10s;E:1m')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {relay}')dnl
{more}MAILER(`smtp')dnl
"""
_SENDMAIL_PACKAGES = ("sendmail-bin", "sendmail-base", "sendmail-cf", "libwrap0")


class Sendmail:
    """Out of Debian's packages, unpacked where MAILREEVE_SENDMAIL_ROOT says (fetched if they are not there),
    else in a temporary directory. What is accepted goes to `sink`."""

    def __init__(self, bench, sink, milter, more=""):
        root = _unpacked_sendmail(bench)
        self.port = free_port()
        self.sink = sink
        os.makedirs(bench.path("queue"))
        bench.write("local-host-names", "")
        bench.write("aliases", "")
        source = bench.write("sendmail.mc", _SENDMAIL_MC.format(
            root=root, dir=bench.directory, port=self.port, milter=milter, relay=sink.port, more=more))
        with open(bench.path("sendmail.cf"), "wb") as config:
            subprocess.run(["m4", source], check=True, stdout=config, stderr=subprocess.DEVNULL, timeout=30)
        bench.evidence(bench.path("sendmail.log"))
        # A UTS namespace of its own gives it the qualified host name that it looks for.
        start = f"hostname mx.example.net && exec {root}/usr/libexec/sendmail/sendmail -bD -C {bench.path('sendmail.cf')}"
        with open(bench.path("sendmail.log"), "wb") as log:
            self._process = subprocess.Popen(["unshare", "--uts", "sh", "-c", start], stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log)
        bench.on_close(self._stop)
        wait_until(self._listens, "Sendmail listens")

    @staticmethod
    def required():
        need_root()
        for program in ("m4", "unshare", "apt-get", "dpkg-deb"):
            need_program(program)
        if subprocess.run(["unshare", "--uts", "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
            raise Skip("Sendmail needs a UTS namespace of its own, and may not have one")

    def _stop(self):
        self._process.terminate()
        self._process.wait(timeout=20)

    def _listens(self):
        if self._process.poll() is not None:
            raise AssertionError("Sendmail does not start")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def session(self, client="127.0.0.1", helo="client.example.org"):
        """A session that has said EHLO, from the loopback address `client`."""
        session = smtp.Session(("127.0.0.1", self.port), source=(client, 0))
        session.command(f"EHLO {helo}")
        return session

    def attempt(self, sender, *recipients, **session):
        """One message in a session of its own."""
        with self.session(**session) as client:
            return smtp.attempt(client, sender, recipients)


def _unpacked_sendmail(bench):
    root = os.environ.get("MAILREEVE_SENDMAIL_ROOT") or bench.path("sendmail")
    if os.path.exists(f"{root}/usr/libexec/sendmail/sendmail"):
        return root
    # Renamed into place when complete: who finds it may use it.
    os.makedirs(os.path.dirname(root), exist_ok=True)
    partial = tempfile.mkdtemp(prefix=os.path.basename(root), dir=os.path.dirname(root))
    fetch = subprocess.run(["apt-get", "download", "-qq", *_SENDMAIL_PACKAGES], cwd=partial, check=False,
                           timeout=60, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if fetch.returncode != 0:
        shutil.rmtree(partial)
        raise Skip("Sendmail's packages are not in MAILREEVE_SENDMAIL_ROOT and cannot be fetched")
    for package in glob.glob(f"{partial}/*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, partial], check=True, timeout=60)
    os.chmod(partial, 0o755)
    os.rename(partial, root)
    return root


class PostfixSite:
    """A Postfix, what is behind it, and a place for the daemon in front of it. For Suite.run()'s `fixture`."""

    required = Postfix.required

    def __init__(self, bench, more_main_cf=""):
        self.sink = smtp.Sink(bench)
        self._path = bench.path("milter.sock")
        self.postfix = Postfix(bench, self.sink, f"unix:{self._path}", more_main_cf)

    def daemon(self, bench, options=None, **more):
        """Started, on the embedded store; gone with `bench`."""
        return self.unstarted_daemon(bench, options, **more).start()

    def unstarted_daemon(self, bench, options=None, **more):
        return Daemon(bench, {"socket": f"unix:{self._path}", "socket-group": "postfix", **(options or {})}, **more)
