"""Kernel images for x86 (Linux, Documentation/arch/x86/boot.rst).

::

    0x1fe  55 aa
    0x202  "HdrS"
    0x206  version of the protocol (2)
    0x20e  offset of the version string, less 0x200 (2)

    6.1.0-18-amd64 (debian-kernel@sample.example) #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import purl
from assay.model.component import Component, ComponentType, Property
from assay.model.ecosystem import File, Found

_MAGIC = b"HdrS"
_RELEASE = re.compile(r"[0-9]+\.[0-9]+[0-9A-Za-z._+~-]*")
_PLAIN = re.compile(r"[0-9]+\.[0-9]+(?:\.[0-9]+)?$")


def parse(file: File) -> Found:
    """The kernel; images of other architectures, which do not say their version, are passed over."""
    head = file.content[:0x210]
    if head[0x202:0x206] != _MAGIC:
        return Found()
    offset = 0x200 + int.from_bytes(head[0x20E:0x210], "little")
    text = file.content[offset : offset + 512].partition(b"\0")[0].decode("utf-8", "replace")
    match = _RELEASE.match(text)
    if match is None:
        raise Malformed("a kernel image without a version")
    version = match[0]
    item = Component(
        "linux-kernel",
        version,
        ComponentType.PLATFORM,
        purl=purl.build("generic", "linux-kernel", version),
        description=f"Linux kernel {text[:200]}",
        cpes=(f"cpe:2.3:o:linux:linux_kernel:{version}:*:*:*:*:*:*:*",) if _PLAIN.match(version) else (),
        properties=(Property("assay:linux-kernel:build", text),),
    )
    return Found((item,), provides=((f"linux-kernel {version}", item.id),))
