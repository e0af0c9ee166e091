// SPDX-License-Identifier: BSD-2-Clause
// What listens for MTAs and speaks the milter protocol with them. One caller.
#ifndef MAILREEVE_MILTER_FRONT_END_H
#define MAILREEVE_MILTER_FRONT_END_H

namespace mailreeve {

// From construction on, MTAs may connect; they are served after start(). The daemon does
// not destroy it after start(): its threads may serve until the process is gone.
class FrontEnd {
 public:
  // Removes Unix sockets of our own.
  virtual ~FrontEnd() = default;

  // Serves in threads of its own, once Sessions has a runtime. The descriptor becomes
  // readable when that ends, which should not happen without stop().
  virtual int start() = 0;
  // Stops new connections and removes Unix sockets of our own. Commands may still be in
  // progress (see Sessions::running()).
  virtual void stop() = 0;
  // Whether connections that stop() has ended are not closed yet: a message in progress
  // on one is aborted then.
  virtual bool closing() const = 0;
};

}  // namespace mailreeve

#endif
