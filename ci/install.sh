#!/bin/bash -p
# Installs the provision that this file belongs to, with what requirements-run.lock pins by hash and nothing else:
#
#   /bin/bash -p ci/install.sh PYTHON FOLDER     # then: FOLDER/venv/bin/python -I -m provision ...
#
# PYTHON is a whole path, FOLDER a new and empty one of the caller's. Nothing of the working directory is looked at: not
# as a module (-I, and cd), not as a configuration (an empty environment, and a HOME that was made just now), not as a
# program (whole paths). -S leaves out what an earlier step may have put beside PYTHON itself: .pth, sitecustomize.
# https://docs.python.org/3/using/cmdline.html#cmdoption-I, https://pip.pypa.io/en/stable/topics/configuration/
set -euo pipefail

python=$1 folder=$2
source=$(cd -P "${BASH_SOURCE[0]%/*}/.." && pwd -P)
cd "$folder"

alone() {
  # Of the environment only what a network asks for, and a mirror that the pipeline itself names; both bring files, whose
  # hashes are known. Of the loader's path, what lies elsewhere (actions/setup-python sets it).
  /usr/bin/env -i PATH=/usr/bin:/bin HOME="$folder" TMPDIR="$folder" LC_ALL=C.UTF-8 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    ${INDEX_URL:+PIP_INDEX_URL="$INDEX_URL"} ${LIBRARIES:+LD_LIBRARY_PATH="$LIBRARIES"} \
    ${HTTP_PROXY:+HTTP_PROXY="$HTTP_PROXY"} ${HTTPS_PROXY:+HTTPS_PROXY="$HTTPS_PROXY"} ${NO_PROXY:+NO_PROXY="$NO_PROXY"} \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} \
    ${SSL_CERT_FILE:+SSL_CERT_FILE="$SSL_CERT_FILE"} ${REQUESTS_CA_BUNDLE:+REQUESTS_CA_BUNDLE="$REQUESTS_CA_BUNDLE"} \
    "$@"
}

alone "$python" -I -S -m venv "$folder/venv"
pip=("$folder/venv/bin/python" -I -m pip install --quiet --no-cache-dir)
alone "${pip[@]}" --require-hashes --only-binary :all: -r "$source/requirements-run.lock"
alone "${pip[@]}" --no-deps --no-build-isolation "$source"
