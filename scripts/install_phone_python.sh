#!/usr/bin/env bash
# Get a Python that has pjsua2, for the softphones of the demo and the tests, where that of .venv has none: the wheels
# of pjsua2 are for Python 3.11 and 3.12 on x86-64 alone. The last line of the standard output is the program to start;
# everything else is said on the standard error. Whether it is needed, scripts/softphones/interpreter.py decides.
#
# It is the Python of an older stable release of the distribution, unpacked (never installed, no root needed) into the
# user's cache folder, one copy for all checkouts, with the wheel of requirements-dev.lock. apt fetches it with folders
# of its own and checks it by the distribution's keys; pip checks the wheel by the lock's hashes. It runs with its own
# dynamic linker and libraries, as the Asterisk of install_asterisk.sh does.
set -euo pipefail
cd "$(dirname "$0")/.."

layout=1 # raise when the content of the unpacked folder changes
lock=requirements-dev.lock
pip_python=.venv/bin/python
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hotline
otherwise="name a Python that has pjsua2 in HOTLINE_PHONE_PYTHON; 'make run' needs none"

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "install_phone_python: $1"
    say "  $2"
    exit 1
}

machine=$(uname -m)
[ "$machine" = x86_64 ] ||
    fail "pjsua2, which the softphones need, has no wheel for $machine" "build it from pjproject's sources, then $otherwise"

# Where from: a Debian mirror that is named, else the mirror and the distribution apt has.
like=$(. /etc/os-release 2>/dev/null && printf '%s' " ${ID:-} ${ID_LIKE:-} ") || like=
if [ -z "${ASTERISK_MIRROR:-}" ] && [[ $like == *" ubuntu "* ]]; then
    suite=noble version=3.12 keys=/usr/share/keyrings/ubuntu-archive-keyring
else
    suite=bookworm version=3.11 keys=/usr/share/keyrings/debian-archive-keyring
fi

# The lock's entry, its hashes included; its condition would shut out the very Python that pip runs with.
requirement=$(awk '/^pjsua2-python==/ {sub(/ ;[^\\]*/, " "); on = 1} on {print} on && !/\\$/ {exit}' "$lock")
[ -n "$requirement" ] || fail "$lock has no pjsua2-python" "make lock"
content=$(printf '%s' "$requirement" | sha256sum | cut -c 1-8)
target=$cache/phone-python$version-$suite-$layout-$content

found() {
    printf '%s\n' "$target/python"
    exit 0
}

mirror() {
    if [ -n "${ASTERISK_MIRROR:-}" ]; then
        printf '%s\n' "$ASTERISK_MIRROR"
        return
    fi
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
        awk '$3 == "main" && $2 !~ /-/ {print $1; exit}'
}

keyring() {
    local file
    for file in "$keys.gpg" "$keys.pgp"; do
        [ -e "$file" ] && printf '%s\n' "$file" && return
    done
    fail "the keys $keys.gpg are missing, packages could be anybody's" \
        "as root: apt-get install $(basename "$keys" | sed s/ubuntu-archive-keyring/ubuntu-keyring/)"
}

apt_get() { # apt with folders of its own; the machine's proxies and certificates apply
    apt-get -q -o Dir::State="$work/apt" -o Dir::State::status="$work/apt/status" -o Dir::Cache="$work/apt" \
        -o Dir::Etc::sourcelist="$work/apt/sources" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null -o APT::Default-Release="$suite" \
        -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any -o Acquire::Languages=none "$@"
}

fetch_python() {
    local from=$1 package
    mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial"
    : >"$work/apt/status" # nothing is installed, so whatever is needed is fetched; apt's locks lie beside it
    printf 'deb [arch=amd64 signed-by=%s] %s %s main\n' "$keys_file" "$from" "$suite" >"$work/apt/sources"
    { apt_get update && apt_get install -y --download-only --no-install-recommends --no-install-suggests \
        "python$version-minimal" "libpython$version-stdlib" libstdc++6; } >"$work/log" 2>&1 || {
        tail -n 5 "$work/log" >&2
        fail "Python $version of $suite could not be fetched from $from" \
            "check the network and the disk ($cache), set ASTERISK_MIRROR to a Debian mirror that has 'bookworm', or $otherwise"
    }
    mkdir "$work/root"
    for package in "$work"/apt/archives/*.deb; do
        dpkg-deb -x "$package" "$work/root" || fail "$package could not be unpacked" "free some disk space in $cache (0.2 GB)"
    done
    rm -rf "$work/root"/usr/share/{doc,man,locale,info} "$work/root"/{etc,dev,proc,sys,var}
}

fetch_wheel() {
    printf '%s\n' "$requirement" >"$work/requirement"
    # dist-packages is a folder in which that Python looks for packages.
    "$pip_python" -m pip install --disable-pip-version-check --no-input --require-hashes --no-deps --only-binary :all: \
        --python-version "$version" --implementation cp --target "$work/root/usr/lib/python3/dist-packages" \
        -r "$work/requirement" >"$work/log" 2>&1 || {
        tail -n 5 "$work/log" >&2
        fail "pjsua2 for Python $version could not be fetched" "check the network (pip's own settings apply), or $otherwise"
    }
}

write_launcher() {
    cat >"$work/root/python" <<LAUNCHER
#!/bin/sh
# Python with the dynamic linker and the libraries of the folder this file is in.
root=\$(dirname "\$(readlink -f "\$0")")
for linker in "\$root"/lib/*/ld-linux*.so.* "\$root"/usr/lib/*/ld-linux*.so.*; do
    [ -e "\$linker" ] || continue
    program=\$root/usr/bin/python$version
    exec "\$linker" --argv0 "\$program" --library-path "\${linker%/*}:\$root/usr/lib/x86_64-linux-gnu" "\$program" -s "\$@"
done
LAUNCHER
    chmod 755 "$work/root/python"
}

[ -x "$target/python" ] && found
mkdir -p "$cache"
exec 9>"$cache/phone-python.lock"
flock -n 9 || { say "another checkout is fetching the softphones' Python; waiting for it"; flock 9; }
[ -x "$target/python" ] && found

for program in apt-get dpkg-deb; do
    command -v "$program" >/dev/null || fail "this machine has no $program to fetch Python $version with" \
        "make .venv with a Python 3.11 or 3.12 (PYTHON=python3.12 make venv), or $otherwise"
done
[ -x "$pip_python" ] || fail "there is no .venv, whose pip would fetch pjsua2" "make venv"
from=$(mirror)
[ -n "$from" ] || fail "apt names no package mirror" "set ASTERISK_MIRROR to the address of a Debian mirror, or $otherwise"
keys_file=$(keyring)
rm -rf "$cache"/phone-python-building.*
work=$(mktemp -d "$cache/phone-python-building.XXXXXX")
trap 'rm -rf "$work"' EXIT

say "fetching Python $version of $suite at $from for the softphones (about 30 MB, once)"
fetch_python "$from" 9>&-
fetch_wheel 9>&-
write_launcher
"$work/root/python" -c 'import pjsua2; pjsua2.Endpoint' 2>"$work/log" ||
    fail "the Python that was fetched has no working pjsua2" "it said: $(tail -n 1 "$work/log")"
chmod 755 "$work/root"
mv "$work/root" "$target"
found
