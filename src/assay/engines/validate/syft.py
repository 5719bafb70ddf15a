"""syft-json against what its schemas (1 to 16) have in common, and what readers rely on.

No package brings the schemas, each of which lists the metadata of its own version of Syft. Checked are the fields of
the document, of its artifacts and of its relationships that a schema requires, that ids are there once, that
relationships lead from and to something in the document, and that a purl is one. Metadata may hold anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from assay.engines.validate.fields import check
from assay.engines.validate.problem import MAX_PROBLEMS, Problem
from assay.errors import Malformed
from assay.formats import purl
from assay.formats.json import Json, Object, as_list, as_object, as_text, load_object

_NEWEST = 16
_WITHOUT_IDS = ("1.0.0", "1.0.1")
"""The schemas in which artifacts had no ids, and so no relationships."""
_DOCUMENT = {
    "artifacts": "list",
    "artifactRelationships": "list",
    "source": "object",
    "distro": "object",
    "descriptor": "object",
    "schema": "object",
}
_ARTIFACT = {
    "id": "text",
    "name": "text",
    "version": "text",
    "type": "text",
    "foundBy": "text",
    "locations": "list",
    "licenses": "list or null",
    "language": "text",
    "cpes": "list or null",
    "purl": "text",
}
_RELATIONSHIP = {"parent": "text", "child": "text", "type": "text"}
_NAMED = ("id", "name", "type")


def problems(data: bytes, version: str, strict: bool = False) -> list[Problem]:
    """Where a document breaks the rules, at most fifty places; `strict` makes no difference."""
    del strict
    try:
        document = load_object(data)
    except Malformed as error:
        return [Problem("", error.what)]
    return list(islice(_all(document, version), MAX_PROBLEMS))


def _all(document: Object, version: str) -> Iterator[Problem]:
    plain = {"id", "artifactRelationships"} if version in _WITHOUT_IDS else set()
    yield from check(document, "", {key: kind for key, kind in _DOCUMENT.items() if key not in plain}, {})
    yield from _schema(as_object(document.get("schema")), version)
    wanted = {key: kind for key, kind in _ARTIFACT.items() if key not in plain}
    seen: dict[str, int] = {}
    for position, item in enumerate(as_list(document.get("artifacts"))):
        yield from _artifact(item, f"artifacts[{position}]", wanted)
        name = as_text(as_object(item).get("id"))
        if name and seen.setdefault(name, position) != position:
            yield Problem(f"artifacts[{position}].id", f"is that of artifacts[{seen[name]}], too: {name[:80]!r}")
    yield from _relationships(document, {*seen})


def _schema(schema: Object, version: str) -> Iterator[Problem]:
    yield from check(schema, "schema", {"version": "text", "url": "text"}, {})
    number = re.match(r"([0-9]{1,4})\.[0-9]+\.[0-9]+", version)
    if version and (number is None or not 1 <= int(number[1]) <= _NEWEST):
        yield Problem("schema.version", f"{version[:40]!r} is none of 1 to {_NEWEST}")


def _artifact(item: Json, path: str, wanted: dict[str, str]) -> Iterator[Problem]:
    if not isinstance(item, dict):
        yield Problem(path, "is no object")
        return
    yield from check(item, path, wanted, {"metadataType": "text"})
    for key in _NAMED:
        if item.get(key) == "":
            yield Problem(f"{path}.{key}", "is empty")
    text = as_text(item.get("purl"))
    if text and purl.read(text) is None:
        yield Problem(f"{path}.purl", f"is no purl: {text[:80]!r}")
    for position, place in enumerate(as_list(item.get("locations"))):
        yield from check(as_object(place), f"{path}.locations[{position}]", {"path": "text"}, {})


def _relationships(document: Object, artifacts: set[str]) -> Iterator[Problem]:
    """Both ends are an artifact, a file or the source."""
    known = artifacts | {as_text(as_object(document.get("source")).get("id"))}
    known |= {as_text(as_object(item).get("id")) for item in as_list(document.get("files"))}
    for position, item in enumerate(as_list(document.get("artifactRelationships"))):
        path = f"artifactRelationships[{position}]"
        if not isinstance(item, dict):
            yield Problem(path, "is no object")
            continue
        yield from check(item, path, _RELATIONSHIP, {})
        for key in ("parent", "child"):
            name = item.get(key)
            if isinstance(name, str) and name not in known:
                yield Problem(f"{path}.{key}", f"nothing in the document has the id {name[:80]!r}")
