"""Copies of an instance's folder, whole and consistent, also while it serves.

Databases are copied through SQLite before the tiles, so a copy has every tile of the trees that its databases show.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from assay.adapters.log_store.tile_files import sync
from assay.errors import AssayError, InputError, Malformed
from assay.formats import tlog_note, tlog_tile
from assay.model.bundle import Checkpoint

_DATABASE = "log.sqlite"


def copy(source: Path, target: Path, check: Callable[[Path], None] = lambda _: None) -> None:
    """Copy the instance in `source` to `target`, which must not be there yet; raises `InputError`.

    `check` looks at the copy before it gets its name, and refuses it by raising.
    """
    beside = target.with_name(f".{target.name}.new")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(mode=0o700, parents=True)
        found = logs(source)
        for log in found:
            _copy_log(source / log, beside / log)
        rest = shutil.ignore_patterns(".*", *found)
        shutil.copytree(source, beside, ignore=rest, dirs_exist_ok=True)
        check(beside)
        _durable(beside)
        beside.rename(target)
        sync(target.parent)
    except AssayError:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    except (OSError, sqlite3.Error, shutil.Error) as error:
        raise InputError(f"{source} cannot be copied to {target}: {error}", "see whether both can be used") from error


def logs(folder: Path) -> list[str]:
    """The folders of an instance's logs, shards included; raises `InputError` where there is none."""
    found = sorted(path.parent.name for path in folder.glob(f"[!.]*/{_DATABASE}"))
    if not found:
        raise InputError(f"{folder} holds no log", "is this the folder of an instance?")
    return found


def _copy_log(source: Path, target: Path) -> None:
    target.mkdir()
    there = sqlite3.connect(target / _DATABASE)
    here = sqlite3.connect(f"{(source / _DATABASE).absolute().as_uri()}?mode=rw", uri=True, timeout=10)
    try:
        here.backup(there)
    finally:
        here.close()
        there.close()
    size = head(target)[0]
    for path in source.rglob("*"):
        name = path.relative_to(source).as_posix()
        if path.is_file() and name.startswith("tile/") and _within(name, size):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target / name)


def _within(name: str, size: int) -> bool:
    try:
        return tlog_tile.parse(name).within(size)
    except Malformed:
        return False


def checkpoint(log: Path) -> Checkpoint | None:
    """The newest checkpoint in a log's folder; None where there is none."""
    if not (log / _DATABASE).is_file():
        return None
    database = sqlite3.connect(log / _DATABASE, timeout=10)
    try:
        row = database.execute("SELECT checkpoint FROM head").fetchone()
    except sqlite3.Error as error:
        raise InputError(f"the log in {log} cannot be read: {error}", "take another backup") from error
    finally:
        database.close()
    return None if row is None else tlog_note.checkpoint(row[0].decode())


def head(log: Path) -> tuple[int, bytes]:
    """Size and root of the tree that a log's folder shows; 0 where there is none."""
    note = checkpoint(log)
    return (0, b"") if note is None else (note.size, note.root)


def _durable(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        if path.is_dir():
            sync(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
