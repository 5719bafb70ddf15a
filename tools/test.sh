#!/bin/sh
# test.sh PYTHON [PYTEST_ARGS...]: runs pytest in several processes (WORKERS, else 3: they wait a lot), with temporary
# files in memory where there is room for them.
#
# Most of what the tests wait for is a disk; crashes are tried by killing processes, which leaves memory as it leaves
# a disk. The folder is short, for sockets lie in it, and all may look in, for PostgreSQL does not run as root.
set -eu
python=$1
shift
if [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -gt 6000000 ]; then
    place=$(mktemp -d /dev/shm/tXXXX)
    trap 'rm -rf "$place"' EXIT
    trap 'exit 130' INT TERM
    chmod 755 "$place"
    export TMPDIR="$place"
    set -- --basetemp="$place/p" -o tmp_path_retention_policy=failed "$@"
fi
"$python" -m pytest -n "${WORKERS:-3}" --dist worksteal "$@"
