"""A folder as the document that stands for it (`assay.formats.tree_digest`)."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from assay.errors import InputError
from assay.formats import tree_digest
from assay.formats.tree_digest import Leaf

MAX_FILES = 1_000_000


def document(folder: Path, leave_out: Path | None = None) -> bytes:
    """The document; `leave_out` is a file that does not count, such as the folder's own signature.

    Raises `InputError` for what cannot be read, and for what is neither file, folder nor link.
    """
    leaves = list[Leaf]()
    for leaf in _leaves(folder, leave_out):
        leaves.append(leaf)
        if len(leaves) > MAX_FILES:
            raise InputError(f"{folder} holds more than {MAX_FILES} files", "sign an archive of it")
    return tree_digest.write(leaves)


def _leaves(folder: Path, leave_out: Path | None) -> Iterator[Leaf]:
    root = os.fsencode(folder)
    left_out = os.fsencode(leave_out.resolve()) if leave_out is not None else b""
    for base, folders, names in os.walk(root, onerror=_refuse):
        for name in (*names, *(item for item in folders if os.path.islink(os.path.join(base, item)))):
            path = os.path.join(base, name)
            if left_out and os.path.realpath(path) == left_out:
                continue
            yield _leaf(path, os.path.relpath(path, root))


def _leaf(path: bytes, name: bytes) -> Leaf:
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return Leaf(name, target=os.readlink(path))
        if not stat.S_ISREG(status.st_mode):
            raise InputError(
                f"{os.fsdecode(path)} is neither a file, a folder nor a link", "leave it out of the folder"
            )
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        _refuse(error)
    return Leaf(name, digest, bool(status.st_mode & 0o111))


def _refuse(error: OSError) -> None:
    name = os.fsdecode(error.filename or b"a file")
    raise InputError(f"{name} cannot be read: {error.strerror}", "check its permissions") from error
