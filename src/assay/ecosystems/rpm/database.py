"""The databases of installed packages: all headers (`assay.ecosystems.rpm.header`), in one of three containers.

``rpmdb.sqlite`` (rpm 4.16 and later), ``Packages.db`` (ndb, SUSE), ``Packages`` (Berkeley DB, until 4.15); below
``var/lib/rpm``, ``usr/lib/sysimage/rpm`` or ``usr/share/rpm``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from assay.ecosystems.rpm import package
from assay.ecosystems.rpm.header import Header
from assay.errors import Malformed
from assay.model.component import Component
from assay.model.ecosystem import File, Found, Owned
from assay.model.sbom import Skipped

_ROOT = re.compile(r"(?:^|(.*?)/)(?:var/lib|usr/lib/sysimage|usr/share)/rpm(?:manifest)?/[^/]+$")


def parse_sqlite(file: File) -> Found:
    """``rpmdb.sqlite``, with what its log or journal beside says."""
    from assay.ecosystems.rpm import sqlite
    from assay.formats import sqlite_log

    content, told = sqlite_log.merged(file)
    found = _read(file, sqlite.headers(content))
    return replace(found, skipped=(*told, *found.skipped)) if told else found


def parse_ndb(file: File) -> Found:
    """``Packages.db``."""
    from assay.ecosystems.rpm import ndb

    return _read(file, ndb.headers(file.content))


def parse_bdb(file: File) -> Found:
    """``Packages``."""
    from assay.ecosystems.rpm import bdb

    return _read(file, bdb.headers(file.content))


def root_of(path: str) -> str:
    """The root folder of the system that a database belongs to."""
    match = _ROOT.match(path)
    return (match[1] or "") if match else ""


def _read(file: File, blobs: Iterable[bytes]) -> Found:
    packages: list[tuple[Component, Header, bytes]] = []
    skipped: list[Skipped] = []
    for blob in _until_damage(file, blobs, skipped):
        try:
            header = Header(blob)
            packages.append((package.component(header), header, header.files()))
        except Malformed as error:
            skipped.append(Skipped(file.path, error.what))
    if skipped and not packages:
        raise Malformed(skipped[0].reason)
    root = root_of(file.path)
    return Found(
        tuple(item for item, _, _ in packages),
        edges=tuple(sorted(package.edges(packages))),
        provides=tuple((item.id, item.id) for item, _, _ in packages),
        scope=root,
        root=root,
        owns=tuple(Owned(item.id, files) for item, _, files in packages if files),
        skipped=tuple(dict.fromkeys(skipped)),
    )


def _until_damage(file: File, blobs: Iterable[bytes], skipped: list[Skipped]) -> Iterator[bytes]:
    """The headers up to the first damage of the container, which is reported."""
    try:
        yield from blobs
    except Malformed as error:
        skipped.append(Skipped(file.path, error.what))
