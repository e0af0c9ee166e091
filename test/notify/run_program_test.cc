// SPDX-License-Identifier: BSD-2-Clause
#include "notify/run_program.h"

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "test/contract/temp_directory.h"
#include "test/notify/fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

class RunProgramTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RunProgramTest);
  CPPUNIT_TEST(input_arguments_and_environment_arrive);
  CPPUNIT_TEST(what_it_exits_with_counts);
  CPPUNIT_TEST(a_program_that_does_not_read_can_still_succeed);
  CPPUNIT_TEST(a_program_that_talks_much_is_not_held_up);
  CPPUNIT_TEST(it_inherits_no_signals_and_no_descriptors);
  CPPUNIT_TEST(the_time_out_kills_the_whole_group);
  CPPUNIT_TEST(an_interrupt_ends_it_at_once);
  CPPUNIT_TEST(a_program_that_is_not_there_is_a_failure);
  CPPUNIT_TEST_SUITE_END();

  using Result = Attempt::Result;
  static constexpr Milliseconds kLong{60000};
  TempDirectory directory_;
  Interrupt stop_;

 public:
  // As in the daemon.
  void setUp() override { signal(SIGPIPE, SIG_IGN); }
  void tearDown() override { signal(SIGPIPE, SIG_DFL); }

  Attempt run(const std::string& script, const std::string& input = "", Milliseconds timeout = kLong) {
    const std::string path = write_script(directory_.file("script"), script);
    return run_program({.words = {path, "one", "two three", directory_.path()},
                        .environment = {"NAME=value *"},
                        .input = input},
                       timeout, stop_);
  }

  void input_arguments_and_environment_arrive() {
    setenv("MAILREEVE_TEST_INHERITED", "yes", 1);
    const auto attempt =
        run("cd \"$3\"; pwd >where; printf '%s|' \"$#\" \"$1\" \"$2\" \"$NAME\" "
            "\"$MAILREEVE_TEST_INHERITED\" >out; cat >input",
            std::string(300000, 'x') + "end");
    CPPUNIT_ASSERT_EQUAL(std::string(), attempt.error);
    CPPUNIT_ASSERT(attempt.result == Result::Delivered);
    CPPUNIT_ASSERT_EQUAL(std::string("3|one|two three|value *||"), read_file(directory_.file("out")));
    CPPUNIT_ASSERT(std::string(300000, 'x') + "end" == read_file(directory_.file("input")));
  }

  void what_it_exits_with_counts() {
    const auto failed = run("echo first; echo 'the last word' >&2; exit 75");
    CPPUNIT_ASSERT(failed.result == Result::Failed);
    CPPUNIT_ASSERT_EQUAL(directory_.file("script") + ": exit status 75: the last word", failed.error);
    CPPUNIT_ASSERT_EQUAL(directory_.file("script") + ": killed by signal 9", run("kill -9 $$").error);
  }

  void a_program_that_does_not_read_can_still_succeed() {
    CPPUNIT_ASSERT(run("exec <&-; exit 0", std::string(300000, 'x')).result == Result::Delivered);
  }

  void a_program_that_talks_much_is_not_held_up() {
    const auto attempt = run("i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done; exit 1");
    CPPUNIT_ASSERT_EQUAL(directory_.file("script") + ": exit status 1: 0123456789", attempt.error);
  }

  void it_inherits_no_signals_and_no_descriptors() {
    // As in a thread of the daemon.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const std::string leaked = directory_.file("leaked");
    // Like libmilter's sockets: not close-on-exec.
    const int leak = open(leaked.c_str(), O_RDWR | O_CREAT, 0600);
    CPPUNIT_ASSERT(leak > 2);
    const auto attempt =
        run("ls -l /proc/$$/fd >\"$3/fds\"; grep ^SigIgn: /proc/self/status >\"$3/ignored\"; "
            "cut -d' ' -f5 /proc/$$/stat >\"$3/group\"; echo $$ >>\"$3/group\"");
    // Not through a shell, which unblocks signals itself.
    const auto blocked =
        run_program({.words = {"/usr/bin/awk", "/^SigBlk:/ { print; exit 1 }", "/proc/self/status"},
                     .environment = {},
                     .input = ""},
                    kLong, stop_);
    close(leak);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    CPPUNIT_ASSERT_EQUAL(std::string(), attempt.error);
    const std::string fds = read_file(directory_.file("fds"));
    CPPUNIT_ASSERT(fds.find("pipe:") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(fds, fds.find(leaked) == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("/usr/bin/awk: exit status 1: SigBlk:\t0000000000000000"),
                         blocked.error);
    // The C library uses 32 and 33.
    CPPUNIT_ASSERT_EQUAL(std::string("SigIgn:\t0000000180000000\n"), read_file(directory_.file("ignored")));
    std::istringstream group(read_file(directory_.file("group")));
    int leader = 0;
    int process = -1;
    group >> leader >> process;
    CPPUNIT_ASSERT_EQUAL(process, leader);
  }

  static bool gone(int process) {
    // Dead, or a zombie that its new parent has not yet reaped.
    const std::string status = read_file("/proc/" + std::to_string(process) + "/stat");
    return status.empty() || status.find(") Z") != std::string::npos;
  }

  void the_time_out_kills_the_whole_group() {
    const auto attempt = run("echo 'a sigh'; trap '' TERM; sleep 100 & echo $! >\"$3/grandchild\"; wait", "",
                             Milliseconds(300));
    CPPUNIT_ASSERT(attempt.result == Result::Failed);
    CPPUNIT_ASSERT_EQUAL(directory_.file("script") + " was killed: not done within 300ms: a sigh",
                         attempt.error);
    const int grandchild = std::stoi(read_file(directory_.file("grandchild")));
    const Deadline patience(Milliseconds(5000));
    while (!gone(grandchild) && !patience.passed()) std::this_thread::yield();
    CPPUNIT_ASSERT(gone(grandchild));
  }

  void an_interrupt_ends_it_at_once() {
    stop_.raise();
    CPPUNIT_ASSERT(run("sleep 100").result == Result::Interrupted);
  }

  void a_program_that_is_not_there_is_a_failure() {
    const auto attempt =
        run_program({.words = {directory_.file("missing")}, .environment = {}, .input = ""}, kLong, stop_);
    CPPUNIT_ASSERT(attempt.result == Result::Failed);
    CPPUNIT_ASSERT_EQUAL(directory_.file("missing") + " cannot be run: No such file or directory",
                         attempt.error);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RunProgramTest);
