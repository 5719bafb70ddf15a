"""Tests of policies, of every tool whose tests assay runs: found below paths, run over all cores, told one by one.

A folder of `assay.engines.policy` brings tests if it holds a file ``testing.py`` with ::

    def takes(name: str, data: bytes) -> bool: ...     # whether a file may be one of its tests, by name and content
    def run(path: str, read: Callable[[str], bytes]) -> Iterator[PolicyTestResult]: ...

`run` reads further files by their paths, made from its own with ``/``.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import NamedTuple, Protocol, cast

from assay.adapters import small_file
from assay.engines import policy as folders
from assay.errors import AssayError, InputError
from assay.model.policy_test import PolicyTestResult

ENDINGS = (".yaml", ".yml", ".json")
MAX_BYTES = 16 << 20
MAX_FILES = 100_000
MANY = 8
"""From so many files on, all cores work."""
SECONDS = 60
"""How long a file may take; the process is ended then, whatever it does."""
MEMORY = 4 << 30


class Kind(Protocol):
    """What a ``testing.py`` offers."""

    def takes(self, name: str, data: bytes) -> bool:
        """Whether a file may be one of its tests."""
        ...

    def run(self, path: str, read: Callable[[str], bytes]) -> Iterator[PolicyTestResult]:
        """The results of a file."""
        ...


class Found(NamedTuple):
    """A file of tests, and the folder that runs it."""

    path: str
    kind: str


@cache
def kinds() -> dict[str, Kind]:
    """The kinds of tests there are, by their folder."""
    names = sorted(item.name for item in iter_modules(folders.__path__) if item.ispkg)
    modules = [f"{folders.__name__}.{name}.testing" for name in names]
    return {name: cast("Kind", import_module(name)) for name in modules if find_spec(name)}


def find(paths: Iterable[Path]) -> list[Found]:
    """The tests below `paths`; raises `InputError` for a path that is not there."""
    return [found for path in paths for found in _find(path)]


def _find(path: Path) -> Iterator[Found]:
    if not path.exists():
        raise InputError(f"there is no {path}", "name a file of tests, or a folder that holds some")
    for number, file in enumerate(_files(path) if path.is_dir() else (path,)):
        if number > MAX_FILES:
            raise InputError(f"{path} holds over {MAX_FILES} files", "name a smaller folder")
        data = read(str(file))
        yield from (Found(str(file), name) for name, kind in kinds().items() if kind.takes(file.name, data))


def _files(folder: Path) -> Iterator[Path]:
    for root, below, names in os.walk(folder):
        below.sort()
        yield from (Path(root) / name for name in sorted(names) if name.endswith(ENDINGS))


def read(path: str) -> bytes:
    """The bytes of a file; raises `InputError`."""
    return small_file.read(Path(path), MAX_BYTES, "split it")


def run(found: Sequence[Found]) -> Iterator[PolicyTestResult]:
    """The results of all files, in their order; a file that cannot be run is a failure of its own.

    Files are run in processes of their own, so that a policy without an end can be ended.
    """
    waiting, alone = [*found], False
    while waiting:
        done, part = 0, waiting[:1] if alone else waiting
        for results in _pooled(part):
            yield from results
            done += 1
        if done < len(part) and alone:
            what = f"did not end within {SECONDS} s, or took more than {MEMORY >> 20} MiB of memory"
            yield PolicyTestResult(waiting[0].path, "", "", "fail", what)
            done = 1
        alone = not alone and done < len(part)  # whose process it was that ended shows when each runs alone
        waiting = waiting[done:]


def _pooled(found: Sequence[Found]) -> Iterator[list[PolicyTestResult]]:
    """The results of `found`, up to the first file whose process was lost."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    workers = 1 if len(found) < MANY else min(os.cpu_count() or 1, 8)
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _bound)
    try:
        pending = [pool.submit(_run, item) for item in found]
        for future in pending:
            yield future.result()
    except BrokenProcessPool:
        return
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _bound() -> None:
    """What holds for a process that runs tests."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _run(item: Found) -> list[PolicyTestResult]:
    results: list[PolicyTestResult] = []
    signal.alarm(SECONDS)
    try:
        results += kinds()[item.kind].run(item.path, read)
    except AssayError as error:
        results.append(PolicyTestResult(item.path, "", "", "fail", error.what))
    finally:
        signal.alarm(0)
    return results
