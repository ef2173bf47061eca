#!/usr/bin/env bash
# Make .venv: a Python >= 3.11 and exactly the packages of requirements-dev.lock, each checked against its hash.
# Nothing is done when it is there and current. PYTHON=... chooses the interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
lock=requirements-dev.lock
marker=$venv/made-from
log=
trap '[ -z "$log" ] || rm -f "$log"' EXIT

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "make venv: $1"
    say "  $2"
    exit 1
}

wanted() { cat "$lock" scripts/make_venv.sh | sha256sum | cut -d ' ' -f 1; }
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
complete() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

installed() { # the packages named, from the distribution
    command -v apt-get >/dev/null || fail "this machine has no apt-get" "install $* with your system's own tool"
    [ "$(id -u)" -eq 0 ] || fail "$* must be installed first" "as root: apt-get update && apt-get install -y $*"
    say "installing $*"
    log=$(mktemp)
    local get=(apt-get install -y --no-install-recommends "$@")
    export DEBIAN_FRONTEND=noninteractive
    { "${get[@]}" || { apt-get update && "${get[@]}"; }; } >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        fail "apt-get could not install $*" "see above"
    }
}

find_python() {
    local name
    for name in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
        if command -v "$name" >/dev/null && new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    [ -z "${PYTHON:-}" ] || fail "$PYTHON is no Python >= 3.11" "name another, or unset PYTHON"
    return 1
}

if [ "$(cat "$marker" 2>/dev/null)" = "$(wanted)" ] && "$venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

offered() { command -v apt-cache >/dev/null && apt-cache show "$1" >/dev/null 2>&1; }

if ! python=$(find_python); then
    # Ubuntu 22.04's python3 is 3.10, and it has a 3.11 beside it; else the distribution's own is tried.
    if offered python3.12; then installed python3.12 python3.12-venv
    elif offered python3.11; then installed python3.11 python3.11-venv
    else installed python3 python3-venv; fi
    python=$(find_python) || fail "the distribution's Python is older than 3.11" "install Python 3.11 or later"
fi
if ! complete "$python"; then
    installed "$(basename "$(readlink -f "$python")")-venv"
    complete "$python" || fail "$python can't make virtual environments" "install its venv module"
fi
# Times are shown in the site's zone; a small system may have no zones at all.
"$python" -c 'from zoneinfo import ZoneInfo; ZoneInfo("Asia/Shanghai")' 2>/dev/null || installed tzdata

say "making $venv with $("$python" --version) (once; later runs start at once)"
rm -rf "$venv"
"$python" -m venv "$venv" || fail "$python could not make $venv" "see above"
log=$(mktemp)
"$venv/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes -r "$lock" >"$log" 2>&1 || {
    tail -n 15 "$log" >&2
    fail "the packages of $lock could not be installed" "check the network (pip's own settings apply), then try again"
}

# The checkout itself: found by Python, and `hotline` as a command.
root=$PWD
printf '%s\n' "$root" >"$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/hotline.pth"
cat >"$venv/bin/hotline" <<COMMAND
#!$root/$venv/bin/python
import sys

from acd.cli.main import main

sys.exit(main())
COMMAND
chmod 755 "$venv/bin/hotline"
wanted >"$marker"
