// SPDX-License-Identifier: BSD-2-Clause
// The text of values of each type in the configuration; for words, see words.h. read_value() throws
// std::invalid_argument with a sentence for the admin; write_value() returns text that read_value()
// takes back.
#ifndef MAILREEVE_CONFIG_VALUE_H
#define MAILREEVE_CONFIG_VALUE_H

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace mailreeve {

void read_value(std::string_view text, std::string& out);
void read_value(std::string_view text, unsigned& out);
void read_value(std::string_view text, Milliseconds& out);
void read_value(std::string_view text, Seconds& out);
void read_value(std::string_view text, std::vector<Network>& out);
void read_value(std::string_view text, std::vector<std::string>& out);
void read_value(std::string_view text, Margin& out);
void read_value(std::string_view text, SignPoints& out);
void read_value(std::string_view text, std::vector<ListSpec>& out);

std::string write_value(const std::string& value);
std::string write_value(unsigned value);
std::string write_value(Milliseconds value);
std::string write_value(Seconds value);
std::string write_value(const std::vector<Network>& value);
std::string write_value(const std::vector<std::string>& value);
std::string write_value(const Margin& value);
std::string write_value(const SignPoints& value);
std::string write_value(const std::vector<ListSpec>& value);

// "00:00", in 24 hours
void read_time_of_day(std::string_view text, Seconds& out);
std::string write_time_of_day(Seconds value);

// "0660"
void read_file_mode(std::string_view text, unsigned& out);
std::string write_file_mode(unsigned value);

// The words of a list, separated by whitespace or commas.
std::vector<std::string> split_list(std::string_view text);

}  // namespace mailreeve

#endif
