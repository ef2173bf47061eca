#!/usr/bin/env bash
# Find an Asterisk >= 20, or get one. The last line of the standard output is the program to start;
# everything else is said on the standard error.
#
#   1. $HOTLINE_ASTERISK, or an `asterisk` on the PATH;
#   2. the copy that 4. has made before;
#   3. the distribution's package, where it is new enough (needs root);
#   4. the packages of Debian testing, unpacked (never installed, no root needed) into the user's cache folder,
#      one copy for all checkouts. It runs with its own dynamic linker and libraries, so configuration, sounds
#      and run folders may live anywhere and the host's own /etc/hosts applies.
set -euo pipefail

oldest=20
suite=forky
layout=1 # raise when the content of the unpacked folder changes
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hotline

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "install_asterisk: $1"
    say "  $2"
    exit 1
}

major() { "$1" -V 2>/dev/null | sed -n 's/^Asterisk[^0-9]*\([0-9][0-9]*\).*/\1/p'; }
new_enough() { [ "$(major "$1" || true)" -ge "$oldest" ] 2>/dev/null; }

# A host that cannot resolve its own name keeps every call waiting 5 s for the resolver.
check_own_name() {
    timeout 3 getent hosts "$(uname -n)" >/dev/null ||
        say "warning: '$(uname -n)' does not resolve, each call would be set up 5 s late: add '127.0.0.1 $(uname -n)' to /etc/hosts"
}

found() {
    check_own_name
    printf '%s\n' "$1"
    exit 0
}

packaged() {
    command -v apt-cache >/dev/null || return 1
    local version log
    version=$(apt-cache policy asterisk 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}\([0-9][0-9]*\)\..*/\2/p')
    [ -n "$version" ] && [ "$version" -ge "$oldest" ] || return 1
    if [ "$(id -u)" -ne 0 ]; then
        say "the distribution has Asterisk $version: 'sudo apt-get install asterisk' would install it; going on without"
        return 1
    fi
    say "installing the distribution's Asterisk $version"
    # The package would start a telephone exchange of its own on the usual ports: RUNLEVEL=1 keeps it still.
    log=$(mktemp)
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends asterisk >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        rm -f "$log"
        say "apt-get could not install asterisk: see above; going on without"
        return 1
    }
    rm -f "$log"
    if command -v systemctl >/dev/null; then systemctl disable --now asterisk >&2 2>/dev/null || true; fi
    return 0
}

mirror() {
    if [ -n "${ASTERISK_MIRROR:-}" ]; then
        printf '%s\n' "$ASTERISK_MIRROR"
        return
    fi
    command -v apt-get >/dev/null || return 0
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
        awk '$3 == "main" && $2 !~ /-/ {print $1; exit}'
}

progress() { # debootstrap's many lines -> one in twenty
    awk '/^I: (Retrieving|Validating)/ {if (++n % 40 == 0) {print "  " n / 2 " packages fetched"; fflush()}; next}
         /^[EW]:/ {print; fflush()}'
}

unpacked() {
    local from log count=0 total
    mkdir -p "$cache"
    exec 9>"$cache/asterisk.lock"
    flock -n 9 || { say "another checkout is fetching Asterisk; waiting for it"; flock 9; }
    [ -x "$target/asterisk" ] && return

    command -v debootstrap >/dev/null ||
        fail "debootstrap is missing" "as root: apt-get install debootstrap (or scripts/system_packages.sh)"
    from=$(mirror)
    [ -n "$from" ] || fail "apt names no package mirror" "set ASTERISK_MIRROR to the address of a Debian mirror"
    rm -rf "$cache"/asterisk-building.*
    work=$(mktemp -d "$cache/asterisk-building.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    log=$work/log

    say "fetching Asterisk from Debian $suite at $from (about 150 MB, once)"
    debootstrap --force-check-gpg --variant=minbase --download-only --arch="$arch" --include=asterisk,asterisk-modules \
        "$suite" "$work/download" "$from" /usr/share/debootstrap/scripts/sid 2>&1 9>&- | tee "$log" | progress >&2 || {
        tail -n 5 "$log" >&2
        fail "the packages of Debian $suite could not be fetched from $from" \
            "check the network and the disk ($cache), or set ASTERISK_MIRROR to a Debian mirror that has '$suite'"
    }
    total=$(find "$work/download/var/cache/apt/archives" -name '*.deb' | wc -l)
    mkdir -p "$work/root"
    for package in "$work"/download/var/cache/apt/archives/*.deb; do
        dpkg-deb -x "$package" "$work/root" || fail "$package could not be unpacked" "free some disk space in $cache (0.5 GB)"
        count=$((count + 1))
        [ $((count % 50)) -ne 0 ] || say "  $count of $total packages unpacked"
    done
    rm -rf "$work/root"/usr/share/{man,locale,info,i18n,perl} "$work/root"/{dev,proc,sys,var}
    write_launcher "$work/root"
    new_enough "$work/root/asterisk" ||
        fail "the Asterisk that was fetched does not start" "it said: $("$work/root/asterisk" -V 2>&1 | head -n 3)"
    chmod 755 "$work/root"
    mv "$work/root" "$target"
}

write_launcher() {
    cat >"$1/asterisk" <<'LAUNCHER'
#!/bin/sh
# Asterisk with the dynamic linker and the libraries of the folder this file is in.
root=$(dirname "$(readlink -f "$0")")
for linker in "$root"/usr/lib/*/ld-linux*.so.*; do
    exec "$linker" --argv0 asterisk --library-path "${linker%/*}" "$root/usr/sbin/asterisk" "$@"
done
LAUNCHER
    chmod 755 "$1/asterisk"
}

if [ -n "${HOTLINE_ASTERISK:-}" ]; then
    new_enough "$HOTLINE_ASTERISK" ||
        fail "HOTLINE_ASTERISK=$HOTLINE_ASTERISK is no Asterisk >= $oldest" "name another program, or unset HOTLINE_ASTERISK"
    found "$HOTLINE_ASTERISK"
fi
PATH=$PATH:/usr/sbin:/usr/local/sbin
if program=$(command -v asterisk); then
    new_enough "$program" && found "$program"
    say "$program is older than Asterisk $oldest: not used"
fi
arch=$(dpkg --print-architecture 2>/dev/null) ||
    fail "this machine has no dpkg, and no Asterisk >= $oldest" "install Asterisk $oldest or later and put it on the PATH"
target=$cache/asterisk-$suite-$arch-$layout
# Asking apt takes half a second, for which a switch that begins again has no time.
if [ ! -x "$target/asterisk" ]; then
    if packaged && program=$(command -v asterisk) && new_enough "$program"; then
        found "$program"
    fi
    unpacked
fi
found "$target/asterisk"
