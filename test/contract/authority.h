// SPDX-License-Identifier: BSD-2-Clause
// A test's own certificate authority, and certificates that it signed.
#ifndef MAILREEVE_TEST_CONTRACT_AUTHORITY_H
#define MAILREEVE_TEST_CONTRACT_AUTHORITY_H

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <string>

#include "test/contract/temp_directory.h"

namespace mailreeve {

class Authority {
 public:
  Authority() { run("req -x509 " + key("ca") + " -out ca.pem -days 2 -subj /CN=Authority"); }

  std::string file(const std::string& name) const { return directory_.file(name); }

  // Makes NAME.pem and NAME.key.
  void certify(const std::string& name, const std::string& subject_names) const {
    run("req " + key(name) + " -out " + name + ".req -subj /CN=" + name +
        " -addext subjectAltName=" + subject_names);
    run("x509 -req -in " + name + ".req -CA ca.pem -CAkey ca.key -CAcreateserial -out " + name +
        ".pem -days 2 -copy_extensions copy");
  }

 private:
  static std::string key(const std::string& name) {
    return "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout " + name + ".key";
  }
  void run(const std::string& arguments) const {
    const std::string command =
        "cd " + directory_.path() + " && openssl " + arguments + " >>openssl.log 2>&1";
    CPPUNIT_ASSERT_EQUAL_MESSAGE(command, 0, std::system(command.c_str()));
  }
  TempDirectory directory_;
};

}  // namespace mailreeve

#endif
