"""Whether an SPDX 2 document obeys the specification (SPDX 2.3, clauses 6 to 12), first its shape, then its sense.

``schema-2.json`` lists the types: an object type has ``fields`` (``text``, ``bool``, ``integer``, ``uri``,
``object``, the name of a type, or a list of one), ``required`` ones and lists that must be ``not_empty``; others are
enumerations.
The JSON schema of SPDX 2.3 draws the same lines; for 2.2 `assay.formats.spdx.versions` adds what it insists on.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TypedDict

from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.formats.spdx import edges
from assay.formats.spdx.names import DOCUMENT, is_id
from assay.formats.spdx.versions import VERSIONS, rules

MAX_PROBLEMS = 200
_BASIC: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "uri": (str,),
    "bool": (bool,),
    "integer": (int,),
    "object": (dict,),
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_LENGTHS = {"MD5": 32, "SHA1": 40, "SHA224": 56, "SHA256": 64, "SHA384": 96, "SHA512": 128}
_LENGTHS |= {"SHA3-256": 64, "SHA3-384": 96, "SHA3-512": 128, "BLAKE2B-256": 64, "BLAKE2B-384": 96, "BLAKE2B-512": 128}


class Shape(TypedDict, total=False):
    """A type of the schema."""

    required: list[str]
    not_empty: list[str]
    fields: dict[str, str | list[str]]
    one_of: list[str]


@cache
def _shapes() -> dict[str, Shape]:
    table: dict[str, Shape] = json.loads(Path(__file__).with_name("schema-2.json").read_text("utf-8"))
    return table


def shape_problems(document: Object) -> list[str]:
    """Where the document breaks the JSON schema of SPDX 2.3: ``packages[3].downloadLocation: missing``."""
    problems: list[str] = []
    _check(document, "Document", "", problems)
    return problems


def _check(value: Json, kind: str, path: str, problems: list[str]) -> None:
    if len(problems) >= MAX_PROBLEMS:
        return
    if kind in _BASIC:
        _check_basic(value, kind, path, problems)
        return
    shape = _shapes()[kind]
    if "one_of" in shape:
        if value not in shape["one_of"]:
            problems.append(f"{path}: {_show(value)} is no {kind}")
    elif not isinstance(value, dict):
        problems.append(f"{path or 'the document'}: must be an object, not {_show(value)}")
    else:
        _check_fields(value, shape, path, problems)


def _check_basic(value: Json, kind: str, path: str, problems: list[str]) -> None:
    good = isinstance(value, _BASIC[kind])
    if kind == "integer":
        good = not isinstance(value, bool) and (good or (isinstance(value, float) and value.is_integer()))
    if not good:
        problems.append(f"{path}: must be {kind}, not {_show(value)}")


def _check_fields(value: Object, shape: Shape, path: str, problems: list[str]) -> None:
    dot = f"{path}." if path else ""
    problems += [f"{dot}{name}: missing" for name in shape["required"] if name not in value]
    for name, item in value.items():
        kind = shape["fields"].get(name)
        if kind is None:
            problems.append(f"{dot}{name}: no field of SPDX 2.3")
        elif isinstance(kind, str):
            _check(item, kind, dot + name, problems)
        elif not isinstance(item, list):
            problems.append(f"{dot}{name}: must be a list, not {_show(item)}")
        else:
            if not item and name in shape.get("not_empty", ()):
                problems.append(f"{dot}{name}: must not be empty")
            for position, entry in enumerate(item):
                _check(entry, kind[0], f"{dot}{name}[{position}]", problems)


def version_problems(document: Object) -> list[str]:
    """Fields that the document's own version insists on and the schema of 2.3 does not."""
    version = as_text(document.get("spdxVersion")).removeprefix("SPDX-")
    if version not in VERSIONS:
        return []
    rule = rules(version)
    problems: list[str] = []
    wanted = {"packages": rule["package_fields_required"], "files": rule["file_fields_required"]}
    wanted["snippets"] = rule["snippet_fields_required"]
    for key, fields in wanted.items():
        for position, item in enumerate(map(as_object, as_list(document.get(key)))):
            missing = [name for name in fields if name not in item]
            problems += [f"{key}[{position}].{name}: missing (SPDX {version} wants it)" for name in missing]
    return problems[:MAX_PROBLEMS]


def sense_problems(document: Object) -> list[str]:
    """Ids that are none or not unique, references to nothing, times and checksums that are none."""
    problems = []
    if not as_text(document.get("spdxVersion")).startswith("SPDX-2."):
        problems.append("spdxVersion: is not SPDX-2.x")
    if document.get("dataLicense") != "CC0-1.0":
        problems.append("dataLicense: must be CC0-1.0")
    if document.get("SPDXID") != DOCUMENT:
        problems.append(f"SPDXID: the document must be {DOCUMENT}")
    if "#" in as_text(document.get("documentNamespace")) or ":" not in as_text(document.get("documentNamespace")):
        problems.append("documentNamespace: must be an absolute URI without a fragment")
    created = as_text(as_object(document.get("creationInfo")).get("created"))
    if not _MOMENT.fullmatch(created):
        problems.append(f"creationInfo.created: {created[:40]!r} is not written YYYY-MM-DDThh:mm:ssZ")
    problems += _id_problems(document)
    problems += _checksum_problems(document)
    return problems[:MAX_PROBLEMS]


def _elements(document: Object) -> list[tuple[str, Object]]:
    return [
        (f"{key}[{position}]", as_object(item))
        for key in ("packages", "files", "snippets")
        for position, item in enumerate(as_list(document.get(key)))
    ]


def _id_problems(document: Object) -> list[str]:
    elements = _elements(document)
    counted = Counter(as_text(item.get("SPDXID")) for _, item in elements)
    problems = [
        f"{path}.SPDXID: {name[:80]!r} is not written SPDXRef-..."
        for path, item in elements
        if not is_id(name := as_text(item.get("SPDXID")))
    ]
    problems += [f"SPDXID {name[:80]!r} names {count} elements" for name, count in counted.items() if count > 1]
    known = {*counted, DOCUMENT, as_text(document.get("SPDXID")), "NONE", "NOASSERTION"}
    for position, item in enumerate(edges.relationships(document)):
        ends = edges.parts(item)[0], edges.parts(item)[2]
        problems += [
            f"relationships[{position}]: {name[:80]!r} is not in the document"
            for name in ends
            if name not in known and not name.startswith("DocumentRef-")
        ]
    if not edges.described(document) and len(as_list(document.get("packages"))) != 1:
        problems.append("the document describes nothing: no DESCRIBES relationship")
    return problems


def _checksum_problems(document: Object) -> list[str]:
    problems = []
    for path, item in _elements(document):
        for checksum in map(as_object, as_list(item.get("checksums"))):
            algorithm, value = as_text(checksum.get("algorithm")), as_text(checksum.get("checksumValue"))
            length = _LENGTHS.get(algorithm.upper(), len(value))
            if len(value) != length or not re.fullmatch(r"[0-9a-f]+", value):
                problems.append(f"{path}.checksums: {value[:80]!r} is no {algorithm}")
    return problems


def _show(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) < 60 else text[:57] + "..."
