"""CSAF documents as advisories: what the status of a product says about versions of a package.

==========================  =========================================================================
``known_affected``          affected: the version of the purl, the versions of a ``vers:`` branch, else all
``first_affected`` …        the same; ``last_affected`` up to that version
``fixed``, ``first_fixed``  everything below that version is affected
``known_not_affected``      `FixState.NOT_AFFECTED`
``under_investigation``     `FixState.UNDER_INVESTIGATION`
==========================  =========================================================================

A product is a package by its purl, or (SUSE, elder Red Hat) by the name of its rpm; it belongs to the release of the
distribution that the platform tells which it is a component of, by CPE or name. Remediations say what becomes of what
has no fix (``no_fix_planned``, "Will not fix", "Out of support scope").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from assay.errors import Malformed
from assay.formats import advisory_ecosystem, csaf, json_records, purl, vers
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.advisory import Advisory, Affected, FixState, Level, Record, Reference, Severity
from assay.model.feed import Document
from assay.model.purl import Purl
from assay.model.sbom import Skipped
from assay.model.version import Interval

_AFFECTED = ("known_affected", "first_affected", "last_affected")
_FIXED = ("fixed", "first_fixed")
_NVRA = re.compile(r"(?P<name>[^:]+)-(?:(?P<epoch>\d+):)?(?P<version>[^-:]+)-(?P<release>[^-:]+?)\.(?P<arch>\w+)\Z")
_CHANNEL = re.compile(r"(?:^|[_:.-])(eus|e4s|aus|tus|els|elp|ltss)(?:$|[_:.-])")
_LEVELS = {
    "critical": Level.CRITICAL, "important": Level.HIGH, "high": Level.HIGH, "moderate": Level.MEDIUM,
    "medium": Level.MEDIUM, "low": Level.LOW,
}  # fmt: skip
_STATES = (
    ("will not fix", FixState.WONT_FIX),
    ("no fix planned", FixState.WONT_FIX),
    ("out of support", FixState.END_OF_LIFE),
    ("end of life", FixState.END_OF_LIFE),
    ("deferred", FixState.DEFERRED),
    ("under investigation", FixState.UNDER_INVESTIGATION),
)

Place = Callable[[csaf.TreeProduct, "csaf.TreeProduct | None"], "tuple[str, str]"]


class _Package(NamedTuple):
    """What a product is: where it belongs, its name and version ("" for all), and how it is told apart."""

    ecosystem: str
    name: str
    version: str = ""
    versions: tuple[Interval, ...] = ()
    binary: bool = False
    module: str = ""
    channel: str = ""


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """An advisory for each vulnerability of each document."""
    for place, item in json_records.objects(document):
        if isinstance(item, Skipped):
            yield item
        elif not csaf.is_csaf(item):
            yield Skipped(place, "not CSAF 2")
        else:
            try:
                yield from of(item, source)
            except (Malformed, TypeError, ValueError, AttributeError) as error:
                yield Skipped(place, f"not of the expected form: {error}")


def of(value: Object, source: str) -> Iterator[Advisory]:
    """The advisories of a loaded document."""
    document = as_object(value.get("document"))
    tracking = as_object(document.get("tracking"))
    own = as_text(tracking.get("id"))
    overall = _LEVELS.get(as_text(as_object(document.get("aggregate_severity")).get("text")).lower(), Level.UNKNOWN)
    known, groups = csaf.products(value), csaf.groups(value)
    packages = {name: found for name, item in known.items() if (found := _package(item, known)) is not None}
    vulnerabilities = [as_object(item) for item in as_list(value.get("vulnerabilities"))]
    for item in vulnerabilities:
        names = [as_text(item.get("cve")), *(as_text(as_object(name).get("text")) for name in as_list(item.get("ids")))]
        names = [*dict.fromkeys(filter(None, names))]
        alone = len(vulnerabilities) == 1 and own.upper() == (names[0].upper() if names else own.upper())
        affected = tuple(dict.fromkeys(_affected(item, packages, groups)))
        if not affected:
            continue
        yield Advisory(
            id=names[0] if alone and names else f"{own}:{names[0]}" if names else own,
            upstream=() if alone else tuple(names),
            aliases=tuple(names[1:]) if alone else (),
            published=as_text(item.get("release_date")) or as_text(tracking.get("initial_release_date")),
            modified=as_text(tracking.get("current_release_date")),
            summary=as_text(item.get("title")) or as_text(document.get("title")),
            severities=tuple(dict.fromkeys(_severities(item, source, overall))),
            weaknesses=tuple(filter(None, [as_text(as_object(item.get("cwe")).get("id"))])),
            references=tuple(_references(item, document)),
            affected=affected,
        )


def _affected(item: Object, packages: dict[str, _Package], groups: dict[str, tuple[str, ...]]) -> Iterator[Affected]:
    status = as_object(item.get("product_status"))
    states = _states(item, groups)
    mended = {
        (found.ecosystem, found.name, found.module)
        for key in _FIXED
        for name in as_list(status.get(key))
        if (found := packages.get(as_text(name))) is not None
    }
    for key, products in status.items():
        for name in map(as_text, as_list(products)):
            found = packages.get(name)
            if found is None:
                continue
            again = key in _AFFECTED and (found.ecosystem, found.name, found.module) in mended and not found.versions
            if not (again and not found.version):
                yield from _said(key, found, states.get(name, FixState.NOT_FIXED))


def _said(key: str, found: _Package, state: FixState) -> Iterator[Affected]:
    """What a status says about a package."""
    exact = (found.version,) if found.version else ()
    base = Affected(found.ecosystem, found.name, binary=found.binary, module=found.module, channel=found.channel)
    if key in _FIXED and found.version:
        interval = Interval(high=found.version)
        yield base._replace(intervals=(interval,), fixed=exact, state=FixState.FIXED)
    elif key == "last_affected" and found.version:
        yield base._replace(intervals=(Interval(high=found.version, high_included=True),), state=state)
    elif key in _AFFECTED:
        everything = () if exact else found.versions or (Interval(),)
        yield base._replace(intervals=everything, versions=exact, state=state)
    elif key == "known_not_affected":
        yield base._replace(intervals=found.versions, versions=exact, state=FixState.NOT_AFFECTED)
    elif key == "under_investigation":
        everything = () if exact else found.versions or (Interval(),)
        yield base._replace(intervals=everything, versions=exact, state=FixState.UNDER_INVESTIGATION)


def _states(item: Object, groups: dict[str, tuple[str, ...]]) -> dict[str, FixState]:
    """What remediations say about products that have no fix."""
    result: dict[str, FixState] = {}
    for entry in map(as_object, as_list(item.get("remediations"))):
        category, text = as_text(entry.get("category")), as_text(entry.get("details")).lower()
        if category not in ("no_fix_planned", "none_available"):
            continue
        default = FixState.WONT_FIX if category == "no_fix_planned" else FixState.NOT_FIXED
        state = next((state for words, state in _STATES if words in text), default)
        names = [*map(as_text, as_list(entry.get("product_ids")))]
        names += [name for group in as_list(entry.get("group_ids")) for name in groups.get(as_text(group), ())]
        result |= dict.fromkeys(names, state)
    return result


def _package(item: csaf.TreeProduct, known: dict[str, csaf.TreeProduct]) -> _Package | None:
    """The package that a product is; None where it is none, or of no ecosystem that advisories are asked about."""
    found = next((part for text in item.ids if text.startswith("pkg:") and (part := purl.read(text))), None)
    system, channel = _system(item, known)
    versions = vers.read(item.versions) if item.versions.startswith("vers:") else ()
    if found is not None and found.type in ("rpm", "deb", "apk", "rpmmod"):
        return _of_system(found, system, channel)
    if found is not None:
        ecosystem = advisory_ecosystem.of_purl(found.type)
        name = "/".join(filter(None, (found.namespace, found.name)))
        name = name.replace("/", ":") if found.type == "maven" else name
        return _Package(ecosystem, name, found.version or "", versions) if ecosystem else None
    match = _NVRA.match(item.component or item.name) if system else None
    if match is None:
        return None
    if match["arch"] in ("src", "nosrc"):
        return None
    version = f"{match['epoch']}:" if match["epoch"] and match["epoch"] != "0" else ""
    return _Package(
        system, match["name"], f"{version}{match['version']}-{match['release']}", binary=True, channel=channel
    )


def _of_system(found: Purl, system: str, channel: str) -> _Package | None:
    if not system or found.type == "rpmmod":
        return None
    arch, epoch = found.qualifier("arch"), found.qualifier("epoch")
    if arch == "src" and found.version:
        return None  # its packages are named too
    version = found.version or ""
    if version and epoch and epoch != "0" and ":" not in version:
        version = f"{epoch}:{version}"
    binary = advisory_ecosystem.names_binaries(system) and arch != "src"
    module = ":".join(found.qualifier("rpmmod").split(":")[:2])
    return _Package(system, found.name, version, (), binary, module, channel)


def _system(item: csaf.TreeProduct, known: dict[str, csaf.TreeProduct]) -> tuple[str, str]:
    """The release of a distribution that a product is a component of, and the channel of support."""
    for _ in range(csaf.MAX_DEPTH):
        outer = known.get(item.part_of)
        if outer is None:
            return "", ""
        for text in (*outer.ids, outer.name):
            name = advisory_ecosystem.of_platform(text)
            if name:
                channels = (_CHANNEL.search(part.lower()) for part in (*outer.ids, outer.name))
                return name, next((match[1] for match in channels if match), "")
        item = outer
    return "", ""


def _severities(item: Object, source: str, overall: Level) -> Iterator[Severity]:
    for entry in map(as_object, as_list(item.get("scores"))):
        for key in ("cvss_v4", "cvss_v3", "cvss_v2"):
            score = as_object(entry.get(key))
            number = score.get("baseScore")
            vector = as_text(score.get("vectorString"))
            if vector or isinstance(number, int | float):
                yield Severity(source, vector, float(number) if isinstance(number, int | float) else -1.0)
    words = [
        _LEVELS.get(as_text(entry.get("details")).lower(), Level.UNKNOWN)
        for entry in map(as_object, as_list(item.get("threats")))
        if entry.get("category") == "impact"
    ]
    level = next((word for word in words if word is not Level.UNKNOWN), overall)
    if level is not Level.UNKNOWN:
        yield Severity(source, level=level)


def _references(item: Object, document: Object) -> Iterator[Reference]:
    for entry in (*as_list(item.get("references")), *as_list(document.get("references"))):
        url = as_text(as_object(entry).get("url"))
        if url:
            yield Reference(url, "ADVISORY" if as_object(entry).get("category") == "self" else "WEB")
