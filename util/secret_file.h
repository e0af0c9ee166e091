// SPDX-License-Identifier: BSD-2-Clause
// Reads a secret from the file that an option names, by one rule for all options. The
// secret is the file's first line, without its "\n" or "\r\n"; comments may follow.
#ifndef MAILREEVE_UTIL_SECRET_FILE_H
#define MAILREEVE_UTIL_SECRET_FILE_H

#include <stdexcept>
#include <string>

namespace mailreeve {

// what() is a sentence that names the file but reveals nothing of its contents.
class SecretFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Returns from 1 to 4096 octets, none of them NUL. Throws SecretFileError, also unless
// the path is a regular file: a pipe would hold up the mail that waits for the secret.
std::string read_secret_file(const std::string& path);

// Whether the file is readable by every user of this host.
bool others_can_read(const std::string& path);

}  // namespace mailreeve

#endif
