#!/usr/bin/env bash
# What Debian or Ubuntu must give: installs only what is missing. With --check it only says what is.
#   debootstrap   fetches Asterisk where the distribution's is too old
#   sip-tester    sipp: callers and phones for the tests and the benchmarks
#   sox           music, and the forms of sound Asterisk reads
#   espeak-ng     speaks the prompts
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
PATH=$PATH:/usr/sbin:/sbin
need debootstrap debootstrap
need sipp sip-tester
need sox sox
need espeak-ng espeak-ng
need flock util-linux
need dpkg-deb dpkg
# Debian's keys, without which debootstrap would take the packages of anybody.
if [ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ] && [ ! -e /usr/share/keyrings/debian-archive-keyring.pgp ]; then
    missing+=(debian-archive-keyring)
fi

[ ${#missing[@]} -eq 0 ] && exit 0
if [ "${1:-}" = --check ]; then
    say "missing: ${missing[*]}"
    exit 1
fi
if ! command -v apt-get >/dev/null; then
    say "missing: ${missing[*]}. This is no Debian or Ubuntu: install them with your system's own tool, then go on."
    exit 1
fi
install=(apt-get install -y --no-install-recommends "${missing[@]}")
if [ "$(id -u)" -ne 0 ]; then
    say "missing: ${missing[*]}. As root: apt-get update && ${install[*]}"
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
say "installing ${missing[*]}"
{ "${install[@]}" || { apt-get update && "${install[@]}"; }; } >"$log" 2>&1 || {
    tail -n 15 "$log" >&2
    say "apt-get could not install ${missing[*]}: see above. On Ubuntu, sip-tester and espeak-ng are in 'universe'."
    exit 1
}
