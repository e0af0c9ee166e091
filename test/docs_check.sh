#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checks that the man pages and the sample file agree with the code, and that mandoc accepts them.
set -u
src=${abs_top_srcdir:?} build=${abs_top_builddir:?}
# shellcheck source=test/tap.sh
. "$src/test/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$src/man/generate" "$build/mailreeve" "$src" "$tmp" >"$tmp/log" 2>&1
report $? "the documentation can be generated" "$tmp/log"
for file in man/mailreeve.8 man/mailreeve.conf.5 contrib/mailreeve.conf; do
  diff -u "$src/$file" "$tmp/$file" >"$tmp/log" 2>&1
  report $? "$file is up to date (else: make update-docs)" "$tmp/log"
done

"$build/mailreeve" --dump=config -c "$src/contrib/mailreeve.conf" >"$tmp/log" 2>&1
report $? "the sample file is a valid configuration" "$tmp/log"
sed 's/^#\([a-z]\)/\1/' "$src/contrib/mailreeve.conf" >"$tmp/uncommented"
"$build/mailreeve" --dump=config -c "$tmp/uncommented" >"$tmp/log" 2>&1
report $? "the sample file with every default written out is valid" "$tmp/log"

if [ -n "${MANDOC-}" ]; then
  for page in mailreeve.8 mailreeve.conf.5 mailreeve-rules.5 mailreevectl.8; do
    # Ignore whether the pages that ours refer to are installed here.
    "$MANDOC" -T lint "$src/man/$page" 2>&1 |
      grep -vE 'referenced manual not found|outdated mandoc.db' >"$tmp/log"
    [ ! -s "$tmp/log" ]
    report $? "mandoc -T lint has nothing to say about $page" "$tmp/log"
  done
  # Each command of the usage text must head an item of the page, and there must be no other items.
  "$build/mailreevectl" --help | sed -n 's/^  \([a-z]\)/\1/p' | sed 's/   *.*//' | tr '[:upper:]' '[:lower:]' |
    sort >"$tmp/commands"
  "$MANDOC" -T ascii -O width=200 "$src/man/mailreevectl.8" | sed 's/.\x08//g; s/ \.\.\./.../; s/^ *//' >"$tmp/page"
  grep -Fxf "$tmp/commands" "$tmp/page" | sort -u | diff "$tmp/commands" - >"$tmp/log"
  report $? "mailreevectl.8 has every command, with its arguments" "$tmp/log"
  items=$(sed -n '/^\.Ss Users/,/^\.Sh FILES/p' "$src/man/mailreevectl.8" | grep -c '^\.It ')
  [ "$items" -eq "$(wc -l <"$tmp/commands")" ]
  report $? "mailreevectl.8 has no command that is not there" /dev/null
elif [ "${CI-}" = true ]; then
  echo "Bail out! mandoc is missing"
  exit 1
fi
finish
