#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checks which rooms include which, where libraries are used, and that every source file
# names its licence. See HACKING.md.
# shellcheck disable=SC2317 # expect_nothing calls the functions by their names
set -u
cd "${abs_top_srcdir:?}" || exit 1
number=0 failed=0 rooms=
clients='hiredis|openssl|sqlite3|mysql|unbound|libmilter|spf2|curl|jwt'

expect_nothing() { # NAME COMMAND...: the command prints the violations
  name=$1
  shift
  number=$((number + 1))
  wrong=$("$@")
  if [ -z "$wrong" ]; then
    echo "ok $number - $name"
  else
    failed=1
    echo "not ok $number - $name"
    echo "$wrong" | sed 's/^/# /'
  fi
}

# Prints the headers that ROOM's files include from other rooms than these. A room is a
# directory without its subdirectories; "config/settings.h" stands for that header only.
includes_beyond() { # ROOM ROOM-OR-HEADER...
  room=$1
  may=
  for each in "$@"; do
    case $each in
      *.h) may="$may|$each\"" ;;
      *) may="$may|$each/[^/\"]+\"" ;;
    esac
  done
  grep -Hn '^#include "' "$room"/*.h "$room"/*.cc 2>/dev/null | grep -vE "#include \"(${may#|})"
}

may_include() { # ROOM ROOM-OR-HEADER...
  rooms="$rooms $1"
  name="$1 includes nothing of ours"
  [ $# -eq 1 ] || name="$1 includes of other rooms only $(echo "$*" | cut -d' ' -f2-)"
  expect_nothing "$name" includes_beyond "$@"
}

rooms_without_rule() {
  find . -mindepth 2 \( -path './build*' -o -path './_*' -o -path './mailreeve-*' -o -path './test/*' \) -prune -o \
    -name '*.h' -printf '%P\n' | sed 's,/[^/]*$,,' | sort -u | while read -r room; do
    case " $rooms " in *" $room "*) ;; *) echo "$room" ;; esac
  done
}

client_libraries() { # FILE...
  grep -HnE "#include <($clients)" "$@"
}

# RE2 matches regular expressions against untrusted names.
re2_elsewhere() {
  grep -rn --include='*.h' --include='*.cc' '<re2/' . --exclude-dir=test --exclude-dir='build*' --exclude-dir='_*' \
    --exclude-dir='mailreeve-*' | grep -v '^./access/regexps.cc:'
}

# core may use the standard library, the sockets' address functions, and libidn2, libpsl
# and libunistring in one file each.
libraries_in_core() {
  grep -HnE '#include <[a-z0-9_]+(/[a-z0-9_]+)*\.h(pp)?>' core/*.h core/*.cc |
    grep -vE '<(arpa/inet|strings)\.h>' | grep -v '^core/idna.cc:[0-9]*:#include <idn2.h>' |
    grep -v '^core/registered_domain.cc:[0-9]*:#include <libpsl.h>' |
    grep -vE '^core/unicode.cc:[0-9]*:#include <uni[a-z]+.h>'
}

libraries_per_file() {
  find store net util dns notify \( -name '*.h' -o -name '*.cc' \) | while read -r file; do
    count=$(grep -oE "#include <($clients)" "$file" | sort -u | wc -l)
    [ "$count" -le 1 ] || echo "$file: $count client libraries"
  done
}

libmilter_elsewhere() {
  grep -rn --include='*.h' --include='*.cc' '<libmilter/' . --exclude-dir=test --exclude-dir='build*' --exclude-dir='_*' \
    --exclude-dir='mailreeve-*' | grep -v '^./milter/libmilter/'
}

# admin gets its input as arguments and returns its output.
terminal_in_admin() {
  grep -nE '<iostream>|std::(cout|cerr|clog|cin)\b|\b(isatty|printf|puts)\(|STD(IN|OUT|ERR)_FILENO' admin/*.h admin/*.cc
}

# Tests advance SteadyClock.
steady_clocks() {
  find util net core access spf dnslists policies dns store notify config setup milter daemon admin ctl \
    \( -name '*.cc' -o -name '*.h' \) ! -path util/time.h -exec grep -Hn 'std::chrono::steady_clock' {} +
}

without_licence() {
  find core util net access spf dnslists policies dns store notify config setup milter daemon admin ctl test man contrib .ci \
    \( -name '*.cc' -o -name '*.h' -o -name '*.sh' -o -name '*.py' -o -name '*.in' -o -name '*.lua' \) -print |
    while read -r file; do
      head -n 3 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' || echo "$file"
    done
}

# From bottom to top: a room that another includes cannot include that one.
may_include util
may_include net util
may_include core util
may_include access core util
may_include spf core util
may_include dnslists core util
may_include policies access spf dnslists core util
may_include dns core util
may_include notify core util
may_include config core util dnslists/list_spec.h notify/settings.h policies/access_settings.h \
  policies/greylist_settings.h policies/identity_settings.h \
  policies/quota_settings.h policies/reputation_settings.h policies/sender_auth_settings.h policies/spf_settings.h
may_include store/redis net util
may_include store/sql net util
may_include store core util
may_include store/state store/redis store/sql store store/state/lua core util
may_include store/policydb store/sql store core util
may_include setup store/state store/policydb store/redis store/sql store policies access spf dnslists dns notify \
  config core util
may_include milter setup policies config core util
may_include milter/libmilter milter config core util
may_include milter/native milter config core util
may_include daemon milter milter/libmilter milter/native setup dnslists dns notify config net core util
may_include admin setup store/state store/policydb store/sql policies access dnslists dns config net core util
may_include ctl admin config core util
expect_nothing "every room has a rule" rooms_without_rule
expect_nothing "only milter/libmilter knows libmilter" libmilter_elsewhere
expect_nothing "only access/regexps.cc knows RE2" re2_elsewhere
expect_nothing "admin knows no terminal" terminal_in_admin
expect_nothing "core, policies and config know no client library" \
  client_libraries core/*.h core/*.cc policies/*.h policies/*.cc config/*.h config/*.cc
expect_nothing "core uses the standard library" libraries_in_core
expect_nothing "a file uses one client library" libraries_per_file
expect_nothing "spans of time are measured by SteadyClock" steady_clocks
expect_nothing "every source file has its SPDX header" without_licence

echo "1..$number"
exit $failed
