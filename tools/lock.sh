#!/bin/sh
# Pins every dependency with its hashes: requirements/*.txt from pyproject.toml and requirements/*.in.
#
# One resolution of everything first, so that all files can be installed together; then each file under its
# constraints. Needs uv. The files hold no index address, so that every installation uses its own.
set -eu
cd "$(dirname "$0")/.."
all=$(mktemp)
trap 'rm -f "$all"' EXIT
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
        --no-emit-find-links --annotation-style=line "$@"
}
compile pyproject.toml --all-extras requirements/*.in --output-file "$all" >/dev/null
compile pyproject.toml --constraints "$all" --no-annotate --output-file requirements/core.txt
for extra in $(sed -n '/^\[project.optional-dependencies\]/,/^\[project.scripts\]/s/^\([a-z0-9]*\) = .*/\1/p' pyproject.toml); do
    compile pyproject.toml --extra "$extra" --constraints "$all" --no-annotate --output-file "requirements/$extra.txt"
done
for group in build test dev fuzz; do
    compile "requirements/$group.in" --constraints "$all" --no-annotate --output-file "requirements/$group.txt"
done
