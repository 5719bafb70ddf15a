"""``osv-scanner.toml``.

::

    [[IgnoredVulns]]
    id = "GO-2022-0968"
    ignoreUntil = 2026-11-09
    reason = "No ssh servers are connected to"

    [[PackageOverrides]]
    name = "lib"
    version = "1.0.0"
    ecosystem = "Go"
    ignore = true
    effectiveUntil = 2026-11-09
    reason = "…"
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import toml
from assay.formats.advisory_ecosystem import PURL_TYPES
from assay.formats.ignore_rules.assay_toml import day
from assay.formats.json import as_list, as_object, as_text
from assay.model.ignore_rule import IgnoreRule


def read(data: bytes, origin: str) -> tuple[list[IgnoreRule], list[str]]:
    """The rules about vulnerabilities; overrides of licences and severities concern others."""
    rules, problems = [], []
    table = as_object(toml.load(data))
    for key, build in (("IgnoredVulns", _vulnerability), ("PackageOverrides", _package)):
        for number, item in enumerate(as_list(table.get(key)), 1):
            place = f"{origin}: {key} {number}"
            try:
                rule = build(as_object(item), place)
            except Malformed as error:
                problems.append(f"{place}: {error.what}")
                continue
            if rule is not None:
                rules.append(rule)
    return rules, problems


def _vulnerability(item: dict, place: str) -> IgnoreRule | None:  # type: ignore[type-arg]
    name = as_text(item.get("id"))
    if not name:
        raise Malformed("it names no id")
    return IgnoreRule((name,), reason=as_text(item.get("reason")), expires=day(item.get("ignoreUntil")), origin=place)


def _package(item: dict, place: str) -> IgnoreRule | None:  # type: ignore[type-arg]
    ignored = item.get("ignore") is True or as_object(item.get("vulnerability")).get("ignore") is True
    name, version = as_text(item.get("name")), as_text(item.get("version"))
    ecosystem = as_text(item.get("ecosystem"))
    if not ignored or not (name or ecosystem):
        return None
    return IgnoreRule(
        packages=(f"{name or '*'}@{version}" if version else name,) if name or version else (),
        ecosystems=(PURL_TYPES.get(ecosystem, ecosystem.lower()),) if ecosystem else (),
        reason=as_text(item.get("reason")),
        expires=day(item.get("effectiveUntil")),
        origin=place,
    )
