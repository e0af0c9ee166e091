// SPDX-License-Identifier: BSD-2-Clause
// A disk that fails or hangs on demand, under every SQLite connection that is
// opened during its lifetime. One at a time.
#ifndef MAILREEVE_TEST_CONTRACT_FAULTY_DISK_H
#define MAILREEVE_TEST_CONTRACT_FAULTY_DISK_H

namespace mailreeve {

class FaultyDisk {
 public:
  FaultyDisk();
  // All connections must be closed before.
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  void refuse_writes();  // no space left
  void fail_writes();    // input/output error
  void fail_reads();     // input/output error
  void hold_writes();    // writes wait until heal()
  void await_writer();   // until a write waits
  void heal();
};

}  // namespace mailreeve

#endif
