#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checks that clang-format 14 would not change any C++ file (else: make format).
set -u
cd "${abs_top_srcdir:?}" || exit 1
if [ -z "${CLANG_FORMAT-}" ] || ! "$CLANG_FORMAT" --version | grep -q 'version 14\.'; then
  if [ "${CI-}" = true ]; then
    echo "Bail out! clang-format 14 is missing"
    exit 1
  fi
  echo "1..0 # SKIP clang-format 14 is not here"
  exit 0
fi
echo "1..1"
# Skips generated files.
if wrong=$(find . -mindepth 2 \( -path './build*' -o -path './_*' -o -path './mailreeve-*' \) -prune -o \
  \( -name '*.cc' -o -name '*.h' \) -exec "$CLANG_FORMAT" --dry-run --Werror {} + 2>&1); then
  echo "ok 1 - every file is formatted"
else
  echo "not ok 1 - every file is formatted"
  echo "$wrong" | grep error: | sed 's/^/# /' | head -20
  exit 1
fi
