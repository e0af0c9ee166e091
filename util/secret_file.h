// SPDX-License-Identifier: BSD-2-Clause
// A secret that an option names by its file: one rule for all of them. The secret is
// the file's first line, without its "\n" or "\r\n"; what follows may be a comment.
#ifndef MAILREEVE_UTIL_SECRET_FILE_H
#define MAILREEVE_UTIL_SECRET_FILE_H

#include <stdexcept>
#include <string>

namespace mailreeve {

// A sentence that names the file, and nothing of what is in it.
class SecretFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// From 1 to 4096 octets, none of them NUL. Throws SecretFileError; also for what is
// no regular file, since a pipe would hold up the mail that waits for the secret.
std::string read_secret_file(const std::string& path);

// Whether its mode lets everybody on this host read it.
bool others_can_read(const std::string& path);

}  // namespace mailreeve

#endif
