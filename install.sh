#!/bin/sh
# Copy one of the locks into a new virtual environment. Nothing is resolved: every package is the one that the
# lock names, checked by its hash, whatever newer releases the package index has.
#
#   ./install.sh LOCK [VENV]     LOCK: serve (the bot), sandbox (and the stand-ins), all (and the tests)
#
# PYTHON chooses the interpreter. A mirror is set as for pip: PIP_INDEX_URL, or index-url in pip's configuration.
# COPY_CODE=1 makes an environment to be shipped: it holds the code itself, compiled, and no installer.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
lock=${1:-}
venv=${2:-.venv}
python=${PYTHON:-python3}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

fail() {
  echo "$1" >&2
  exit 1
}

quietly() { # COMMAND...: show its output only when it fails
  "$@" >"$log" 2>&1 && return
  cat "$log" >&2
  if grep -qiE 'connection|versions: none|resolution|timed out|dns|unreachable|network' "$log"; then
    fail "The package index could not be reached. With a mirror: export PIP_INDEX_URL=https://mirror.example/simple"
  fi
  fail "The packages could not be installed; the reason stands above. Mend that and type it again."
}

case $lock in
  serve | sandbox | all) ;;
  *) fail "Which packages? Type one of: ./install.sh serve, ./install.sh sandbox, ./install.sh all" ;;
esac
"$python" -c '' 2>/dev/null ||
  fail "There is no $python here. Install Python 3.11 or newer, or name one: make PYTHON=python3.13"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "Launch Control needs Python 3.11 or newer; $python is older. Name a newer one: make PYTHON=python3.13"
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
  fail "Python's venv module is missing. On Debian or Ubuntu type: apt-get install python3-venv"

# From nothing each time: the same words heal an environment that was left half made.
"$python" -m venv --clear "$venv"
quietly "$venv/bin/python" -m pip install --disable-pip-version-check --no-deps --require-hashes \
  --requirement "$here/requirements/uv.txt"

uv() { # VERB...: uv on the environment, with pip's mirror
  verb=$1
  shift
  quietly "$venv/bin/uv" pip "$verb" --python "$venv/bin/python" "$@"
}
mirror=${PIP_INDEX_URL:-$("$venv/bin/python" -m pip config get global.index-url 2>/dev/null || true)}
[ -z "$mirror" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$mirror}"

uv sync --require-hashes "$here/requirements/$lock.txt"
uv check
if [ -z "${COPY_CODE:-}" ]; then
  uv install --offline --no-deps --editable "$here"
else
  uv install --offline --no-deps "$here"
  "$venv/bin/python" -m compileall -q -j 0 "$venv/lib"
  uv uninstall pip setuptools uv
fi
