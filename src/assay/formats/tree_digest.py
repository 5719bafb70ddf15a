"""One document, and so one digest, for a folder: what a signature of a folder is over.

::

    assay-tree/v1
    file sha256:9f86d081884c7d65… README.md
    exec sha256:2c26b46b68ffc68f… bin/run
    link ../data share/data

Lines are ordered by the bytes of the path; a path or target with a control character or a backslash is written with
``\\xNN`` in its place, so that no name can pose as two lines. Empty folders, owners and times do not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

HEADER = b"assay-tree/v1\n"


class Leaf(NamedTuple):
    """A file (`digest` is SHA-256, hexadecimal) or a symbolic link (`target`), by its path in the folder."""

    path: bytes
    digest: str = ""
    executable: bool = False
    target: bytes = b""


def write(leaves: Iterable[Leaf]) -> bytes:
    """The document."""
    return HEADER + b"".join(_line(leaf) for leaf in sorted(leaves))


def _line(leaf: Leaf) -> bytes:
    if not leaf.digest:
        return b"link %s %s\n" % (_name(leaf.target).replace(b" ", b"\\x20"), _name(leaf.path))
    kind = b"exec" if leaf.executable else b"file"
    return b"%s sha256:%s %s\n" % (kind, leaf.digest.encode(), _name(leaf.path))


def _name(text: bytes) -> bytes:
    return b"".join(bytes((byte,)) if 0x20 <= byte != 0x7F and byte != 0x5C else b"\\x%02x" % byte for byte in text)
