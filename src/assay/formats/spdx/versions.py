"""What tells SPDX 2.2 and 2.3 apart (SPDX 2.3, annex "Differences from Previous Editions"); ``versions.json`` has it.

2.3 made licences and copyright optional, and added the purpose and dates of packages, checksum algorithms, kinds of
security reference and two relationships. What 2.2 lacks is left out of the fields; for components the annotation of
`assay.formats.spdx.annotations` then carries it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TypedDict

from assay.errors import UsageError
from assay.formats.json import Json, Object, as_list, as_object, as_text

VERSIONS = ("2.3", "2.2")


class Rules(TypedDict):
    """What one version has not, and what it insists on."""

    package_fields_absent: list[str]
    package_fields_required: Object
    file_fields_required: Object
    snippet_fields_required: Object
    checksums_absent: list[str]
    relationships_absent: list[str]
    security_references_absent: list[str]
    category_separator: str


@cache
def rules(version: str) -> Rules:
    """The rules of a version; raises `UsageError` for one that assay does not write."""
    table: dict[str, Rules] = json.loads(Path(__file__).with_name("versions.json").read_text("utf-8"))
    if version not in table:
        raise UsageError(f"SPDX {version} is not written", f"choose one of {', '.join(VERSIONS)} or 3.0")
    return table[version]


def adapt_package(package: Object, version: str) -> Object:
    """`package` as `version` allows it."""
    rule = rules(version)
    kept = {key: value for key, value in package.items() if key not in rule["package_fields_absent"]}
    for key, value in rule["package_fields_required"].items():
        kept.setdefault(key, value)
    if "externalRefs" in kept:
        kept["externalRefs"] = [_external_ref(as_object(item), rule) for item in as_list(kept["externalRefs"])]
    return _with_checksums(kept, rule)


def adapt(document: Object, version: str) -> Object:
    """`document` with its files, snippets and relationships as `version` allows them."""
    rule = rules(version)
    adapted = dict(document)
    for key, required in (("files", rule["file_fields_required"]), ("snippets", rule["snippet_fields_required"])):
        if key in adapted:
            items = [_with_checksums({**required, **as_object(item)}, rule) for item in as_list(adapted[key])]
            adapted[key] = [*items]
    if "relationships" in adapted:
        adapted["relationships"] = [_relationship(item, rule) for item in as_list(adapted["relationships"])]
    return adapted


def _with_checksums(element: Object, rule: Rules) -> Object:
    absent = rule["checksums_absent"]
    if not absent or "checksums" not in element:
        return element
    kept = [item for item in as_list(element["checksums"]) if as_object(item).get("algorithm") not in absent]
    if kept:
        return element | {"checksums": kept}
    return {key: value for key, value in element.items() if key != "checksums"}


def _external_ref(item: Object, rule: Rules) -> Json:
    category = as_text(item.get("referenceCategory")).replace("_", "-")
    if category == "SECURITY" and item.get("referenceType") in rule["security_references_absent"]:
        category = "OTHER"
    return {**item, "referenceCategory": category.replace("-", rule["category_separator"])}


def _relationship(value: Json, rule: Rules) -> Json:
    item = as_object(value)
    kind = as_text(item.get("relationshipType"))
    if kind not in rule["relationships_absent"]:
        return value
    return {**item, "relationshipType": "OTHER", "comment": as_text(item.get("comment")) or kind}
