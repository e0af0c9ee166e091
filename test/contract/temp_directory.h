// SPDX-License-Identifier: BSD-2-Clause
// A test's own directory, removed after the test.
#ifndef MAILREEVE_TEST_CONTRACT_TEMP_DIRECTORY_H
#define MAILREEVE_TEST_CONTRACT_TEMP_DIRECTORY_H

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace mailreeve {

class TempDirectory {
 public:
  TempDirectory() : path_(std::filesystem::temp_directory_path() / "mailreeve-test-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace mailreeve

#endif
