// SPDX-License-Identifier: BSD-2-Clause
#include "util/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "util/descriptor.h"

namespace mailreeve {

namespace {

constexpr std::size_t kLongestSecret = 4096;
// The longest secret, "\r\n", and one more octet.
constexpr std::size_t kMostRead = kLongestSecret + 3;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw SecretFileError("cannot read the secret in " + path + ": " + why);
}

// Reads at most kMostRead octets.
std::string beginning_of(int file, const std::string& path) {
  std::string text(kMostRead, '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = read(file, text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(path, std::strerror(errno));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

}  // namespace

std::string read_secret_file(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (file.number() < 0 || fstat(file.number(), &facts) != 0) refuse(path, std::strerror(errno));
  if (!S_ISREG(facts.st_mode)) refuse(path, "it is no regular file");
  std::string secret = beginning_of(file.number(), path);
  secret.resize(std::min(secret.find('\n'), secret.size()));
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) refuse(path, "its first line is empty");
  if (secret.size() > kLongestSecret) refuse(path, "its first line is longer than 4096 octets");
  if (secret.find('\0') != std::string::npos) refuse(path, "its first line has a NUL octet");
  return secret;
}

bool others_can_read(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 && (facts.st_mode & S_IROTH) != 0;
}

}  // namespace mailreeve
