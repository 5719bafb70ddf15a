"""Programs recognised by their bytes (`assay.ecosystems.binary`): the first byte picks the program."""

from __future__ import annotations

from assay.ecosystems.binary import PROGRAMS, gather, php_extension, recognise
from assay.ecosystems.binary.linked import libraries
from assay.model.ecosystem import File, Located

_NAMES = sorted(PROGRAMS)


def _seed(name: str, content: bytes) -> bytes:
    return bytes([_NAMES.index(name)]) + content


SEEDS: list[bytes] = [
    _seed("nginx", b"\0nginx version: nginx/1.25.1\0"),
    _seed("java", b"\0openjdk\0java\x001.8\x001.8.0_352-b08\0"),
    _seed("java", b"\0java\x001.8\0\0\x001.8.0-foreman_2022-b00\0"),
    _seed("mysqld", b"mysql-cluster-gpl\x005.7.33-ndb-7.5.21-log\0"),
    _seed("grafana", b"HEAD\0\0:\0\x009.2.13\0\0"),
    _seed("envoy", b"\x001.22.10\0([\\d]+)\\.([\\d]+)"),
    _seed("libpython", b"\x003.11.2\0"),
    _seed("go", b"go1.21.5\0"),
    b"\x7fELF\2\1" + bytes(58) + b"\xa8\0\0\0" + (20220829).to_bytes(4, "little") + b"\x001.2.3\0API20220829,NTS",
]


def run(data: bytes) -> None:
    name = _NAMES[data[0] % len(_NAMES)] if data else _NAMES[0]
    found = []
    for path in (f"usr/bin/{name}", "usr/bin/python3.11", "opt/zulu/ibm/libpython3.11.so.1.0"):
        found.append(Located(path, -1, recognise.read(name, File(path, data[1:])), f"binary-{name}"))
    for item in gather.assemble(found, None):
        assert all(component.purl is not None and component.version for component in item.found.components)
    libraries(data[1:])
    php_extension.parse(File("usr/lib/php83/modules/a.so", data))
