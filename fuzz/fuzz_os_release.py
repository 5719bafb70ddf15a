"""os-release and its elders; the first byte picks the file."""

from __future__ import annotations

from assay.ecosystems.os_release import elder, modern
from assay.errors import AssayError
from assay.model.ecosystem import File

_NAMES = ("os-release", "busybox", *sorted(elder._PRIORITY))

SEEDS: list[bytes] = [
    b'\x00ID=debian\nVERSION_ID="12"\nPRETTY_NAME="a \\"b\\""\n',
    b"\x01\x7fELF BusyBox v1.36.1 (x)",
    *(bytes([index]) + b"CentOS Linux release 7.9.2009 (Core)" for index in range(2, len(_NAMES))),
    *(bytes([index]) + b"cpe:/o:centos:centos:7\nDISTRIB_ID=a\nVERSION = 1\n" for index in range(2, len(_NAMES))),
]


def run(data: bytes) -> None:
    if not data:
        return
    name = _NAMES[data[0] % len(_NAMES)]
    try:
        if name == "os-release":
            modern.parse(File("etc/os-release", data[1:]))
        elif name == "busybox":
            elder.parse_busybox(File("bin/busybox", data[1:]))
        else:
            elder.parse(File(f"etc/{name}", data[1:]))
    except AssayError:
        pass
