#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# For scripts that tell in TAP how each of their tests has ended.
number=0 failed=0

report() { # STATUS NAME FILE-WITH-DETAILS
  number=$((number + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $number - $2"
  else
    failed=1
    echo "not ok $number - $2"
    sed 's/^/# /' "$3"
  fi
}

finish() { # The last line, and the exit status.
  echo "1..$number"
  exit $failed
}
