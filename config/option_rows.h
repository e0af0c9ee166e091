// SPDX-License-Identifier: BSD-2-Clause
// Makes rows of the option table. Only for the files that contain them.
#ifndef MAILREEVE_CONFIG_OPTION_ROWS_H
#define MAILREEVE_CONFIG_OPTION_ROWS_H

#include <stdexcept>
#include <utility>
#include <vector>

#include "config/options.h"
#include "config/value.h"
#include "config/words.h"

namespace mailreeve {

// One file a section, in the order of the manual.
std::vector<OptionRow> general_rows();
std::vector<OptionRow> access_rows();
std::vector<OptionRow> reputation_rows();
std::vector<OptionRow> greylist_rows();
std::vector<OptionRow> spf_rows();
std::vector<OptionRow> header_rows();
std::vector<OptionRow> identity_rows();
std::vector<OptionRow> sender_auth_rows();
std::vector<OptionRow> quota_rows();
std::vector<OptionRow> message_rows();
std::vector<OptionRow> notify_rows();

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

// An option whose value is one of some words.
template <typename Field>
OptionRow word_row(std::string_view name, Takes when, Field field, std::string_view help,
                   std::string_view manual = {}) {
  using Value = std::decay_t<decltype(field(std::declval<Settings&>()))>;
  static const std::string kMetavar = joined_words<Value>("|");
  return row(name, kMetavar, when, field, help, manual);
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

// An option that sets the action for an SPF result.
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

inline void check_absolute_or_empty(std::string_view text) {
  if (!text.empty() && text.front() != '/') throw std::invalid_argument("must be an absolute path");
}

inline OptionRow checked(OptionRow made, void (*check)(std::string_view)) {
  made.set = [set = std::move(made.set), check](Settings& settings, std::string_view text) {
    check(text);
    set(settings, text);
  };
  return made;
}

}  // namespace mailreeve

#endif
