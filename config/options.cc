// SPDX-License-Identifier: BSD-2-Clause
#include "config/options.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <stdexcept>
#include <vector>

#include "config/mdoc.h"
#include "config/socket_spec.h"
#include "config/value.h"

namespace mailreeve {

namespace {

enum class Takes { AtStart, AtReload };

// `field` names the member of Settings that the option sets.
template <typename Field>
OptionRow row(std::string_view name, std::string_view metavar, Takes when, Field field, std::string_view help,
              std::string_view manual = {}) {
  return {name,
          metavar,
          when == Takes::AtReload,
          help,
          manual,
          [field](Settings& settings, std::string_view text) { read_value(text, field(settings)); },
          [field](const Settings& settings) { return write_value(field(settings)); }};
}

template <typename Value>
OptionRow between(OptionRow made, Value least, Value most) {
  made.set = [set = std::move(made.set), get = made.get, least, most](Settings& settings,
                                                                      std::string_view text) {
    set(settings, text);
    Value value;
    read_value(get(settings), value);
    if (value < least || value > most)
      throw std::invalid_argument("must be between " + write_value(least) + " and " + write_value(most));
  };
  return made;
}

// An option whose value is the reply to a client.
template <typename Field>
OptionRow reply_row(std::string_view name, Field field, ReplyTemplate::Class cls, std::string_view codes,
                    std::initializer_list<std::string_view> known, std::string_view help,
                    std::string_view manual) {
  return {name,
          "[CODE [ENHANCED]] TEXT",
          true,
          help,
          manual,
          [field, cls, codes, names = std::vector(known)](Settings& settings, std::string_view text) {
            field(settings) = ReplyTemplate(text, cls, codes, names);
          },
          [field](const Settings& settings) { return field(settings).source(); }};
}

// What to do about an SPF result.
template <typename Field>
OptionRow spf_row(std::string_view name, Field field, std::string_view help, std::string_view manual = {}) {
  return {name,
          "ACTION",
          true,
          help,
          manual,
          [field](Settings& settings, std::string_view text) { field(settings) = spf_action(text); },
          [field](const Settings& settings) { return field(settings).source(); }};
}

void check_absolute_or_empty(std::string_view text) {
  if (!text.empty() && text.front() != '/') throw std::invalid_argument("must be an absolute path");
}

void check_log_target(std::string_view text) {
  constexpr std::string_view kFile = "file:";
  if (text.empty() || text == "syslog" || text == "journal" || text == "stderr") return;
  if (text.starts_with(kFile) && text.size() > kFile.size() && text[kFile.size()] == '/') return;
  throw std::invalid_argument("must be syslog, journal, stderr or file:/absolute/path");
}

OptionRow checked(OptionRow made, void (*check)(std::string_view)) {
  made.set = [set = std::move(made.set), check](Settings& settings, std::string_view text) {
    check(text);
    set(settings, text);
  };
  return made;
}

std::vector<OptionRow> make_table() {
  using std::chrono::hours;
  constexpr Seconds kDay = hours(24);
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
      row(
          "core-dumps", "yes|no", Takes::AtStart, [](auto& s) -> auto& { return s.core_dumps; },
          "Whether a crash may leave a core file.",
          "A core file holds mail addresses. The service manager's limit on its size applies as well."),
      row(
          "mode", "enforce|monitor", Takes::AtReload, [](auto& s) -> auto& { return s.mode; },
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
          "is inbound. Greylisting is for inbound mail only."),
      row(
          "authserv-id", "NAME", Takes::AtReload, [](auto& s) -> auto& { return s.authserv_id; },
          "The name in our headers; empty: the MTA's own name.", "The MTA's name is its macro\n.Cm {j} ."),
      checked(row(
                  "log-target", "TARGET", Takes::AtStart, [](auto& s) -> auto& { return s.log_target; },
                  "Where the log goes; empty: syslog, or stderr with -f.",
                  ".Cm syslog\n(facility mail),\n.Cm journal ,\n.Cm stderr\nor\n.Cm file : Ns Ar /path .\n"
                  "A file is opened anew on SIGUSR1, so that\n.Xr logrotate 8\ncan move it away."),
              check_log_target),
      row(
          "log-format", "text|json", Takes::AtReload, [](auto& s) -> auto& { return s.log_format; },
          "Form of a log line.",
          ".Cm text :\nthe event's name and key=value pairs, with values quoted and escaped where needed.\n"
          ".Cm json :\none object a line."),
      row(
          "log-level", "error|warning|notice|info", Takes::AtReload,
          [](auto& s) -> auto& { return s.log_level; }, "Least severity that is logged.",
          "Verdicts are\n.Cm info ."),

      row(
          "state.url", "URL", Takes::AtStart, [](auto& s) -> auto& { return s.state.url; },
          "Where greylisting keeps what it has seen.",
          ".Cm sqlite : Ns Ar /path\n(a file that is made if it is not there) or\n.Cm memory :\n"
          "(lost when the daemon stops).\nThe file's directory must be writable for\n.Cm user :\n"
          "SQLite keeps two more files beside it."),

      row(
          "dns.servers", "LIST", Takes::AtReload, [](auto& s) -> auto& { return s.dns.servers; },
          "Recursive DNS servers; empty: those of /etc/resolv.conf.",
          "Addresses, with a port behind\n.Sq @\nwhere it is not 53:\n.Li 127.0.0.1@5353 .\n"
          "A resolver of your own on the same machine is best: lists that mail is judged by refuse\n"
          "questions from public ones."),
      between(row(
                  "dns.timeout", "DURATION", Takes::AtReload, [](auto& s) -> auto& { return s.dns.timeout; },
                  "How long to wait for DNS at most; deadline goes before it."),
              Milliseconds(100), Milliseconds(25000)),
      checked(
          row(
              "dns.trust-anchor-file", "PATH", Takes::AtReload,
              [](auto& s) -> auto& { return s.dns.trust_anchor_file; },
              "DNSSEC trust anchors in zone file format; empty: nothing is validated here.",
              "With the anchor of the root, answers that fail validation count as no answer (temperror).\n"
              "Debian has it in\n.Pa /usr/share/dns/root.key ."),
          check_absolute_or_empty),

      row(
          "greylist.apply", "all|never", Takes::AtReload, [](auto& s) -> auto& { return s.greylist.apply; },
          "Whose mail is greylisted.",
          "Never greylisted, whatever this says: clients that have authenticated, trusted-networks,\n"
          "submission-networks, mail that did not come by SMTP, clients without an address,\n"
          "and mail to postmaster and abuse."),
      between(
          row(
              "greylist.delay", "DURATION", Takes::AtReload,
              [](auto& s) -> auto& { return s.greylist.rules.delay; }, "How long a new client has to wait."),
          Seconds(1), 30 * kDay),
      between(row(
                  "greylist.retry-window", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.retry_window; },
                  "How long a first attempt is remembered without a retry in time.",
                  "A first retry after that starts anew."),
              Seconds(2), 365 * kDay),
      between(row(
                  "greylist.keep", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.keep; },
                  "How long a tuple or client that has passed is remembered without mail.",
                  "Each use renews it. So that a busy tuple is not written at each mail, it may live up to a "
                  "32nd\n"
                  "longer than this, and never shorter."),
              Seconds(60), 3650 * kDay),
      row(
          "greylist.early-retry", "keep|reset|penalty", Takes::AtReload,
          [](auto& s) -> auto& { return s.greylist.rules.early_retry; },
          "What an attempt before the end of the delay does.",
          ".Cm keep :\nnothing, the first attempt counts.\n"
          ".Cm reset :\nthe delay starts anew, if the attempt comes within\n.Cm reset-below\nof the first.\n"
          ".Cm penalty :\neach early attempt makes the delay longer by\n.Cm penalty ,\nup to\n.Cm max-delay "
          "."),
      between(row(
                  "greylist.reset-below", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.reset_below; },
                  "How early an attempt must be to start the delay anew (early-retry = reset)."),
              Seconds(1), 30 * kDay),
      between(row(
                  "greylist.penalty", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.penalty; },
                  "What each early attempt adds to the delay (early-retry = penalty)."),
              Seconds(1), 30 * kDay),
      between(row(
                  "greylist.max-delay", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.max_delay; },
                  "Longest delay with all penalties (early-retry = penalty)."),
              Seconds(1), 30 * kDay),
      between(row(
                  "greylist.trust-after", "NUMBER", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.trust_after; },
                  "Messages after which a client network is not greylisted any more; 0: never.",
                  "Counted are messages that were let through because a tuple had waited, then or earlier;\n"
                  "several recipients of one message count once."),
              0U, 1000000U),
      between(row(
                  "greylist.max-pending", "NUMBER", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.max_pending; },
                  "Tuples of one client network that are remembered before their first retry.",
                  "Where there are more, the oldest is forgotten. It bounds what a flood of spam can store."),
              10U, 1000000U),
      between(row(
                  "greylist.ipv4-prefix", "BITS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.ipv4_prefix; },
                  "How many leading bits of an IPv4 address make the client network.",
                  "A sender's outgoing hosts often share a /24; 32 takes each address by itself."),
              1U, 32U),
      between(row(
                  "greylist.ipv6-prefix", "BITS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.ipv6_prefix; },
                  "How many leading bits of an IPv6 address make the client network."),
              1U, 128U),
      row(
          "greylist.spf-domain", "yes|no", Takes::AtReload,
          [](auto& s) -> auto& { return s.greylist.spf_domain; },
          "Whether mail with an SPF pass is greylisted by its sender's domain instead of its client's "
          "network.",
          "A large provider sends a retry from another host than the first attempt.\n"
          "Where SPF says that both may send for the domain, they are one client.\n"
          "A pass by the mechanism\n.Cm all\nsays nothing about a client and does not count.\n"
          "Needs\n.Cm spf.apply ."),
      reply_row(
          "greylist.message", [](auto& s) -> auto& { return s.greylist.message; },
          ReplyTemplate::Class::Temporary, "451 4.7.1", {"remaining", "delay"},
          "What a client is told that has to wait.",
          "A 4xx reply, its enhanced status code and a text; codes left out are 451 4.7.1.\n"
          ".Cm {remaining}\nstands for the seconds left to wait,\n.Cm {delay}\n"
          "for the whole delay in seconds,\n.Cm {ref}\nfor the reference that also stands in the log."),
      row(
          "greylist.on-failure", "accept|defer", Takes::AtReload,
          [](auto& s) -> auto& { return s.greylist.on_failure; },
          "What happens to mail while the state store does not answer.",
          ".Cm accept :\nit passes without greylisting.\n.Cm defer :\nit is answered with 451 4.3.0."),

      row(
          "spf.apply", "all|never", Takes::AtReload, [](auto& s) -> auto& { return s.spf.apply; },
          "Whose mail is checked with SPF (RFC 7208).",
          "Checked once for a message, at its first recipient.\n"
          "Never checked, whatever this says: outbound mail, trusted-networks, trusted-relays,\n"
          "mail that did not come by SMTP and clients without an address."),
      row(
          "spf.check-helo", "yes|no", Takes::AtReload, [](auto& s) -> auto& { return s.spf.check_helo; },
          "Whether the name in HELO is checked before the sender.",
          "Of its results only fail counts; otherwise the sender's result decides.\n"
          "The null sender is always checked by the name in HELO."),
      row(
          "spf.engine", "native|libspf2", Takes::AtReload, [](auto& s) -> auto& { return s.spf.engine; },
          "Who evaluates.",
          ".Cm native\nis mailreeve's own and follows RFC 7208 in all of its published tests.\n"
          ".Cm libspf2\nis there for comparison, if it was built in.\n"
          "As Debian 12 ships it, that library fails 77 of 203 of those tests, drops the end of records "
          "with\n"
          "64 or more ip4 terms, and has a stack overflow (CVE-2023-42118), which mailreeve keeps from\n"
          "being reached by refusing the records that would do it.\n"
          "That is why it is not the default."),
      spf_row(
          "spf.on-pass", [](auto& s) -> auto& { return s.spf.on_pass; },
          "What to do when the client may send for the domain.",
          ".Cm accept :\nno objection.\n.Cm greylist :\ngreylist it, also where\n.Cm greylist.apply\nis\n"
          ".Cm never .\n.Cm defer Ar text , Cm reject Ar text :\nrefuse it, with\n"
          ".Ar [CODE [ENHANCED]] TEXT .\n"
          "Codes left out are 451 4.7.24 and 550 5.7.23 (RFC 7372); without a text, there is a default one.\n"
          "In a text,\n.Cm {reason}\nstands for what was found,\n.Cm {explanation}\n"
          "for the domain's own words about a fail, marked as such,\n.Cm {domain}\n"
          "for the domain that was asked,\n.Cm {client}\nfor the client's address and\n.Cm {ref}\n"
          "for the reference in the log."),
      spf_row(
          "spf.on-fail", [](auto& s) -> auto& { return s.spf.on_fail; },
          "What to do when the client may not."),
      spf_row(
          "spf.on-softfail", [](auto& s) -> auto& { return s.spf.on_softfail; },
          "What to do when it probably may not.", "RFC 7208 advises against refusing mail for this alone."),
      spf_row(
          "spf.on-neutral", [](auto& s) -> auto& { return s.spf.on_neutral; },
          "What to do when the domain does not say.", "RFC 7208 wants it to be treated like\n.Cm on-none ."),
      spf_row(
          "spf.on-none", [](auto& s) -> auto& { return s.spf.on_none; },
          "What to do when there is no record."),
      spf_row(
          "spf.on-temperror", [](auto& s) -> auto& { return s.spf.on_temperror; },
          "What to do when DNS does not answer.",
          "A domain whose servers are down for long loses its mail if this is defer."),
      spf_row(
          "spf.on-permerror", [](auto& s) -> auto& { return s.spf.on_permerror; },
          "What to do when the domain's record is wrong."),
      row(
          "spf.best-guess", "RECORD", Takes::AtReload, [](auto& s) -> auto& { return s.spf.best_guess; },
          "A record to try where a domain has none; empty: none.",
          "For example\n.Li v=spf1 a/24 mx/24 ptr .\n"
          "It counts only if one of its mechanisms matches, and never makes a domain a client of "
          "greylisting."),
      between(row(
                  "spf.void-lookups", "NUMBER", Takes::AtReload,
                  [](auto& s) -> auto& { return s.spf.void_lookups; },
                  "Terms of a record whose lookups may find nothing; more: permerror.",
                  "A term counts once, however many lookups it takes (RFC 7208 section 4.6.4)."),
              0U, 10U),
      between(row(
                  "spf.timeout", "DURATION", Takes::AtReload, [](auto& s) -> auto& { return s.spf.timeout; },
                  "Longest time for the check of one message; then: temperror.",
                  "It should leave some of\n.Cm deadline\nfor what comes after."),
              Milliseconds(100), Milliseconds(25000)),
      row(
          "spf.trusted-relays", "LIST", Takes::AtReload,
          [](auto& s) -> auto& { return s.spf.trusted_relays; },
          "Clients that relay mail for others: a backup MX, a forwarder.",
          "What they send is not checked, since it is not their address that the domain speaks of.\n"
          "It is greylisted like other mail, unless they are in trusted-networks as well."),

      row(
          "headers.authentication-results", "no|inbound|all", Takes::AtReload,
          [](auto& s) -> auto& { return s.headers.authentication_results; },
          "Which mail gets an Authentication-Results header (RFC 8601).",
          "It has the result of SPF, what the MTA found out about the client's name (iprev), and for "
          "outbound\n"
          "mail, with\n.Cm all ,\nwho authenticated: a name that recipients will see.\n"
          "Unless this is\n.Cm no ,\nsuch headers that a message brings along and that claim to be ours\n"
          "are removed, if it does not come from trusted-networks."),
      row(
          "headers.received-spf", "yes|no", Takes::AtReload,
          [](auto& s) -> auto& { return s.headers.received_spf; },
          "Whether a message that was checked gets a Received-SPF header (RFC 7208 section 9.1)."),
      row(
          "headers.greylist", "yes|no", Takes::AtReload, [](auto& s) -> auto& { return s.headers.greylist; },
          "Whether a message that was delayed says so in an X-Greylist header."),
  };
}

// "greylist" of "greylist.delay", "" of "socket".
std::string_view section_of(std::string_view name) {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

std::string_view short_name(std::string_view name) {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> line(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) line[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = line[0];
    line[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = line[j];
      line[j] = std::min({line[j] + 1, line[j - 1] + 1, changed});
    }
  }
  return line[b.size()];
}

template <typename Section, typename Option>
void for_each_row(Section section, Option option) {
  std::string_view current;
  for (const auto& row : option_table()) {
    if (section_of(row.name) != current) {
      current = section_of(row.name);
      section(current);
    }
    option(row);
  }
}

}  // namespace

std::span<const OptionRow> option_table() {
  static const std::vector<OptionRow> table = make_table();
  return table;
}

const OptionRow* find_option(std::string_view name) {
  for (const auto& row : option_table())
    if (row.name == name) return &row;
  return nullptr;
}

std::string_view nearest_option(std::string_view name) {
  const auto table = option_table();
  // "grelist.delay" is near "greylist.delay"; "delay" before its section is, too.
  const auto score = [&](const OptionRow& row) {
    return std::min(distance(name, row.name) * 2, distance(short_name(name), short_name(row.name)) * 2 + 1);
  };
  return std::min_element(table.begin(), table.end(),
                          [&](const auto& a, const auto& b) { return score(a) < score(b); })
      ->name;
}

void dump_config(const Settings& settings, std::ostream& out) {
  for_each_row([&](std::string_view section) { out << "\n[" << section << "]\n"; },
               [&](const OptionRow& row) {
                 const std::string value = row.get(settings);
                 out << short_name(row.name) << " =" << (value.empty() ? "" : " ") << value << '\n';
               });
}

void dump_sample(std::ostream& out) {
  const Settings defaults;
  out << "# mailreeve.conf: configuration of mailreeve(8); see mailreeve.conf(5).\n"
         "# Every option with its default. Remove the \"#\" to change one.\n";
  for_each_row([&](std::string_view section) { out << "\n\n[" << section << "]\n"; },
               [&](const OptionRow& row) {
                 const std::string value = row.get(defaults);
                 out << "\n# " << row.help << "\n#" << short_name(row.name) << " ="
                     << (value.empty() ? "" : " ") << value << '\n';
               });
}

void dump_options_manual(std::ostream& out) {
  const Settings defaults;
  out << ".Ss Before the first section\n.Bl -tag -width Ds\n";
  for_each_row(
      [&](std::string_view section) { out << ".El\n.Ss Section " << section << "\n.Bl -tag -width Ds\n"; },
      [&](const OptionRow& row) {
        const std::string value = row.get(defaults);
        out << ".It Cm " << short_name(row.name) << " = Ar " << row.metavar << '\n';
        out << mdoc_text(row.help) << mdoc_text(row.manual) << ".Pp\n";
        out << (value.empty() ? "Default: empty.\n" : "Default:\n.Dl " + value + "\n");
        if (!row.reloadable) out << "Takes effect at a start only.\n";
      });
  out << ".El\n";
}

}  // namespace mailreeve
