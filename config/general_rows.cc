// SPDX-License-Identifier: BSD-2-Clause
// Options of the daemon itself and of what it asks.
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

}  // namespace

std::vector<OptionRow> general_rows() {
  return {
      checked(row(
                  "socket", "SOCKET", Takes::AtStart, [](auto& s) -> auto& { return s.socket; },
                  "Where the MTA connects.",
                  ".Cm unix : Ns Ar path ,\n.Cm inet : Ns Ar port Ns Cm @ Ns Ar address\nor\n"
                  ".Cm inet6 : Ns Ar port Ns Cm @ Ns Ar address .\n"
                  "Without an address, the daemon listens on the loopback address only.\n"
                  "A Unix socket that a dead daemon left behind is removed; one that somebody answers on is "
                  "not,\n"
                  "and the daemon does not start."),
              [](std::string_view text) { parse_socket(text); }),
      {"socket-mode", "MODE", false, "File mode of a Unix socket.",
       "Who may write to the socket may speak for the MTA.",
       [](Settings& s, std::string_view text) { read_file_mode(text, s.socket_mode); },
       [](const Settings& s) { return write_file_mode(s.socket_mode); }},
      row(
          "socket-group", "GROUP", Takes::AtStart, [](auto& s) -> auto& { return s.socket_group; },
          "Group of a Unix socket; empty: the group of user.", "For Postfix this is\n.Dq postfix ."),
      row(
          "user", "USER", Takes::AtStart, [](auto& s) -> auto& { return s.user; },
          "Whom to run as when started by root.",
          "The daemon makes its socket and pid file, and then becomes this user with its groups.\n"
          "Started by another user, it stays what it is."),
      checked(row(
                  "pid-file", "PATH", Takes::AtStart, [](auto& s) -> auto& { return s.pid_file; },
                  "Where to write the process id; empty: nowhere.",
                  "The file is locked as long as the daemon runs, so that a second one with the same file "
                  "does not "
                  "start.\n"
                  "Not needed under\n.Xr systemd 1 ."),
              check_absolute_or_empty),
      checked(row(
                  "control-socket", "PATH", Takes::AtStart, [](auto& s) -> auto& { return s.control_socket; },
                  "Unix socket through which mailreevectl talks to the daemon; empty: none.",
                  "Only\n.Cm user\nand root may use it."),
              check_absolute_or_empty),
      word_row(
          "core-dumps", Takes::AtStart, [](auto& s) -> auto& { return s.core_dumps; },
          "Whether a crash may leave a core file.",
          "A core file holds mail addresses. The service manager's limit on its size applies as well."),
      word_row(
          "mode", Takes::AtReload, [](auto& s) -> auto& { return s.mode; },
          "Whether verdicts are carried out.",
          "With\n.Cm monitor\nthe daemon decides, logs and adds headers, but refuses nothing: use it to see "
          "what\n"
          "a configuration would do."),
      between(row(
                  "deadline", "DURATION", Takes::AtReload, [](auto& s) -> auto& { return s.deadline; },
                  "Longest time for one answer to the MTA.",
                  "All lookups of one SMTP command share it. What is not known by then is a failure of its\n"
                  "backend. It must be shorter than the MTA's patience: Sendmail waits 10 seconds\n"
                  "(T=R:10s), Postfix 30 (milter_command_timeout)."),
              Milliseconds(100), Milliseconds(25000)),
      row(
          "trusted-networks", "LIST", Takes::AtReload, [](auto& s) -> auto& { return s.trusted_networks; },
          "Clients whose mail is never greylisted.",
          "Addresses and networks, separated by blanks or commas; may be empty.\n"
          "Your own hosts, and hosts that relay to you for others (a backup MX)."),
      row(
          "submission-networks", "LIST", Takes::AtReload,
          [](auto& s) -> auto& { return s.submission_networks; },
          "Clients whose mail is outbound, authenticated or not.",
          "Mail is outbound when its client has authenticated or is in one of these networks; all other "
          "mail\n"
          "is inbound. Greylisting and SPF are for inbound mail, quotas and sender authorization for "
          "outbound mail."),
      row(
          "authserv-id", "NAME", Takes::AtReload, [](auto& s) -> auto& { return s.authserv_id; },
          "The name in our headers; empty: the MTA's own name.",
          "The MTA's name is its macro\n.Cm {j} ;\nif it does not say that, this host's name stands there."),
      checked(row(
                  "log-target", "TARGET", Takes::AtStart, [](auto& s) -> auto& { return s.log_target; },
                  "Where the log goes; empty: syslog, or stderr with -f.",
                  ".Cm syslog\n(facility mail),\n.Cm journal ,\n.Cm stderr\nor\n.Cm file : Ns Ar /path .\n"
                  "Empty, with\n.Fl f ,\nmeans\n.Cm journal\nwhere standard error leads to the journal, as "
                  "it does in a service:\nthere lines keep their severity.\n"
                  "A file is opened anew on SIGUSR1, so that\n.Xr logrotate 8\ncan move it away;\none that "
                  "is not there is made with mode 0640."),
              check_log_target),
      word_row(
          "log-format", Takes::AtReload, [](auto& s) -> auto& { return s.log_format; }, "Form of a log line.",
          ".Cm text :\nthe event's name and key=value pairs, with values quoted and escaped where needed.\n"
          ".Cm json :\none object a line; time, host, program, pid, severity and event come first."),
      word_row(
          "log-level", Takes::AtReload, [](auto& s) -> auto& { return s.log_level; },
          "Least severity that is logged.", "Verdicts are\n.Cm info ."),

      row(
          "state.url", "URL", Takes::AtStart, [](auto& s) -> auto& { return s.state.url; },
          "Where greylisting and quotas keep what they have seen.",
          "One of\n.Bl -tag -width Ds -compact\n"
          ".It Cm sqlite : Ns Ar /path\n"
          "a file, which is made if it is not there. Its directory must be writable for\n.Cm user :\n"
          "SQLite keeps two more files beside it.\n"
          ".It Cm memory :\nlost when the daemon stops.\n"
          ".It Cm redis:// Ns Oo Ar login Ns Cm @ Oc Ns Ar host Ns Oo Cm \\&: Ns Ar port Oc Ns "
          "Oo Cm / Ns Ar number Oc\n"
          "a Redis server, which several hosts may share, and the number of the database there.\n"
          ".It Cm redis+unix:// Ns Oo Ar login Ns Cm @ Oc Ns Ar /path Ns Oo Cm ?db= Ns Ar number Oc\n"
          "a Redis server on this host.\n"
          ".It Cm redis+sentinel:// Ns Oo Ar login Ns Cm @ Oc Ns Ar host Ns Oo Cm \\&: Ns Ar port Oc Ns "
          "Oo Cm \\&, Ns Ar host ... Oc Ns Cm / Ns Ar master Ns Oo Cm / Ns Ar number Oc\n"
          "the master that these Sentinels name, also after a failover.\n"
          ".It Cm redis+cluster:// Ns Oo Ar login Ns Cm @ Oc Ns Ar host Ns Oo Cm \\&: Ns Ar port Oc Ns "
          "Oo Cm \\&, Ns Ar host ... Oc\n"
          "a Redis Cluster that these nodes belong to.\n.El\n.Ar login\nis\n"
          ".Oo Ar user Oc Ns Cm \\&: Ns Ar /password/file :\n"
          "the password stands in a file that is named by its absolute path.\n"
          "The daemon reads it at each new connection; see\n.Sx SECRET FILES .\n"
          "A Sentinel that wants a password gets the same one.\n"
          "With\n.Cm rediss://\\& ,\n.Cm rediss+sentinel://\nor\n.Cm rediss+cluster://\n"
          "all connections are TLS, those to Sentinels too.\n"
          "A server's certificate must name the host as the URL does; that of a server which Sentinels or a\n"
          "Cluster name, what they call it: the IP address, or, where Redis is told to announce one, the "
          "name.\n"
          "What happens when Redis fails:\n.Sx REDIS\nin\n.Xr mailreeve 8 ."),
      between(
          row(
              "state.timeout", "DURATION", Takes::AtStart, [](auto& s) -> auto& { return s.state.timeout; },
              "How long to wait for the state store at most; deadline goes before it.",
              "While a Redis server hangs, or an SQLite file is locked by another process or its disk "
              "hangs,\n"
              "one mail in a second waits so long for it, and no other waits at all."),
          Milliseconds(10), Milliseconds(10000)),
      between(row(
                  "state.cache-ttl", "DURATION", Takes::AtStart,
                  [](auto& s) -> auto& { return s.state.cache_ttl; },
                  "How long a trusted client or known tuple is let through without asking Redis; 0: never.",
                  "Quotas are never remembered."),
              Milliseconds(0), Milliseconds(60000)),
      row(
          "state.local", "URL", Takes::AtStart, [](auto& s) -> auto& { return s.state.local; },
          "The store of this host where on-failure is local: sqlite:/path or memory:.",
          "Opened only if\n.Cm state.url\nis a Redis and a policy wants it at the start."),
      checked(row(
                  "state.tls-ca-file", "PATH", Takes::AtStart,
                  [](auto& s) -> auto& { return s.state.tls_ca_file; },
                  "Certificates that a Redis server's must be signed by; empty: the system's authorities."),
              check_absolute_or_empty),
      word_row(
          "state.redis-names", Takes::AtStart, [](auto& s) -> auto& { return s.state.redis_names; },
          "How Redis knows the senders and recipients of tuples.",
          ".Cm hashed :\nby 16 octets of a digest, which takes less memory and tells nobody who wrote to "
          "whom; "
          "they then\ncannot be listed, nor copied to another store.\n"
          "Tuples are known by one of these only: after a change they start anew."),

      checked(
          row(
              "policy-db.url", "URL", Takes::AtStart, [](auto& s) -> auto& { return s.policy_db.url; },
              "Where users, domains, quotas and the table of messages are.",
              ".Cm sqlite : Ns Ar /path\n(a file that is made if it is not there) or\n"
              ".Cm mysql:// Ns Ar user Ns Cm @ Ns Ar host Ns Oo Cm \\&: Ns Ar port Oc Ns "
              "Oo Cm \\&, Ns Ar host ... Oc Ns Cm / Ns Ar database\n"
              "(MariaDB or MySQL; hosts are tried in turn, and the one that answers is kept;\n"
              "changes and messages go past one that is read-only, to the next) or\n"
              ".Cm mysql:// Ns Ar user Ns Cm @ Ns Ar /path/of/socket Ns Cm \\&: Ns Ar database\n"
              "(by its socket).\n"
              "A database of CHAPPS works as it is, with an account that may only read.\n"
              ".Dl mailreevectl db init\nadds what is missing for the rest: quotas with several windows,\n"
              "raises, aliases and the table of messages."),
          check_not_empty),
      checked(row(
                  "policy-db.password-file", "PATH", Takes::AtStart,
                  [](auto& s) -> auto& { return s.policy_db.password_file; },
                  "File that holds the database account's password; empty: none.",
                  "The daemon reads it at each new connection; see\n.Sx SECRET FILES ."),
              check_absolute_or_empty),
      checked(row(
                  "policy-db.tls-ca-file", "PATH", Takes::AtStart,
                  [](auto& s) -> auto& { return s.policy_db.tls_ca_file; },
                  "Certificates that a database server's must be signed by; empty: no TLS.",
                  "With a file, the connection is encrypted, and the server's name is checked."),
              check_absolute_or_empty),
      between(row(
                  "policy-db.timeout", "DURATION", Takes::AtStart,
                  [](auto& s) -> auto& { return s.policy_db.timeout; },
                  "How long to wait for a database server at most.",
                  "A lookup waits no longer than that, nor does the making of a connection, nor\n"
                  ".Xr mailreevectl 8\nfor what is not much work.\n"
                  "Of several hosts each has its share of the time, but a second at least;\n"
                  "those whose turn does not come have it at the next try.\n"
                  "A server that does not answer is tried again once a second.\n"
                  "Messages are written in the background, with a time of their own."),
              Seconds(1), Seconds(20)),
      between(row(
                  "policy-db.cache-ttl", "DURATION", Takes::AtStart,
                  [](auto& s) -> auto& { return s.policy_db.cache_ttl; },
                  "How long an answer of the database is used without asking again.",
                  "A change is seen everywhere after that, and at once on the host where\n"
                  ".Xr mailreevectl 8\nmakes it."),
              Seconds(1), Seconds(24 * 3600)),
      between(row(
                  "policy-db.stale-ttl", "DURATION", Takes::AtStart,
                  [](auto& s) -> auto& { return s.policy_db.stale_ttl; },
                  "How long an answer is used while the database cannot be asked."),
              Seconds(1), Seconds(30L * 86400)),

      row(
          "dns.servers", "LIST", Takes::AtReload, [](auto& s) -> auto& { return s.dns.servers; },
          "Recursive DNS servers; empty: those of /etc/resolv.conf.",
          "Addresses, with a port behind\n.Sq @\nwhere it is not 53:\n.Li 127.0.0.1@5353 .\n"
          "They are asked in this order: the next one when there has been no answer for 300 ms, or a "
          "failure.\n"
          "One that stays silent while another one answers comes last until it speaks again.\n"
          "A resolver of your own on the same machine is best: lists that mail is judged by refuse\n"
          "questions from public ones."),
      between(row(
                  "dns.timeout", "DURATION", Takes::AtReload, [](auto& s) -> auto& { return s.dns.timeout; },
                  "How long to wait for DNS at most; deadline goes before it.",
                  "A question is sent up to six times in its first three seconds,\n"
                  "and the answer to each of these packets counts until the end."),
              Milliseconds(100), Milliseconds(25000)),
      checked(
          row(
              "dns.trust-anchor-file", "PATH", Takes::AtReload,
              [](auto& s) -> auto& { return s.dns.trust_anchor_file; },
              "DNSSEC trust anchors in zone file format; empty: nothing is validated here.",
              "With the anchor of the root, answers that fail validation count as no answer (temperror).\n"
              "Debian has it in\n.Pa /usr/share/dns/root.key ."),
          check_absolute_or_empty),
  };
}

}  // namespace mailreeve
