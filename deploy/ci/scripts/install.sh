#!/usr/bin/env bash
# Puts assay into a virtual environment: this checkout, with dependencies pinned by hash.
#   ASSAY_HOME   where to (a new folder)
set -euo pipefail

: "${ASSAY_HOME:?name a folder for the virtual environment}"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
"${PYTHON:-python3}" -m venv "$ASSAY_HOME"
pip=("$ASSAY_HOME/bin/python" -m pip --disable-pip-version-check --quiet)
"${pip[@]}" install --require-hashes -r "$root/requirements/build.txt" -r "$root/requirements/core.txt" \
  -r "$root/requirements/sign.txt"
"${pip[@]}" install --no-deps --no-build-isolation "$root"
if [ -n "${GITHUB_PATH:-}" ]; then
  echo "$ASSAY_HOME/bin" >>"$GITHUB_PATH"
fi
"$ASSAY_HOME/bin/assay" --version
