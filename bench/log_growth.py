"""``python -m bench.log_growth FOLDER [MOST]``: what a log costs as it grows, from a thousand entries to ten million.

The entries are synthetic and all distinct; they go through the same sequencer and store as those of clients, in
batches. A row is written as soon as its size is reached; the times are medians in milliseconds.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assay.adapters.log_store.sqlite_store import SqliteStore
from assay.engines.log.sequencer import Log
from assay.formats import tlog_note
from assay.model.signature import Scheme
from assay.model.transparency import NewLeaf
from assay.ports import Signer
from assay.trust import merkle
from assay.trust.signing import generate

BATCH = 8192
HEAD = [
    "| entries | one entry, ms | 256 entries, ms | 1 proof, ms | worst of 200 | open, ms | memory MB | bytes/entry |",
    "|---|---|---|---|---|---|---|---|",
]


def leaves(start: int, count: int) -> list[NewLeaf]:
    """Entries as large as small ones of clients, with the terms that those have."""
    return [NewLeaf(b"%064d" % number * 8, (f"hash:sha256:{number:064x}",)) for number in range(start, start + count)]


def timed(work: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each of some runs, ascending."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - start))
    return sorted(found)


def grow(log: Log, size: int) -> None:
    """Append until there are `size` entries."""
    while (have := log.head.size) < size:
        log.append(leaves(have, min(BATCH, size - have)))


def proof(log: Log) -> None:
    """One proof of a random entry, and that it proves what it should."""
    head, index = log.head, random.randrange(log.head.size)
    hashes = log.inclusion(index, head.size)
    root = tlog_note.checkpoint(head.checkpoint.decode()).root
    assert merkle.root_of(index, head.size, log.leaf_hash(index), hashes) == root


def row(folder: Path, size: int, keys: Sequence[Signer]) -> str:
    """The row of a size, with the log opened anew, so that nothing is in its memory."""
    start = time.perf_counter()
    with opened(folder, keys) as log:
        opening = 1000 * (time.perf_counter() - start)
        grow(log, size)
        one = timed(lambda: log.append(leaves(log.head.size, 1)), 41)
        many = timed(lambda: log.append(leaves(log.head.size, 256)), 11)
        proofs = timed(lambda: proof(log), 200)
        have = log.head.size
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    stored = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / have
    found = (statistics.median(one), statistics.median(many), statistics.median(proofs), proofs[-1], opening)
    return f"| {size:,} | " + " | ".join(f"{value:.2f}" for value in found) + f" | {memory:.0f} | {stored:.0f} |"


@contextmanager
def opened(folder: Path, keys: Sequence[Signer]) -> Iterator[Log]:
    """The log in a folder."""
    store = SqliteStore(folder)
    try:
        yield Log(store, "log.example", keys)
    finally:
        store.close()


def table(folder: Path, most: int) -> list[str]:
    """All rows; a size is reached before its row is measured."""
    shutil.rmtree(folder, ignore_errors=True)
    keys, lines, size = (generate(), generate(Scheme.ED25519)), list(HEAD), 1000
    while size <= most:
        with opened(folder, keys) as log:
            grow(log, size - 1)
        lines.append(row(folder, size, keys))
        print(lines[-1], flush=True)
        size *= 10
    shutil.rmtree(folder)
    return [*lines, ""]


def main(arguments: list[str]) -> None:
    """Write the table."""
    most = int(arguments[1]) if len(arguments) > 1 else 10_000_000
    print("\n".join(table(Path(arguments[0]), most)))


if __name__ == "__main__":
    main(sys.argv[1:])
