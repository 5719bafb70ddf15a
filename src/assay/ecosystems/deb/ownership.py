"""Which files a package brought: ``info/NAME.list`` (dpkg, opkg) and ``status.d/NAME.md5sums`` (distroless).

::

    /.                                      98ae18cf3c4a4bbf5b3d9b0f1b8c4f37  usr/lib/libz.so.1
    /usr                                    NAME.md5sums: digest, two blanks, relative path
    /usr/lib/libz.so.1
    NAME.list: absolute paths, folders too

An image has some 200,000 such lines: the bytes are handed on with one replacement, and never split here.
"""

from __future__ import annotations

import re

from assay.model.ecosystem import File, Found, Owned

_ROOT = re.compile(r"(?:^|(.*?)/)(?:usr/lib|var/lib|lib)/(?:dpkg|opkg|chisel)(?:/|$)")
_ABSOLUTE = re.compile(rb"\n/")
_SUM = re.compile(rb"^[0-9A-Fa-f]{32} [ *](?:\./|/)?", re.MULTILINE)


def root_of(path: str) -> str:
    """The root folder of the system whose database `path` belongs to."""
    match = _ROOT.match(path)
    return (match[1] or "") if match else ""


def parse(file: File) -> Found:
    """A list of absolute paths, one a line."""
    data = file.data
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    paths = _ABSOLUTE.sub(b"\n", data).removeprefix(b"/")  # twice as fast as bytes.replace
    return _owns(file, file.name.removesuffix(".list"), paths)


def parse_sums(file: File) -> Found:
    """A list of digests and relative paths."""
    return _owns(file, file.name.removesuffix(".md5sums"), _SUM.sub(b"", file.data))


def _owns(file: File, owner: str, paths: bytes) -> Found:
    root = root_of(file.path)
    return Found(owns=(Owned(owner, paths),), scope=root, root=root)
