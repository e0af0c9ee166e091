// SPDX-License-Identifier: BSD-2-Clause
// While this lives, the creating thread and the threads that it starts receive no
// signals. The daemon's first thread handles them (see milter/libmilter/signals.cc).
#ifndef MAILREEVE_UTIL_SIGNALS_BLOCKED_H
#define MAILREEVE_UTIL_SIGNALS_BLOCKED_H

#include <csignal>

namespace mailreeve {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace mailreeve

#endif
