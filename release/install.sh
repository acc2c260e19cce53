#!/bin/sh
# Installs provision from this folder, without a network:
#
#   sh install.sh [FOLDER]              # by default the folder venv, here; then: FOLDER/bin/provision --version
#   PYTHON=python3.12 sh install.sh     # with another Python than python3
#
# Nothing is run or installed before every file has the checksum that SHA256SUMS says. Where SHA256SUMS itself comes
# from, docs/install.md says how to check.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
python=${PYTHON:-python3}
folder=${1:-$here/venv}

refuse() { echo "install.sh: $1" >&2; exit 1; }

if command -v sha256sum > /dev/null; then check="sha256sum"; else check="shasum -a 256"; fi
(cd "$here" && $check --check --quiet --strict SHA256SUMS >&2) ||
  refuse "a file is not as SHA256SUMS says; nothing was installed"

"$python" -I -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' ||
  refuse "$python is none of Python 3.11 to 3.14; name one: PYTHON=python3.12 sh install.sh"
if [ -e "$folder" ]; then refuse "$folder is there already; an upgrade goes into a folder of its own"; fi

"$python" -I -m venv "$folder"
"$folder/bin/python" -I -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-index \
  --find-links "$here/wheels" --require-hashes --only-binary :all: -r "$here/requirements.txt"
"$folder/bin/provision" --version
