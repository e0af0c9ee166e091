// SPDX-License-Identifier: BSD-2-Clause
//   notify_crash_child SPOOL URL ROUND COUNT
// Adds COUNT notifications, prints "kept N" once each is in the spool, and waits to be killed.
#include <unistd.h>

#include <iostream>
#include <string>
#include <thread>

#include "notify/notifier.h"
#include "test/notify/fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  NotifySettings settings;
  settings.spool = argv[1];
  settings.webhook_url = argv[2];
  settings.host = "mx1.example.com";
  Events log;
  const StepClock clock;
  const auto before = Spool(settings.spool).load([](const auto&, const auto&) {}).size();
  Notifier notifier(settings, log, clock, kImpatient);
  for (int i = 0; i < std::stoi(argv[4]); ++i) {
    notifier.add(sample(std::string(argv[3]) + "-" + std::to_string(i)));
    while (files_in(settings.spool).size() <= before + static_cast<std::size_t>(i)) std::this_thread::yield();
    std::cout << "kept " + std::to_string(i + 1) + "\n" << std::flush;
  }
  for (;;) pause();
}
