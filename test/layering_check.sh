#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Who may include whom, which libraries may be used where, and that every source
# file says its licence. See HACKING.md.
set -u
cd "${abs_top_srcdir:?}" || exit 1
number=0 failed=0

expect_nothing() { # NAME, and on standard input what is wrong
  number=$((number + 1))
  wrong=$(cat)
  if [ -z "$wrong" ]; then
    echo "ok $number - $1"
  else
    failed=1
    echo "not ok $number - $1"
    echo "$wrong" | sed 's/^/# /'
  fi
}

# The project's headers that DIR's files include, other than those allowed.
includes_but() { # DIR ALLOWED-REGEX
  grep -Hn '^#include "' "$1"/*.h "$1"/*.cc 2>/dev/null | grep -vE "#include \"($2)/"
}

includes_but core 'core' | expect_nothing "core includes core only"
includes_but spf 'core|spf' | expect_nothing "spf includes core and spf only"
includes_but policies 'core|spf|policies' | expect_nothing "policies include core, spf and policies only"
includes_but dns 'core|dns' | expect_nothing "dns includes core and dns only"
includes_but store 'core|store' | expect_nothing "store includes core and store only"
includes_but config 'core|config' | expect_nothing "config includes core and config only"

clients='hiredis|sqlite3|mysql|unbound|libmilter'
grep -HnE "#include <($clients)" core/* spf/* policies/* config/* 2>/dev/null |
  expect_nothing "core, spf, policies and config know no client library"

# core is the standard library, the sockets' address functions, and libidn2 in one file.
grep -HnE '#include <[a-z0-9_]+(/[a-z0-9_]+)*\.h(pp)?>' core/*.h core/*.cc |
  grep -vE '<(arpa/inet|strings)\.h>' | grep -v '^core/idna.cc:[0-9]*:#include <idn2.h>' |
  expect_nothing "core uses the standard library"

for file in store/*.h store/*.cc dns/*.h dns/*.cc; do
  [ -f "$file" ] || continue
  count=$(grep -oE "#include <($clients)" "$file" | sort -u | wc -l)
  [ "$count" -le 1 ] || echo "$file: $count client libraries"
done | expect_nothing "a file in store or dns uses one client library"

grep -HnE "#include <($clients)" store/*.h dns/*.h 2>/dev/null | grep -vE '^store/sqlite\.h:' |
  expect_nothing "client libraries stay out of headers"

for file in $(find core spf policies dns store config milter ctl test man contrib \
  \( -name '*.cc' -o -name '*.h' -o -name '*.sh' -o -name '*.py' -o -name '*.in' \) -print); do
  head -3 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' || echo "$file"
done | expect_nothing "every source file has its SPDX header"

echo "1..$number"
exit $failed
