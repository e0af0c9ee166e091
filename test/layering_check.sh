#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Who may include whom, which libraries may be used where, and that every source
# file says its licence. See HACKING.md.
# shellcheck disable=SC2317 # expect_nothing calls the functions by their names
set -u
cd "${abs_top_srcdir:?}" || exit 1
number=0 failed=0
clients='hiredis|openssl|sqlite3|mysql|unbound|libmilter|spf2|curl|jwt'

expect_nothing() { # NAME COMMAND...: the command prints what is wrong
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

# The project's headers that DIR's files include, other than those of DIRS ("a|b/file.h").
includes_beyond() { # DIR DIRS
  grep -Hn '^#include "' "$1"/*.h "$1"/*.cc | grep -vE "#include \"($2)[/\"]"
}

client_libraries() { # FILE...
  grep -HnE "#include <($clients)" "$@"
}

# core is the standard library, the sockets' address functions, and libidn2, libpsl
# and libunistring in one file each.
libraries_in_core() {
  grep -HnE '#include <[a-z0-9_]+(/[a-z0-9_]+)*\.h(pp)?>' core/*.h core/*.cc |
    grep -vE '<(arpa/inet|strings)\.h>' | grep -v '^core/idna.cc:[0-9]*:#include <idn2.h>' |
    grep -v '^core/registered_domain.cc:[0-9]*:#include <libpsl.h>' |
    grep -vE '^core/unicode.cc:[0-9]*:#include <uni[a-z]+.h>'
}

libraries_per_file() {
  for file in store/*.h store/*.cc dns/*.h dns/*.cc notify/*.h notify/*.cc; do
    count=$(grep -oE "#include <($clients)" "$file" | sort -u | wc -l)
    [ "$count" -le 1 ] || echo "$file: $count client libraries"
  done
}

without_licence() {
  find core spf policies dns store notify config milter ctl test man contrib .ci \
    \( -name '*.cc' -o -name '*.h' -o -name '*.sh' -o -name '*.py' -o -name '*.in' -o -name '*.lua' \) -print |
    while read -r file; do
      head -n 3 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' || echo "$file"
    done
}

expect_nothing "core includes core only" includes_beyond core core
expect_nothing "spf includes core and spf only" includes_beyond spf 'core|spf'
expect_nothing "policies include core, spf and policies only" includes_beyond policies 'core|spf|policies'
expect_nothing "dns includes core and dns only" includes_beyond dns 'core|dns'
expect_nothing "store includes core and store only" includes_beyond store 'core|store'
expect_nothing "notify includes core and notify only" includes_beyond notify 'core|notify'
expect_nothing "config includes core, config and notify's settings only" includes_beyond config 'core|config|notify/settings.h'
expect_nothing "core, policies and config know no client library" \
  client_libraries core/*.h core/*.cc policies/*.h policies/*.cc config/*.h config/*.cc
expect_nothing "core uses the standard library" libraries_in_core
expect_nothing "a file in store, dns or notify uses one client library" libraries_per_file
expect_nothing "every source file has its SPDX header" without_licence

echo "1..$number"
exit $failed
