"""Kernel modules: ELF objects, often compressed, with a section ``.modinfo`` of strings (modinfo(8)).

::

    license=GPL\\0version=1.2\\0description=A sample\\0depends=other,another\\0name=sample\\0vermagic=6.1.0 SMP\\0
"""

from __future__ import annotations

from collections import defaultdict

from assay.formats import compression, executable, purl, spdx_license
from assay.model.component import Component, ComponentType, Property
from assay.model.ecosystem import Content, File, Found, Need

_SECTION = ".modinfo"
_MAX_MODULE = 128 << 20
_PROPERTIES = ("srcversion", "vermagic", "intree", "retpoline")


def parse(file: File) -> Found:
    """The module with its needs: the kernel that it was built for, and other modules."""
    content, image = file.content, file.executable
    if image is None:
        content = compression.unpacked(file.content, _MAX_MODULE, "a kernel module")
        image = executable.read(content, frozenset({_SECTION}))
    if image is None or _SECTION not in image.sections:
        return Found()
    fields = modinfo(content, *image.sections[_SECTION])
    name = first(fields, "name") or file.name.partition(".ko")[0]
    kernel = first(fields, "vermagic").partition(" ")[0]
    version = first(fields, "version") or kernel
    item = Component(
        name,
        version,
        ComponentType.DEVICE_DRIVER,
        purl=purl.build("generic", name, version),
        licenses=tuple(
            dict.fromkeys(one for text in fields.get("license", ()) for one in spdx_license.normalise(text))
        ),
        author=", ".join(fields.get("author", ())),
        description=first(fields, "description"),
        properties=tuple(
            Property(f"assay:linux-kernel:{key}", first(fields, key)) for key in _PROPERTIES if first(fields, key)
        ),
    )
    depends = [part for part in first(fields, "depends").split(",") if part]
    needs = [Need(item.id, (part,)) for part in depends]
    if kernel:
        needs.append(Need(item.id, (f"linux-kernel {kernel}",)))
    return Found((item,), needs=tuple(needs))


def modinfo(content: Content, offset: int, size: int) -> dict[str, list[str]]:
    """The fields of the section; some come several times."""
    fields: dict[str, list[str]] = defaultdict(list)
    for entry in content[offset : offset + size].split(b"\0"):
        key, equals, value = entry.partition(b"=")
        if equals:
            fields[key.decode("ascii", "replace")].append(value.decode("utf-8", "replace").strip())
    return fields


def first(fields: dict[str, list[str]], key: str) -> str:
    """The first value of a field, or an empty string."""
    values = fields.get(key)
    return values[0] if values else ""
