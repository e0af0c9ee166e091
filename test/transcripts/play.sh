#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
exec "${abs_top_builddir:?}/transcript_test" "${abs_top_srcdir:?}"/test/transcripts/*.txt
