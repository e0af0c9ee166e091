// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/command_line.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <ostream>

#include "config/spelling.h"
#include "core/default_paths.h"

namespace mailreeve {

namespace {

namespace po = boost::program_options;

struct Option {
  std::string name;
  std::string value;  // its placeholder in usage texts; empty if it takes none
  bool required;
};

// Command::arguments, parsed.
struct Arguments {
  std::vector<std::string> words;  // their placeholders
  std::size_t least = 0;           // number of words
  std::size_t most = 0;
  std::vector<Option> options;

  // The last word may repeat.
  const std::string& word(std::size_t index) const { return words[std::min(index, words.size() - 1)]; }
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string bare(const std::string& word) {
  std::string out = word;
  std::erase_if(out, [](char c) { return c == '[' || c == ']'; });
  return out;
}

Arguments arguments_of(const Command& command) {
  Arguments out;
  const std::vector<std::string> words = split(command.arguments);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool optional = words[i].starts_with('[');
    const std::string word = bare(words[i]);
    if (word.starts_with("--")) {
      const bool flag = optional && words[i].ends_with(']');
      out.options.push_back({word.substr(2), flag ? "" : bare(words[++i]), !optional});
      continue;
    }
    out.words.push_back(word);
    if (!optional) ++out.least;
    out.most += word.ends_with("...") ? kWhole.limit / 2 : 1;
  }
  return out;
}

// The options of all commands. Options of the same name are alike.
void add_options(po::options_description& out) {
  for (const Command& command : command_table())
    for (const Option& option : arguments_of(command).options) {
      if (out.find_nothrow(option.name, false) != nullptr) continue;
      if (option.value.empty())
        out.add_options()(option.name.c_str(), "");
      else
        out.add_options()(option.name.c_str(), po::value<std::string>(), "");
    }
}

std::vector<std::string_view> option_names(const po::options_description& options) {
  std::vector<std::string_view> out;
  for (const auto& each : options.options()) out.emplace_back(each->long_name());
  return out;
}

std::string with_hint(const std::string& problem, std::string_view before, std::string_view meant) {
  return meant.empty() ? problem
                       : problem + "; did you mean " + std::string(before) + std::string(meant) + "?";
}

po::variables_map read_words(int argc, const char* const* argv, std::vector<std::string>& words) {
  po::options_description options;
  options.add_options()("config,c",
                        po::value<std::string>()->default_value(config_directory() + "/mailreeve.conf"))(
      "json", "")("help,h", "")("version,V", "")("words", po::value(&words));
  add_options(options);
  po::positional_options_description positions;
  positions.add("words", -1);
  using po::command_line_style::style_t;
  constexpr int kStyle = style_t::unix_style & ~style_t::allow_guessing;
  po::variables_map values;
  try {
    po::store(po::command_line_parser(argc, argv).options(options).positional(positions).style(kStyle).run(),
              values);
    po::notify(values);
  } catch (const po::unknown_option& error) {
    const std::string name = error.get_option_name();
    const std::string bare = name.substr(std::min(name.find_first_not_of('-'), name.size()));
    throw UsageError(
        with_hint("there is no option " + name, "--", nearest_name(bare, option_names(options))));
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  return values;
}

// Returns the command that may have been meant: with a typo, or with its words swapped.
std::string_view nearest_command(const std::vector<std::string>& words) {
  std::vector<std::string_view> names;
  for (const Command& command : command_table()) names.push_back(command.name);
  std::string_view out;
  if (words.size() > 1) out = nearest_name(words[0] + " " + words[1], names);
  if (out.empty() && words.size() > 1) out = nearest_name(words[1] + " " + words[0], names);
  return out.empty() ? nearest_name(words[0], names) : out;
}

// Lists the words that may follow a first word: "list, show or add".
std::string second_words(const std::string& first) {
  std::string out;
  for (const Command& command : command_table())
    if (command.name.starts_with(first + " "))
      out += (out.empty() ? "" : ", ") + std::string(command.name.substr(first.size() + 1));
  const auto last = out.rfind(", ");
  return last == std::string::npos ? out : out.replace(last, 2, " or ");
}

// A command's name is one word or two.
const Command& find_command(const std::vector<std::string>& words) {
  if (words.empty()) throw UsageError("a command is missing");
  const std::string two = words.size() > 1 ? words[0] + " " + words[1] : "";
  for (const Command& command : command_table())
    if (command.name == words[0] || command.name == two) return command;
  const std::string seconds = second_words(words[0]);
  if (!seconds.empty() && words.size() == 1)
    throw UsageError(words[0] + " needs another word behind it: " + seconds);
  throw UsageError(
      with_hint("there is no command " + (seconds.empty() ? words[0] : two), "", nearest_command(words)));
}

std::string usage_of(const Command& command) {
  return std::string(command.name) + (command.arguments.empty() ? "" : " ") + std::string(command.arguments);
}

// In a script, an empty word is a variable without a value: it is neither a name nor a number. A
// search text may be empty, and an empty sender is the null sender.
bool may_be_empty(const std::string& placeholder) { return placeholder == "TEXT" || placeholder == "SENDER"; }

void refuse_empty(const Request& request, const Arguments& arguments) {
  for (std::size_t i = 0; i < request.words.size(); ++i)
    if (request.words[i].empty())
      throw UsageError(arguments.word(i) + " is empty; it is: " + usage_of(*request.command));
  for (const Option& option : arguments.options) {
    const auto found = request.options.find(option.name);
    if (found == request.options.end() || option.value.empty() || may_be_empty(option.value)) continue;
    if (found->second.empty()) throw UsageError("--" + option.name + " needs " + option.value);
  }
}

void take_options(const po::variables_map& values, const Arguments& arguments, Request& out) {
  constexpr std::string_view kGeneral[] = {"config", "json", "words"};
  for (const auto& [name, value] : values) {
    if (std::find(std::begin(kGeneral), std::end(kGeneral), name) != std::end(kGeneral)) continue;
    const auto known = [&, option = name](const Option& each) { return each.name == option; };
    if (std::none_of(arguments.options.begin(), arguments.options.end(), known))
      throw UsageError(std::string(out.command->name) + " has no option --" + name +
                       "; it is: " + usage_of(*out.command));
    const auto* const text = boost::any_cast<std::string>(&value.value());
    out.options[name] = text == nullptr ? "" : *text;
  }
  for (const Option& option : arguments.options)
    if (option.required && out.options.count(option.name) == 0)
      throw UsageError(std::string(out.command->name) + " needs --" + option.name + " " + option.value);
}

void print_row(const std::string& left, std::string_view right, std::ostream& out) {
  constexpr std::size_t kWidth = 40;
  out << "  " << left;
  if (left.size() + 2 > kWidth)
    out << "\n  " << std::string(kWidth, ' ');
  else
    out << std::string(kWidth - left.size(), ' ');
  out << right << '\n';
}

}  // namespace

Request parse_request(int argc, const char* const* argv) {
  Request out;
  const po::variables_map values = read_words(argc, argv, out.words);
  out.config = values["config"].as<std::string>();
  out.json = values.count("json") != 0;
  out.help = values.count("help") != 0;
  out.version = values.count("version") != 0;
  if (out.help || out.version) return out;

  out.command = &find_command(out.words);
  const auto name_words = static_cast<std::ptrdiff_t>(split(out.command->name).size());
  out.words.erase(out.words.begin(), out.words.begin() + name_words);
  const Arguments arguments = arguments_of(*out.command);
  if (out.words.size() < arguments.least || out.words.size() > arguments.most)
    throw UsageError("it is: " + usage_of(*out.command));
  take_options(values, arguments, out);
  refuse_empty(out, arguments);
  return out;
}

void print_usage(const std::vector<std::string>& words, std::ostream& out) {
  std::string beginning;
  for (const auto& word : words) beginning += word + " ";
  const auto begins = [&](const Command& command) {
    return (std::string(command.name) + " ").starts_with(beginning);
  };
  const auto commands = command_table();
  if (std::none_of(commands.begin(), commands.end(), begins))
    throw UsageError(with_hint("there is no command " + beginning.substr(0, beginning.size() - 1), "",
                               nearest_command(words)));
  out << "usage: mailreevectl [-c FILE] [--json] COMMAND ...\n\n";
  for (const Command& command : commands)
    if (begins(command)) print_row(usage_of(command), command.help, out);
  out << '\n';
  print_row("-c FILE, --config FILE", "read this configuration file", out);
  print_row("--json", "print JSON", out);
  print_row("-h, --help", "print this or, after words, the commands that begin with them", out);
  print_row("-V, --version", "print the version", out);
  out << "\nSee mailreevectl(8).\n";
}

}  // namespace mailreeve
