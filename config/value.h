// SPDX-License-Identifier: BSD-2-Clause
// How a value of each type stands in the configuration. read_value() throws
// std::invalid_argument with a sentence for the admin; write_value() gives text
// that read_value() takes back.
#ifndef MAILREEVE_CONFIG_VALUE_H
#define MAILREEVE_CONFIG_VALUE_H

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace mailreeve {

void read_value(std::string_view text, std::string& out);
void read_value(std::string_view text, bool& out);
void read_value(std::string_view text, unsigned& out);
void read_value(std::string_view text, Milliseconds& out);
void read_value(std::string_view text, Seconds& out);
void read_value(std::string_view text, std::vector<Network>& out);
void read_value(std::string_view text, std::vector<std::string>& out);
void read_value(std::string_view text, SpfApply& out);
void read_value(std::string_view text, SpfEngineChoice& out);
void read_value(std::string_view text, AuthenticationResults& out);
void read_value(std::string_view text, Mode& out);
void read_value(std::string_view text, LogFormat& out);
void read_value(std::string_view text, Severity& out);
void read_value(std::string_view text, GreylistApply& out);
void read_value(std::string_view text, OnFailure& out);
void read_value(std::string_view text, EarlyRetry& out);

std::string write_value(const std::string& value);
std::string write_value(bool value);
std::string write_value(unsigned value);
std::string write_value(Milliseconds value);
std::string write_value(Seconds value);
std::string write_value(const std::vector<Network>& value);
std::string write_value(const std::vector<std::string>& value);
std::string write_value(SpfApply value);
std::string write_value(SpfEngineChoice value);
std::string write_value(AuthenticationResults value);
std::string write_value(Mode value);
std::string write_value(LogFormat value);
std::string write_value(Severity value);
std::string write_value(GreylistApply value);
std::string write_value(OnFailure value);
std::string write_value(EarlyRetry value);

// "0660"
void read_file_mode(std::string_view text, unsigned& out);
std::string write_file_mode(unsigned value);

// The words of a list: separated by blanks or commas.
std::vector<std::string> split_list(std::string_view text);

}  // namespace mailreeve

#endif
