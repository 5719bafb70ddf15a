"""A folder beside the source that a user has named: files in it are read by their relative path, and nothing else is.

Symbolic links are followed as far as they stay within the folder.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from assay.errors import InputError, LimitExceeded, Malformed
from assay.model.ecosystem import Consult

MAX_FILE = 16 << 20
MAX_TOTAL = 2 << 30
"""Bytes, of one file and of all that are read in one run."""


def consult(folder: Path, remedy: str) -> Consult:
    """A reader of the files in a folder; raises `InputError` where there is no such folder, which `remedy` mends."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}", remedy)
    return _Library(os.path.realpath(folder)).read


class _Library:
    """The files below a folder whose path has no links in it."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._left = MAX_TOTAL

    def read(self, path: str) -> bytes | None:
        """The content of a file, None where there is none; raises `InputError` for one that cannot be read."""
        if not path or "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
            raise Malformed(f"{path!r} is no path within a folder")
        real = os.path.realpath(f"{self._root}/{path}")
        if os.path.commonpath((real, self._root)) != self._root:
            raise InputError(f"{path} leads out of its folder")
        try:
            descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}") from error
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise InputError(f"{path} is no regular file")
            data = file.read(min(MAX_FILE, self._left) + 1)
        if len(data) > min(MAX_FILE, self._left):
            raise LimitExceeded(f"{path} has more bytes than are read (at most {MAX_FILE}, of all {MAX_TOTAL})")
        self._left -= len(data)
        return data
