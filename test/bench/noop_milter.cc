// SPDX-License-Identifier: BSD-2-Clause
// The baseline for every milter: libmilter with callbacks that only insert one header
// field, or only defer every recipient. It requests as little of the message as mailreeve.
#include <libmilter/mfapi.h>
#include <sys/stat.h>

#include <iostream>
#include <string_view>

namespace {

sfsistat on_connect(SMFICTX* /*ctx*/, char* /*name*/, _SOCK_ADDR* /*address*/) { return SMFIS_CONTINUE; }
sfsistat on_text(SMFICTX* /*ctx*/, char* /*text*/) { return SMFIS_CONTINUE; }
sfsistat on_arguments(SMFICTX* /*ctx*/, char** /*arguments*/) { return SMFIS_CONTINUE; }
sfsistat on_event(SMFICTX* /*ctx*/) { return SMFIS_CONTINUE; }

sfsistat defer(SMFICTX* ctx, char** /*arguments*/) {
  static char code[] = "451";
  static char enhanced[] = "4.7.1";
  static char text[] = "Greylisted, please try again in 300 seconds";
  smfi_setreply(ctx, code, enhanced, text);
  return SMFIS_TEMPFAIL;
}

sfsistat on_end_of_message(SMFICTX* ctx) {
  static char name[] = "X-Noop";
  static char value[] = "1";
  return smfi_insheader(ctx, 0, name, value) == MI_SUCCESS ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}

sfsistat on_negotiate(SMFICTX* /*ctx*/, unsigned long actions, unsigned long steps, unsigned long /*f2*/,
                      unsigned long /*f3*/, unsigned long* wanted_actions, unsigned long* wanted_steps,
                      unsigned long* wanted_f2, unsigned long* wanted_f3) {
  *wanted_actions = actions & SMFIF_ADDHDRS;
  *wanted_steps = steps & (SMFIP_NOBODY | SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NOUNKNOWN);
  *wanted_f2 = 0;
  *wanted_f3 = 0;
  return SMFIS_CONTINUE;
}

}  // namespace

int main(int argc, char** argv) {
  const bool defers = argc == 3 && std::string_view(argv[1]) == "--defer";
  if (argc != (defers ? 3 : 2)) {
    std::cerr << "usage: noop_milter [--defer] unix:PATH|inet:PORT@HOST\n";
    return 2;
  }
  // Postfix runs as another user; the directory's permissions decide who may connect.
  umask(0);
  static char name[] = "noop";
  smfiDesc callbacks{};
  callbacks.xxfi_name = name;
  callbacks.xxfi_version = SMFI_VERSION;
  callbacks.xxfi_flags = SMFIF_ADDHDRS;
  callbacks.xxfi_connect = on_connect;
  callbacks.xxfi_helo = on_text;
  callbacks.xxfi_envfrom = on_arguments;
  callbacks.xxfi_envrcpt = defers ? defer : on_arguments;
  callbacks.xxfi_data = on_event;
  callbacks.xxfi_eom = on_end_of_message;
  callbacks.xxfi_abort = on_event;
  callbacks.xxfi_close = on_event;
  callbacks.xxfi_negotiate = on_negotiate;
  smfi_setbacklog(1024);
  if (smfi_setconn(argv[argc - 1]) == MI_FAILURE || smfi_register(callbacks) == MI_FAILURE) return 1;
  return smfi_main() == MI_SUCCESS ? 0 : 1;
}
