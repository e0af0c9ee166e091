# SPDX-License-Identifier: BSD-2-Clause
"""A real MariaDB for the system tests: below the bench's directory, on a port and a socket of its own, gone with
the bench. It can be killed, stopped and started again.

    server = Mariadb(bench)
    server.make_database("policy")
    server.chapps_tables("policy")                      # as CHAPPS makes them
    daemon = Daemon(bench, {"policy-db.url": server.url("policy")})
"""

import os
import pwd
import shutil
import signal
import subprocess

from harness import Skip, free_port, wait_until

_PLACES = os.environ.get("PATH", "") + ":/usr/local/bin:/usr/bin:/usr/sbin"


def need_mariadb():
    """For Suite requirements: MariaDB's server and its client are installed."""
    for name in ("mariadbd", "mariadb-install-db", "mariadb"):
        if not shutil.which(name, path=_PLACES):
            raise Skip(f"{name} is not installed")


def _links(other, key):
    table = f"{other}_user"
    return f"""CREATE TABLE {table} (user_id INTEGER NOT NULL, {other}_id INTEGER NOT NULL,
        CONSTRAINT fk_{table}_{other}_id_{other}s FOREIGN KEY ({other}_id) REFERENCES {other}s (id)
          ON DELETE CASCADE ON UPDATE CASCADE,
        CONSTRAINT fk_{table}_user_id_users FOREIGN KEY (user_id) REFERENCES users (id)
          ON DELETE CASCADE ON UPDATE RESTRICT,
        CONSTRAINT pk_{table} PRIMARY KEY ({key}));"""


# The shape that CHAPPS' migrations leave.
CHAPPS_TABLES = "".join(
    f"""CREATE TABLE {table} (id INTEGER NOT NULL AUTO_INCREMENT, name VARCHAR({length}) NOT NULL, {more}
        CONSTRAINT pk_{table} PRIMARY KEY (id));
        CREATE UNIQUE INDEX ix_{table}_name ON {table} (name);"""
    for table, length, more in (("domains", 64, "greylist BOOL NOT NULL DEFAULT '0', "
                                 "check_spf BOOL NOT NULL DEFAULT '0',"),
                                ("emails", 128, ""), ("quotas", 32, "quota INTEGER NOT NULL,"), ("users", 128, "")))
CHAPPS_TABLES += "CREATE UNIQUE INDEX ix_quotas_quota ON quotas (quota);"
CHAPPS_TABLES += _links("domain", "user_id, domain_id") + _links("email", "user_id, email_id")
CHAPPS_TABLES += _links("quota", "user_id")


class Mariadb:
    """Started, and answering."""

    def __init__(self, bench, name="mariadb", options=()):
        need_mariadb()
        self._directory = bench.path(name)
        os.makedirs(self._directory, mode=0o755)
        self._options = list(options)
        self._process = None
        self.port = free_port()
        self.socket = os.path.join(self._directory, "sock")
        self.log_file = os.path.join(self._directory, "log")
        # mariadbd refuses to run as root unless it is told to.
        self._user = "--user=" + pwd.getpwuid(os.geteuid()).pw_name
        self._run("mariadb-install-db", "--no-defaults", f"--datadir={self._directory}/data",
                  "--auth-root-authentication-method=normal", "--skip-test-db", self._user)
        bench.evidence(self.log_file)
        bench.on_close(self.kill)
        self.start()

    @staticmethod
    def _run(program, *words, text=None):
        done = subprocess.run([shutil.which(program, path=_PLACES), *words], input=text, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise AssertionError(f"{program}: {done.stderr.strip()[-400:]}")
        return done.stdout

    def start(self):
        with open(self.log_file, "a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [shutil.which("mariadbd", path=_PLACES), "--no-defaults", f"--datadir={self._directory}/data",
                 f"--socket={self.socket}", f"--port={self.port}", f"--pid-file={self._directory}/pid",
                 "--bind-address=127.0.0.1", "--skip-log-bin", "--innodb-buffer-pool-size=16M",
                 "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=2", self._user, *self._options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._answers, "mariadbd answers", seconds=30)

    def _answers(self):
        if self._process.poll() is not None:
            raise AssertionError("mariadbd has ended")
        try:
            return self.sql("SELECT 1") == [["1"]]
        except AssertionError:
            return False

    def send_signal(self, number):
        """SIGSTOP makes it hang, SIGCONT go on."""
        self._process.send_signal(number)

    def kill(self):
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def sql(self, statements, database=""):
        """Runs them as the superuser; the rows of the answer, each a list of texts."""
        output = self._run("mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "--batch",
                           "--skip-column-names", "--default-character-set=utf8mb4",
                           *([f"--database={database}"] if database else []), text=statements)
        return [line.split("\t") for line in output.splitlines()]

    def make_database(self, name, options="CHARACTER SET utf8mb4"):
        self.sql(f"CREATE DATABASE {name} {options}")

    def chapps_tables(self, database):
        self.sql(CHAPPS_TABLES, database)

    def make_user(self, user, rights, password=""):
        """An account that may connect over TCP and by the socket; `rights` as in "SELECT ON policy.*"."""
        for host in ("localhost", "127.0.0.1"):
            self.sql(f"CREATE USER {user}@'{host}' IDENTIFIED BY '{password}'; GRANT {rights} TO {user}@'{host}'")

    def url(self, database, user="root"):
        """By the socket."""
        return f"mysql://{user}@{self.socket}:{database}"

    def tcp_url(self, database, user):
        return f"mysql://{user}@127.0.0.1:{self.port}/{database}"
