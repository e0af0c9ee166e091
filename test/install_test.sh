#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checks what make install puts below DESTDIR: programs, man pages, units and sample file must
# name the same directories, for this build, for packages, and for another prefix.
set -u
src=$(cd "${abs_top_srcdir:?}" && pwd) build=${abs_top_builddir:?}
# shellcheck source=test/tap.sh
. "$src/test/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# These belong to the make that runs this script.
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR
export LC_ALL=C

# Prints each of our directories that a text names; "mailreeve-%i" belongs to an instance.
# Skips Debian's chroot of Postfix and the log directory that systemd makes.
directories() {
  grep -ohE '/[A-Za-z0-9_./-]*/mailreeve(-%i)?([/ ]|$)' "$@" |
    sed -e 's|[/ ]*$||' -e 's|-%i$||' -e '/^\/var\/spool\/postfix\//d' -e '/^\/var\/log\//d' | sort -u
}

names_only() { # NAME TEXT DIRECTORY...: the text must name exactly these
  name=$1 text=$2
  shift 2
  printf '%s\n' "$@" | sort -u >"$tmp/expected"
  directories "$text" | diff "$tmp/expected" - >"$tmp/log" 2>&1
  report $? "$label: $name" "$tmp/log"
}

# ROOT is below $tmp; the other directories are make's.
check_installed() { # LABEL ROOT SBINDIR MANDIR DOCDIR SYSCONFDIR LOCALSTATEDIR RUNSTATEDIR
  label=$1 root=$2 sbin=$3 man=$4 doc=$5
  etc=$6/mailreeve lib=$7/lib/mailreeve run=$8/mailreeve
  version=$(sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' "$build/config.h")

  for program in mailreeve mailreevectl; do
    "$root$sbin/$program" --version >"$tmp/log" 2>&1
    [ "$(cat "$tmp/log")" = "$program $version" ]
    report $? "$label: $program --version" "$tmp/log"
  done
  : >"$tmp/empty.conf"
  "$root$sbin/mailreeve" --dump=config -c "$tmp/empty.conf" >"$tmp/defaults" 2>&1
  names_only "the defaults" "$tmp/defaults" "$lib" "$run"
  # The programs name this file only if it is missing.
  if [ ! -e "$etc/mailreeve.conf" ]; then
    for words in "mailreeve --check" "mailreevectl user list"; do
      # shellcheck disable=SC2086 # a program and its arguments
      "$root$sbin/"$words >"$tmp/said" 2>&1
      names_only "the configuration file of $words" "$tmp/said" "$etc"
    done
  fi
  names_only "the sample file" "$root$doc/mailreeve.conf" "$lib" "$run"
  for page in man8/mailreeve.8 man5/mailreeve.conf.5 man8/mailreevectl.8; do
    names_only "$page" "$root$man/$page" "$etc" "$lib" "$run"
  done
  names_only man5/mailreeve-rules.5 "$root$man/man5/mailreeve-rules.5" "$etc"
  # The unit for one instance names only its program if our directories are the ones that systemd makes.
  grep -v '^#' "$root$doc/mailreeve.service" >"$tmp/unit"
  set -- "$sbin"
  [ "$lib" = /var/lib/mailreeve ] || set -- "$@" "$lib"
  [ "$run" = /run/mailreeve ] || set -- "$@" "$run"
  programs=$sbin/mailreeve
  shift
  names_only "mailreeve.service" "$tmp/unit" "$programs" "$@"
  names_only "mailreeve@.service" "$root$doc/mailreeve@.service" "$programs" "$etc" "$lib" "$run"
  ! grep -q '^RuntimeDirectory=' "$tmp/unit" || [ "$run" = /run/mailreeve ]
  report $? "$label: systemd makes no run directory that the daemon does not use" "$tmp/unit"
  ! grep -q '^StateDirectory=' "$tmp/unit" || [ "$lib" = /var/lib/mailreeve ]
  report $? "$label: systemd makes no state directory that the daemon does not use" "$tmp/unit"
  [ -z "$(find "$root" -type f ! -path "$root$sbin/*" ! -path "$root$man/*" ! -path "$root$doc/*" -print |
    tee "$tmp/log")" ]
  report $? "$label: nothing else is installed" "$tmp/log"
}

# Does what make install does, without checking that everything is built.
install_from() { # DIR ROOT VARIABLE...
  dir=$1 root=$2
  shift 2
  "${MAKE:-make}" -C "$dir" install-exec install-data DESTDIR="$root" "$@" >"$tmp/log" 2>&1
}

install_from "$build" "$tmp/root"
report $? "as configured: make install" "$tmp/log"
check_installed "as configured" "$tmp/root" "${sbindir:?}" "${mandir:?}" "${docdir:?}" "${sysconfdir:?}" \
  "${localstatedir:?}" "${runstatedir:?}"

# Tests other directories in a copy of the build. Only the file that names them is compiled
# again: without their lists of headers, the other objects are up to date.
copy=$tmp/copy
mkdir "$copy"
for room in util net core access spf dnslists policies dns store notify config setup milter daemon admin ctl; do
  cp -pR "$build/$room" "$copy/"
done
for file in mailreeve mailreevectl config.h stamp-h1 config.status; do
  cp -p "$build/$file" "$copy/"
done
cp -p "$build"/*.a "$copy/"
chmod -R u+w "$copy"
find "$copy" -name '*.Po' -exec rm -f {} +
sed -e "s|^srcdir = .*|srcdir = $src|" -e "s|^top_srcdir = .*|top_srcdir = $src|" -e "s|^VPATH = .*|VPATH = $src|" \
  "$build/Makefile" >"$copy/Makefile"

elsewhere() { # LABEL PREFIX SYSCONFDIR LOCALSTATEDIR RUNSTATEDIR
  rm -rf "$tmp/root" "$copy/core/default_paths."*o
  install_from "$copy" "$tmp/root" V=1 prefix="$2" exec_prefix="$2" sbindir="$2/sbin" mandir="$2/share/man" \
    docdir="$2/share/doc/mailreeve" sysconfdir="$3" localstatedir="$4" runstatedir="$5"
  report $? "$1: make install" "$tmp/log"
  [ "$(grep -cE '^[^#]* -c .*\.cc' "$tmp/log")" -eq 1 ]
  report $? "$1: one file is compiled again" "$tmp/log"
  check_installed "$1" "$tmp/root" "$2/sbin" "$2/share/man" "$2/share/doc/mailreeve" "$3" "$4" "$5"
}

elsewhere "a package" /usr /etc /var /run
elsewhere "a prefix of its own" /opt/x /opt/x/etc /opt/x/var /opt/x/var/run

finish
