#!/bin/sh
# Copy one of the locks into a new virtual environment. Nothing is resolved: every package is the one that the
# lock names, checked by its hash, whatever newer releases the package index has.
#
#   ./install.sh LOCK [VENV]     LOCK: serve (the bot), sandbox (and the stand-ins), all (and the tests)
#
# PYTHON chooses the interpreter. A mirror is set as for pip: PIP_INDEX_URL, or index-url in pip's configuration.
# COPY_CODE=1 makes an environment to be shipped: it holds the code itself, compiled, and no installer.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
lock=${1:-}
venv=${2:-.venv}
python=${PYTHON:-python3}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'echo "Interrupted. Type it again: it begins anew." >&2; exit 130' INT

fail() {
  echo "$1" >&2
  exit 1
}

quietly() { # COMMAND...: show its output only when it fails
  "$@" >"$log" 2>&1 && return
  if grep -qiE 'connection|versions: none|resolution|timed out|dns|unreachable|network' "$log"; then
    tail -n 1 "$log" >&2
    fail "The package index could not be reached. With a mirror: export PIP_INDEX_URL=https://mirror.example/simple"
  fi
  cat "$log" >&2
  fail "The packages could not be installed; the reason stands above. Mend that and type it again."
}

case $lock in
  serve | sandbox | all) ;;
  *) fail "Which packages? Type one of: ./install.sh serve, ./install.sh sandbox, ./install.sh all" ;;
esac
case $venv in -*) fail "The second word is a folder, such as .venv. Example: ./install.sh $lock .venv" ;; esac
newer="For example: make demo PYTHON=python3.13"
command -v "$python" >/dev/null || fail "There is no $python here. Install Python 3.11 or newer, or name one. $newer"
why=$("$python" -c '' 2>&1) || fail "$python does not run here ($(echo "$why" | head -n 1)). Name another. $newer"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "Launch Control needs Python 3.11 or newer; $python is older. Name a newer one. $newer"
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
  fail "Python's venv module is missing. On Debian or Ubuntu type: apt-get install python3-venv"

# The folder is emptied, so it must hold an environment, whole or half made, and nothing else.
for entry in "$venv"/* "$venv"/.[!.]*; do
  case ${entry##*/} in
    bin | include | lib | lib64 | share | pyvenv.cfg | .sandbox | .all | .lock | .gitignore | CACHEDIR.TAG | '*' | '.[!.]*') ;;
    *) fail "$venv holds ${entry##*/}, which is not of a virtual environment. Nothing was changed: name a new folder." ;;
  esac
done
[ -z "${COPY_CODE:-}" ] || umask 022 # another user runs what is made here

echo "Installing the packages that requirements/$lock.txt names into $venv: half a minute, half a gigabyte ..."
# From nothing each time: the same words heal an environment that was left half made.
quietly "$python" -m venv --clear "$venv"
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
