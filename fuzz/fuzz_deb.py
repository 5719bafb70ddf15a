"""dpkg databases, file lists, copyright files, archives, Chisel manifests; the first byte picks the reader."""

from __future__ import annotations

import contextlib

from assay.ecosystems.deb import archive, chisel, copyright, database, ownership
from assay.errors import AssayError
from assay.model.ecosystem import File

_READERS = (
    (database.parse_status, "var/lib/dpkg/status"),
    (database.parse_opkg, "usr/lib/opkg/status"),
    (database.parse_single, "var/lib/dpkg/status.d/a"),
    (ownership.parse, "var/lib/dpkg/info/a.list"),
    (ownership.parse_sums, "var/lib/dpkg/status.d/a.md5sums"),
    (copyright.parse, "usr/share/doc/a/copyright"),
    (archive.parse, "a.deb"),
    (chisel.parse, "var/lib/chisel/manifest.wall"),
    (database.parse_control, "usr/lib/opkg/info/a.control"),
)

_AR = b"!<arch>\ndebian-binary   0           0     0     100644  4         `\n2.0\n"
SEEDS: list[bytes] = [
    b"\x00Package: a\nStatus: install ok installed\nVersion: 1:2-3\nSource: b (1)\nDepends: c (>= 1) | d:any, e:i386\n",
    b"\x03/.\n/usr\n/usr/bin/a\n",
    b"\x04d41d8cd98f00b204e9800998ecf8427e  usr/bin/a\n",
    b"\x05Format: https://x.example/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+ and MIT\n",
    b"\x05See /usr/share/common-licenses/GPL-2, or any later version",
    b"\x06" + _AR + b"control.tar     0           0     0     100644  4         `\nabcd",
    b'\x07{"jsonwall":"1.0"}\n{"kind":"package","name":"a","version":"1","arch":"all"}\n',
    b"\x08Package: a\nVersion: 1\nDepends: libc\nSourceName: a\nLicense: MIT\nCPE-ID: cpe:/a:a:a\n",
]


def run(data: bytes) -> None:
    if not data:
        return
    reader, path = _READERS[data[0] % len(_READERS)]
    with contextlib.suppress(AssayError):
        reader(File(path, data[1:]))
