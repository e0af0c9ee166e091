#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checks our shell scripts with shellcheck and our Python scripts with pyflakes. A comment at
# the line explains each exception.
set -u
cd "${abs_top_srcdir:?}" || exit 1
number=0 failed=0

scripts() { # WORD: prints the files whose first line names this interpreter
  find contrib man test .ci -type f -print 2>/dev/null | sort | while read -r file; do
    head -n 1 "$file" | tr -d '\0' | grep -q "^#!.*[/ ]$1[0-9]*\$" && echo "$file"
  done
}

modules() { # Prints the files that only their names show to be Python.
  find contrib man test -name '*.py' -print
}

check() { # TOOL FILE...
  tool=$1
  shift
  number=$((number + 1))
  if ! command -v "$tool" >/dev/null; then
    if [ "${CI-}" = true ]; then
      echo "Bail out! $tool is missing"
      exit 1
    fi
    echo "ok $number - $tool # SKIP it is not here"
  elif said=$("$tool" "$@" 2>&1); then
    echo "ok $number - $tool has nothing to say about $# files"
  else
    failed=1
    echo "not ok $number - $tool has nothing to say about $# files"
    echo "$said" | sed 's/^/# /'
  fi
}

# None of our file names contains whitespace.
# shellcheck disable=SC2046
check shellcheck $(scripts '\(ba\)\?sh')
# shellcheck disable=SC2046
check pyflakes3 $({ scripts python; modules; } | sort -u)
echo "1..$number"
exit $failed
