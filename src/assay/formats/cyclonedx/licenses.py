"""Licences as CycloneDX writes them.

::

    [{"license": {"id": "MIT", "acknowledgement": "declared"}}]            one or more of the SPDX list, or by name
    [{"expression": "MIT OR Apache-2.0", "acknowledgement": "declared"}]   an expression; up to 1.6 the only entry

From 1.7 on the two kinds may stand side by side. For older versions `one_kind` joins what can be joined
(``A AND B``: all of them apply) and names the expressions otherwise.
"""

from __future__ import annotations

from functools import cache

from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.license import Acknowledgement, License


def write(licenses: tuple[License, ...]) -> list[Json]:
    """The list of the newest version."""
    return [_entry(license) for license in licenses]


def _entry(license: License) -> Object:
    if license.expression and not _is_listed(license.expression):
        entry: Object = {"expression": license.expression, "acknowledgement": str(license.acknowledgement)}
        if license.text or license.url:
            entry["expressionDetails"] = [_details({"licenseIdentifier": license.expression}, license)]
        return entry
    named: Object = {"id": license.expression} if license.expression else {"name": license.name}
    named["acknowledgement"] = str(license.acknowledgement)
    return {"license": _details(named, license)}


def _details(entry: Object, license: License) -> Object:
    if license.text:
        entry["text"] = {"content": license.text}
    if license.url:
        entry["url"] = license.url
    return entry


@cache
def _is_listed(identifier: str) -> bool:
    """Whether the SPDX list has it, as the schemas want of an `id`."""
    from assay.formats.license_names import table

    return table().licenses.get(identifier.lower()) == identifier


def read(value: Json | object) -> tuple[License, ...]:
    """The licences of a list, in any version's form."""
    found = [_license(as_object(entry)) for entry in as_list(value)]
    return tuple(license for license in found if license is not None)


def _license(entry: Object) -> License | None:
    if "license" in entry:
        return _named(as_object(entry["license"]))
    text = as_text(entry.get("expression"))
    if not text:
        return None
    details = as_object(next(iter(as_list(entry.get("expressionDetails"))), None))
    return _known(text, entry, details)


def _named(entry: Object) -> License | None:
    text = as_text(entry.get("id")) or as_text(entry.get("name"))
    return _known(text, entry, entry) if text else None


def _known(text: str, entry: Object, details: Object) -> License:
    from assay.formats import spdx_license

    valid = spdx_license.is_valid(text)
    return License(
        expression=text if valid else "",
        name="" if valid else text,
        acknowledgement=(
            Acknowledgement.CONCLUDED if entry.get("acknowledgement") == "concluded" else Acknowledgement.DECLARED
        ),
        text=as_text(as_object(details.get("text")).get("content")),
        url=as_text(details.get("url")),
    )


def one_kind(entries: list[Json]) -> list[Json]:
    """Either exactly one expression or only licences, as versions up to 1.6 want it."""
    objects = [as_object(entry) for entry in entries]
    expressions = [entry for entry in objects if "expression" in entry]
    if not expressions or len(objects) == 1:
        return entries
    said = {_acknowledgement(entry) for entry in objects}
    parts = [_as_expression(entry) for entry in objects]
    if all(parts) and len(said) == 1:
        joined: Object = {"expression": " AND ".join(f"({part})" if " " in part else part for part in parts)}
        return [joined | ({"acknowledgement": next(iter(said))} if any(said) else {})]
    return [_as_named(entry) if "expression" in entry else entry for entry in objects]


def _acknowledgement(entry: Object) -> str:
    return as_text(entry.get("acknowledgement") or as_object(entry.get("license")).get("acknowledgement"))


def _as_expression(entry: Object) -> str:
    return as_text(entry.get("expression")) or as_text(as_object(entry.get("license")).get("id"))


def _as_named(entry: Object) -> Object:
    named: Object = {"name": as_text(entry.get("expression"))}
    if "acknowledgement" in entry:
        named["acknowledgement"] = entry["acknowledgement"]
    return {"license": named}
