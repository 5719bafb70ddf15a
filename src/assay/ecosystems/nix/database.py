"""``nix/var/nix/db/db.sqlite``: the store paths that are valid, and what each refers to (Nix, libstore/schema.sql).

::

    ValidPaths  id, path, hash, registrationTime, deriver, narSize, ultimate, sigs, ca
                1, /nix/store/0c8dxbw27lw8q5n0bnnxvaz0pzr2rn4n-hello-2.12.1, sha256:2c8e4b5d..., ...
    Refs        referrer, reference

A path is a package when its name holds a version, which begins with the first dash that no letter follows
(``builtins.parseDrvName``); recipes (``.drv``) are none. The hash is that of the path as a Nix archive.
"""

from __future__ import annotations

import re

from assay.ecosystems.nix.table import Database, Value
from assay.formats import digest, purl, sqlite_log
from assay.model.component import Component, Property
from assay.model.ecosystem import File, Found

_STORE_PATH = re.compile(r"(.*)/([0-9a-df-np-sv-z]{32})-([^/]+)$")
_NAME = re.compile(r"(.+?)-([^A-Za-z-].*)$")
_OUTPUT = re.compile(r"(.+)-(bin|dev|lib|man|doc|info|debug|dist|static|devdoc|terminfo|data|py|out)$")
_TAIL = "nix/var/nix/db/db.sqlite"


def parse(file: File) -> Found:
    """The packages of the store with their references, those in the log of the database among them."""
    content, told = sqlite_log.merged(file)
    database = Database(content)
    by_id: dict[int, Component] = {}
    for key, row in database.rows("ValidPaths"):
        item = _component(row)
        if item is not None:
            by_id[key] = item
    edges = {
        (by_id[referrer].id, by_id[reference].id)
        for _, row in database.rows("Refs")
        for referrer, reference in [_pair(row)]
        if referrer != reference and referrer in by_id and reference in by_id
    }
    root = file.path.removesuffix(_TAIL).rstrip("/") if file.path.endswith(_TAIL) else ""
    return Found(tuple(by_id.values()), edges=tuple(sorted(edges)), scope=root, root=root, skipped=told)


def _pair(row: list[Value]) -> tuple[int, int]:
    """Referrer and reference; ids begin at 1, so that 0 is none."""
    first, second = row[:2] if len(row) > 1 else (0, 0)
    return first if isinstance(first, int) else 0, second if isinstance(second, int) else 0


def _component(row: list[Value]) -> Component | None:
    texts = [value if isinstance(value, str) else "" for value in (*row, *([None] * 9))]
    return component(texts[1], texts[2], texts[4])


def component(path: str, hashed: str = "", deriver: str = "") -> Component | None:
    """The package at a store path; None for recipes and for names without a version."""
    match = _STORE_PATH.match(path)
    if match is None or match[3].endswith(".drv"):
        return None
    name, version, output = split(match[3])
    if not version:
        return None
    known = digest.find(hashed)
    facts = (("assay:nix:store-path", path), ("assay:nix:deriver", deriver), ("assay:nix:output", output))
    return Component(
        name,
        version,
        purl=purl.build("nix", name, version, qualifiers={"outputhash": match[2], "output": output}),
        digests=(known,) if known else (),
        properties=tuple(Property(label, value) for label, value in facts if value),
    )


def split(text: str) -> tuple[str, str, str]:
    """Name, version and output of a store path's name: ``openssl-3.0.13-dev`` is openssl, 3.0.13, dev."""
    match = _NAME.match(text)
    if match is None:
        return text, "", ""
    output = _OUTPUT.match(match[2])
    return (match[1], output[1], output[2]) if output else (match[1], match[2], "")
