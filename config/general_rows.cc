// SPDX-License-Identifier: BSD-2-Clause
// Options of the daemon itself and of what it asks.
#include <algorithm>

#include "config/option_rows.h"
#include "config/socket_spec.h"

namespace mailreeve {

namespace {

void check_not_empty(std::string_view text) {
  if (text.empty()) throw std::invalid_argument("must not be empty");
}

void check_log_target(std::string_view text) {
  constexpr std::string_view kFile = "file:";
  if (text.empty() || text == "syslog" || text == "journal" || text == "stderr") return;
  if (text.starts_with(kFile) && text.size() > kFile.size() && text[kFile.size()] == '/') return;
  throw std::invalid_argument("must be syslog, journal, stderr or file:/absolute/path");
}

void read_sockets(std::string_view text, std::vector<std::string>& out) {
  std::vector<std::string> sockets;
  read_value(text, sockets);
  if (sockets.empty()) throw std::invalid_argument("must not be empty");
  for (auto socket = sockets.begin(); socket != sockets.end(); ++socket) {
    parse_socket(*socket);
    if (std::find(sockets.begin(), socket, *socket) != socket)
      throw std::invalid_argument(*socket + " is there twice");
  }
  out = std::move(sockets);
}

}  // namespace

std::vector<OptionRow> general_rows() {
  return {
      {"socket", "LIST", false, "Sockets on which the daemon listens for MTAs.",
       "Each is\n.Cm unix : Ns Ar path ,\n.Cm inet : Ns Ar port Ns Cm @ Ns Ar address\nor\n"
       ".Cm inet6 : Ns Ar port Ns Cm @ Ns Ar address .\n"
       "Without an address, the daemon listens only on the loopback address. More than one needs\n"
       ".Cm engine No = Cm native .\n"
       "The daemon removes a Unix socket that a dead daemon left behind; if a process still answers on "
       "it, the daemon does not start. With\n.Cm engine No = Cm native ,\nthe daemon takes the sockets of "
       "this list that\n"
       ".Xr systemd.socket 5\nhas opened, and opens the others itself.",
       [](Settings& s, std::string_view text) { read_sockets(text, s.sockets); },
       [](const Settings& s) { return write_value(s.sockets); }},
      {"socket-mode", "MODE", false, "File mode of a Unix socket.",
       "Everybody who may write to the socket may act as the MTA.",
       [](Settings& s, std::string_view text) { read_file_mode(text, s.socket_mode); },
       [](const Settings& s) { return write_file_mode(s.socket_mode); }},
      row(
          "socket-group", "GROUP", Takes::AtStart, [](auto& s) -> auto& { return s.socket_group; },
          "Group of a Unix socket; empty: the group of user.", "For Postfix, use\n.Dq postfix ."),
      word_row(
          "engine", Takes::AtStart, [](auto& s) -> auto& { return s.engine; },
          "What speaks the milter protocol: Sendmail's library, or the daemon itself.",
          "Both decide alike. See\n.Sx ENGINES\nin\n.Xr mailreeve 8 ."),
      between(row(
                  "threads-max", "NUMBER", Takes::AtStart, [](auto& s) -> auto& { return s.threads_max; },
                  "Maximum number of threads that serve MTAs.",
                  "For\n.Cm engine No = Cm native .\n"
                  "A session takes a thread only while one of its commands is being answered, so this many "
                  "commands "
                  "may wait for DNS and databases at the same time. Further ones queue, and the log has the "
                  "event\n"
                  ".Sy threads-busy ."),
              4U, 10000U),
      row(
          "user", "USER", Takes::AtStart, [](auto& s) -> auto& { return s.user; },
          "User to switch to when started as root.",
          "The daemon creates its socket and pid file, and then switches to this user and its "
          "groups. When started as another user, it does not switch."),
      checked(row(
                  "pid-file", "PATH", Takes::AtStart, [](auto& s) -> auto& { return s.pid_file; },
                  "File for the process ID; empty: none.",
                  "The daemon keeps the file locked while it runs, so that a second daemon with the same "
                  "file does not start. Not needed under\n.Xr systemd 1 ."),
              check_absolute_or_empty),
      checked(row(
                  "control-socket", "PATH", Takes::AtStart, [](auto& s) -> auto& { return s.control_socket; },
                  "Unix socket through which mailreevectl talks to the daemon; empty: none.",
                  "Only\n.Cm user\nand root may use it."),
              check_absolute_or_empty),
      word_row(
          "core-dumps", Takes::AtStart, [](auto& s) -> auto& { return s.core_dumps; },
          "Allow a crash to leave a core file.",
          "A core file contains mail addresses. The service manager's limit on the size of core "
          "files also applies."),
      word_row(
          "mode", Takes::AtReload, [](auto& s) -> auto& { return s.mode; },
          "Carry out refusals (enforce), or only log them (monitor).",
          "With\n.Cm monitor ,\n"
          "the daemon decides, logs and adds headers, but refuses nothing: use it to see what a "
          "configuration would do."),
      between(row(
                  "deadline", "DURATION", Takes::AtReload, [](auto& s) -> auto& { return s.deadline; },
                  "Maximum time for one answer to the MTA.",
                  "All lookups of one SMTP command share this time. A lookup that has not finished by "
                  "then counts as a backend failure. Lookups in DNS end a second earlier, or after half of "
                  "the time "
                  "if that is less, so that the stores can still answer. The deadline must be shorter than "
                  "the MTA's "
                  "time-out: 10 seconds in Sendmail (T=R:10s), 30 in Postfix (milter_command_timeout)."),
              Milliseconds(100), Milliseconds(25000)),
      row(
          "trusted-networks", "LIST", Takes::AtReload, [](auto& s) -> auto& { return s.trusted_networks; },
          "Clients exempt from greylisting and SPF, whose Authentication-Results headers are "
          "kept.",
          "Addresses and networks, separated by whitespace or commas; may be empty. List your own "
          "hosts here, and hosts that relay mail to you for others, such as a backup MX.\n"
          "Their mail passes\n.Cm greylist\nwithout a wait, and\n.Cm spf\n"
          "does not check it, so that it gets no SPF result. Authentication-Results headers in it "
          "that bear the name of\n.Cm authserv-id\n"
          "are kept, since such a host may have added them for us; from all other clients, they "
          "are removed."),
      row(
          "submission-networks", "LIST", Takes::AtReload,
          [](auto& s) -> auto& { return s.submission_networks; },
          "Clients whose mail is outbound even without authentication.",
          "Mail is outbound if its client has authenticated or is in one of these networks; all "
          "other mail is inbound. Greylisting and SPF apply to inbound mail, quotas and sender "
          "authorization to outbound mail."),
      row(
          "authserv-id", "NAME", Takes::AtReload, [](auto& s) -> auto& { return s.authserv_id; },
          "Name of this host in headers that the daemon adds; empty: the MTA's own name.",
          "The MTA's name is its macro\n.Cm {j} ;\n"
          "if the MTA does not send it, the daemon uses the name of this host."),
      checked(row(
                  "log-target", "TARGET", Takes::AtStart, [](auto& s) -> auto& { return s.log_target; },
                  "Destination of the log; empty: syslog, or stderr with -f.",
                  ".Cm syslog\n(facility mail),\n.Cm journal ,\n.Cm stderr\nor\n"
                  ".Cm file : Ns Ar /path .\nIf it is empty and the daemon runs with\n.Fl f ,\n"
                  "the log goes to\n.Cm journal\n"
                  "if standard error leads to the journal, as it does in a service, so that lines keep "
                  "their severity. The daemon reopens a file on SIGUSR1, so that\n.Xr logrotate 8\n"
                  "can rotate it; it creates a missing file with mode 0640."),
              check_log_target),
      word_row(
          "log-format", Takes::AtReload, [](auto& s) -> auto& { return s.log_format; },
          "Format of log lines.",
          ".Cm text :\n"
          "the event's name and key=value pairs, with values quoted and escaped if necessary.\n"
          ".Cm json :\n"
          "one object a line; time, host, program, pid, severity and event come first."),
      word_row(
          "log-level", Takes::AtReload, [](auto& s) -> auto& { return s.log_level; },
          "Minimum severity to log.", "Verdicts are\n.Cm info ."),

      row(
          "state.url", "URL", Takes::AtStart, [](auto& s) -> auto& { return s.state.url; },
          "Store for the data of greylisting and quotas.",
          "One of\n.Bl -tag -width Ds -compact\n.It Cm sqlite : Ns Ar /path\n"
          "a file, which is created if it does not exist. Its directory must be writable by\n"
          ".Cm user :\nSQLite keeps two more files beside it.\n.It Cm memory :\n"
          "lost when the daemon stops.\n"
          ".It Cm redis:// Ns Oo Ar login Ns Cm @ Oc Ns Ar host Ns Oo Cm \\&: Ns Ar port Oc Ns Oo "
          "Cm / Ns Ar number Oc\n"
          "a Redis server, which several hosts may share, and the number of the database there.\n"
          ".It Cm redis+unix:// Ns Oo Ar login Ns Cm @ Oc Ns Ar /path Ns Oo Cm ?db= Ns Ar number "
          "Oc\na Redis server on this host.\n"
          ".It Cm redis+sentinel:// Ns Oo Ar login Ns Cm @ Oc Ns Ar host Ns Oo Cm \\&: Ns Ar port "
          "Oc Ns Oo Cm \\&, Ns Ar host ... Oc Ns Cm / Ns Ar master Ns Oo Cm / Ns Ar number Oc\n"
          "the master that these Sentinels name, also after a failover.\n"
          ".It Cm redis+cluster:// Ns Oo Ar login Ns Cm @ Oc Ns Ar host Ns Oo Cm \\&: Ns Ar port "
          "Oc Ns Oo Cm \\&, Ns Ar host ... Oc\na Redis Cluster that these nodes belong to.\n.El\n"
          ".Ar login\nis\n.Oo Ar user Oc Ns Cm \\&: Ns Ar /password/file :\n"
          "the password is in a file that is named by its absolute path. The daemon reads it at "
          "each new connection; see\n.Sx SECRET FILES .\n"
          "A Sentinel that requires a password gets the same one. With\n.Cm rediss://\\& ,\n"
          ".Cm rediss+sentinel://\nor\n.Cm rediss+cluster://\n"
          "all connections use TLS, including those to Sentinels. A server's certificate must "
          "name the host as in the URL; the certificate of a server that Sentinels or a Cluster "
          "name must have the name that they use: the IP address or, if Redis is configured to "
          "announce one, the host name.\nFor the behaviour when Redis fails, see\n.Sx REDIS\nin\n"
          ".Xr mailreeve 8 ."),
      between(
          row(
              "state.timeout", "DURATION", Takes::AtStart, [](auto& s) -> auto& { return s.state.timeout; },
              "Maximum time to wait for the state store; the deadline takes precedence.",
              "While a Redis server hangs, or an SQLite file is locked by another process or its disk "
              "hangs, one mail a second waits that long for it, and no other mail waits at all."),
          Milliseconds(10), Milliseconds(10000)),
      between(row(
                  "state.cache-ttl", "DURATION", Takes::AtStart,
                  [](auto& s) -> auto& { return s.state.cache_ttl; },
                  "Time for which a trusted client or known tuple passes without a query to Redis; 0: "
                  "none.",
                  "Quotas are never cached."),
              Milliseconds(0), Milliseconds(60000)),
      row(
          "state.local", "URL", Takes::AtStart, [](auto& s) -> auto& { return s.state.local; },
          "Store of this host for on-failure = local: sqlite:/path or memory:.",
          "The daemon opens it only if\n.Cm state.url\n"
          "is a Redis and a policy requires it at the start."),
      checked(row(
                  "state.tls-ca-file", "PATH", Takes::AtStart,
                  [](auto& s) -> auto& { return s.state.tls_ca_file; },
                  "CA certificates for Redis servers; empty: the system's authorities."),
              check_absolute_or_empty),
      word_row(
          "state.redis-names", Takes::AtStart, [](auto& s) -> auto& { return s.state.redis_names; },
          "Names of senders and recipients in Redis.",
          ".Cm hashed :\n"
          "16 octets of a digest, which take less memory and do not reveal who wrote to whom; "
          "tuples, correspondents and what else is remembered for a while can then neither be listed nor "
          "copied to another store. Redis knows a tuple by "
          "only one of these names: after a change, they start anew."),

      checked(row(
                  "policy-db.url", "URL", Takes::AtStart, [](auto& s) -> auto& { return s.policy_db.url; },
                  "Database of users, domains, quotas, access rules and the table of messages.",
                  ".Cm sqlite : Ns Ar /path\n(a file that is created if it does not exist) or\n"
                  ".Cm mysql:// Ns Ar user Ns Cm @ Ns Ar host Ns Oo Cm \\&: Ns Ar port Oc Ns Oo Cm \\&, "
                  "Ns Ar host ... Oc Ns Cm / Ns Ar database\n"
                  "(MariaDB or MySQL; the daemon tries the hosts in turn, and keeps to the one that "
                  "answers; changes and messages skip a host that is read-only) or\n"
                  ".Cm mysql:// Ns Ar user Ns Cm @ Ns Ar /path/of/socket Ns Cm \\&: Ns Ar database\n"
                  "(through its socket).\n"
                  "A CHAPPS database works unchanged, even with a read-only account.\n"
                  ".Dl mailreevectl db init\n"
                  "adds the tables for the other features: quotas with several windows, raises, aliases, "
                  "access rules and the table of messages."),
              check_not_empty),
      checked(row(
                  "policy-db.password-file", "PATH", Takes::AtStart,
                  [](auto& s) -> auto& { return s.policy_db.password_file; },
                  "File with the password of the database account; empty: none.",
                  "The daemon reads it at each new connection; see\n.Sx SECRET FILES ."),
              check_absolute_or_empty),
      checked(row(
                  "policy-db.tls-ca-file", "PATH", Takes::AtStart,
                  [](auto& s) -> auto& { return s.policy_db.tls_ca_file; },
                  "CA certificates for database servers; empty: no TLS.",
                  "With a file, the connection is encrypted and the server's name is verified."),
              check_absolute_or_empty),
      between(row(
                  "policy-db.timeout", "DURATION", Takes::AtStart,
                  [](auto& s) -> auto& { return s.policy_db.timeout; },
                  "Maximum time to wait for a database server.",
                  "This limits lookups, the establishment of a connection, and the shorter operations "
                  "of\n.Xr mailreevectl 8 .\n"
                  "Several hosts share the time, but each gets at least a second; hosts whose turn does "
                  "not come have it at the next try. The daemon tries a server that does not answer once "
                  "a second. It writes messages in the background, with a time limit of their own."),
              Seconds(1), Seconds(20)),
      between(row(
                  "policy-db.cache-ttl", "DURATION", Takes::AtStart,
                  [](auto& s) -> auto& { return s.policy_db.cache_ttl; },
                  "Time for which an answer of the database is used without another query.",
                  "Every host sees a change after this time at the latest, and the host on which\n"
                  ".Xr mailreevectl 8\nmakes the change sees it at once.\n"
                  "The daemon asks this often whether the access rules have changed."),
              Seconds(1), Seconds(24 * 3600)),
      between(row(
                  "policy-db.stale-ttl", "DURATION", Takes::AtStart,
                  [](auto& s) -> auto& { return s.policy_db.stale_ttl; },
                  "Time for which an answer is used while the database does not answer."),
              Seconds(1), Seconds(30L * 86400)),

      row(
          "dns.servers", "LIST", Takes::AtReload, [](auto& s) -> auto& { return s.dns.servers; },
          "Recursive DNS servers; empty: those in /etc/resolv.conf.",
          "Addresses, followed by\n.Sq @\nand a port if that is not 53:\n.Li 127.0.0.1@5353 .\n"
          "The daemon uses them in this order: the next one after 300 ms without an answer, or "
          "after a failure. A server that stays silent while another one answers comes last until "
          "it answers again. A resolver of your own on the same machine is best: blocklists "
          "refuse queries from public resolvers."),
      between(row(
                  "dns.timeout", "DURATION", Takes::AtReload, [](auto& s) -> auto& { return s.dns.timeout; },
                  "Maximum time to wait for DNS; the deadline takes precedence.",
                  "The daemon sends a query up to six times in the first three seconds, and accepts the "
                  "answer to each of these packets until the end."),
              Milliseconds(100), Milliseconds(25000)),
      checked(row(
                  "dns.trust-anchor-file", "PATH", Takes::AtReload,
                  [](auto& s) -> auto& { return s.dns.trust_anchor_file; },
                  "DNSSEC trust anchors in zone file format; empty: no local validation.",
                  "With the anchor of the root, answers that fail validation count as no answer "
                  "(temperror). Debian has it in\n.Pa /usr/share/dns/root.key ."),
              check_absolute_or_empty),
  };
}

}  // namespace mailreeve
