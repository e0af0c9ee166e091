#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# For scripts that report the results of their tests in TAP.
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

finish() { # Prints the last line and sets the exit status.
  echo "1..$number"
  exit $failed
}
