"""Files written whole or not at all: beside their name first, on disk, then renamed."""

from __future__ import annotations

import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from assay.errors import ExternalError, UsageError


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A binary file that takes the place of `path` when the block ends well, and leaves no trace when it does not.

    A symbolic link is followed. What exists and is no regular file (a FIFO, a device) is written to and never
    replaced, and so is an open descriptor (``/dev/stdout``), which may lead to a regular file. Raises
    `ExternalError` when the file cannot be written.
    """
    try:
        descriptor = _descriptor(path)
        if descriptor is not None:
            sys.stdout.flush()
            with os.fdopen(os.dup(descriptor), "wb") as file:
                yield file
        elif path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
        else:
            with _replacing(path.resolve()) as file:
                yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ExternalError(
            f"cannot write {path}: {error.strerror or error}", "check the path, its permissions and the free space"
        ) from error


_DESCRIPTORS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_NUMBERED = re.compile(r"/(?:dev|proc/self)/fd/([0-9]{1,9})")


def _descriptor(path: Path) -> int | None:
    """The descriptor of this process that the path stands for: what a shell redirects is continued, not replaced."""
    match = _NUMBERED.fullmatch(str(path))
    return int(match[1]) if match else _DESCRIPTORS.get(str(path))


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), _mode(target))
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _mode(target: Path) -> int:
    """The mode of the file that is replaced, else what the umask leaves."""
    with suppress(OSError):
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def new(path: Path, text: str, mode: int) -> None:
    """A new file with that mode, on disk when this returns; raises `UsageError` where there is one already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already", "name a new place") from error
    except OSError as error:
        raise ExternalError(f"cannot write {path}: {error.strerror}", "check the path and its permissions") from error
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
