#!/bin/sh
# Installs the Debian packages that some tests want (tools/system-packages.txt), if it may; else names them.
# With --required, not being allowed to is an error.
set -eu
cd "$(dirname "$0")/.."
missing=""
for package in $(sed -e 's/#.*//' tools/system-packages.txt); do
    state=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -qq --yes --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "Not installed, so the tests that want them are skipped:$missing (as root on Debian: make system)" >&2
[ "${1:-}" != --required ]
