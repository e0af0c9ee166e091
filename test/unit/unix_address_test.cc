// SPDX-License-Identifier: BSD-2-Clause
#include "util/unix_address.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

using namespace mailreeve;

class UnixAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UnixAddressTest);
  CPPUNIT_TEST(a_path_that_fits_ends_in_a_nul);
  CPPUNIT_TEST(a_path_is_never_cut);
  CPPUNIT_TEST_SUITE_END();

  void a_path_that_fits_ends_in_a_nul() {
    for (const auto& path : {std::string("/run/mailreeve.sock"), std::string(kLongestUnixPath, 'x')}) {
      const auto address = unix_address(path);
      CPPUNIT_ASSERT(address);
      CPPUNIT_ASSERT_EQUAL(static_cast<sa_family_t>(AF_UNIX), address->sun_family);
      CPPUNIT_ASSERT_EQUAL(path, std::string(address->sun_path));
    }
  }

  void a_path_is_never_cut() {
    CPPUNIT_ASSERT(!unix_address(std::string(kLongestUnixPath + 1, 'x')));
    CPPUNIT_ASSERT(!unix_address(std::string(1000, 'x')));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UnixAddressTest);
