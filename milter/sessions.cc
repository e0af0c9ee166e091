// SPDX-License-Identifier: BSD-2-Clause
#include "milter/sessions.h"

#include <utility>

namespace mailreeve {

void Sessions::install(std::shared_ptr<const Runtime> runtime) {
  // The old one may be destroyed here, without the lock.
  std::swap(*runtime_.lock(), runtime);
}

std::shared_ptr<const Runtime> Sessions::runtime() { return *runtime_.lock(); }

void Sessions::report(Event event, std::initializer_list<Field> fields) {
  if (const auto now = runtime()) now->log.write(event, fields);
}

}  // namespace mailreeve
