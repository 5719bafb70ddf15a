"""Java archives (jar, war, ear ...), with the archives inside them.

What an archive is comes from ``META-INF/maven/GROUP/ARTIFACT/pom.properties``; a shaded jar has one for each artifact
that went into it, and the one that fits the file name is its own. Without any, manifest and file name tell it. Only
the central directory, these members and SBOMs (`embedded`) are read; archives inside are read from memory, within the
bounds below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from assay.ecosystems.maven import coordinates, embedded, families, naming
from assay.ecosystems.maven.effective import Library, effective
from assay.ecosystems.maven.pom import Pom
from assay.ecosystems.maven.pom import parse as parse_pom
from assay.ecosystems.maven.project import dependencies, licenses, references
from assay.errors import LimitExceeded, Malformed
from assay.formats import digest, spdx_license, zip
from assay.model.component import Component, ComponentType, Occurrence, Presence, Property
from assay.model.digest import Algorithm
from assay.model.ecosystem import Content, File, Found, Need
from assay.model.license import License
from assay.model.sbom import Skipped

_SUFFIXES = (b".jar", b".war", b".ear", b".par", b".sar", b".nar", b".jpi", b".hpi", b".kar", b".lpkg")
_NESTED = re.compile(rb"\.(?:[jwepsn]ar|[jh]pi|kar|lpkg)")
_METADATA = re.compile(rb"META-INF/(?:MANIFEST\.MF|maven/[^/\0]{1,200}/[^/\0]{1,200}/pom\.|sbom/)")
_ALWAYS_ARCHIVES = (".jar", ".war", ".ear")
_APPLICATIONS = (".war", ".ear", ".hpi", ".jpi", ".kar", ".lpkg", ".sar", ".par")
_MAX_DEPTH = 8
_MAX_NESTED = 20_000
_MAX_MEMBER = 256 << 20
_MAX_TOTAL = 2 << 30
_MAX_TEXT = 4 << 20
_MAX_METADATA = 2_000
_MAX_METADATA_BYTES = 64 << 20
_NO_POM = Pom()


@dataclass(slots=True)
class _Budget:
    """What is left to be unpacked below one file."""

    archives: int = _MAX_NESTED
    bytes: int = _MAX_TOTAL
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(slots=True)
class _Scan:
    """What one archive and those inside it say; `own` is the archive itself, if it could be named."""

    own: Component | None = None
    components: list[Component] = field(default_factory=list)
    edges: list[tuple[str, str]] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Artifact:
    """The coordinates of a pom.properties, with the model beside it."""

    component: Component
    pom: Pom | None = None


def parse(file: File) -> Found:
    """The archive, what is shaded into it and what is nested in it, with the dependencies that their models state."""
    if file.content[:2] != b"PK" and not file.path.endswith(_ALWAYS_ARCHIVES):
        return Found()
    if not len(file.content):
        return Found()
    budget = _Budget()
    scan = _scan(file.content, file.path, budget, 0)
    named = [item for item in scan.components if item.namespace]
    provides = [(coordinates.key(item), item.id) for item in named]
    provides += [(f"{coordinates.key(item)}:{item.version}", item.id) for item in named]
    return Found(
        tuple(scan.components),
        tuple(dict.fromkeys(scan.edges)),
        tuple(scan.needs),
        tuple(dict.fromkeys(provides)),
        skipped=tuple(budget.skipped),
    )


def _scan(content: Content, path: str, budget: _Budget, depth: int) -> _Scan:
    archive, fault = zip.open_damaged(content)
    if fault:
        budget.skipped.append(Skipped(path, fault))
    told, artifacts, documents = _metadata(archive, path, budget)
    name = path.rpartition("/")[2]
    scan = _Scan()
    own = _own(archive, path, told, artifacts)
    nested = _nested(archive, path, budget, depth)
    below = [inner for inner in nested if inner is not None]
    if own is not None:
        scan.own = _completed(own, told, content, name, (Occurrence(path),) if depth else ())
        _add(scan, scan.own, own.pom)
    for artifact in artifacts:
        if own is None or artifact.component.id != own.component.id:
            _shade(scan, artifact, path if depth else "")
    _contain(scan, below)
    if documents:
        _list(scan, embedded.listed(archive, documents, path, budget.bytes), budget)
    return scan


def _metadata(
    archive: zip.Archive, path: str, budget: _Budget
) -> tuple[dict[str, str], list[_Artifact], list[zip.Member]]:
    """The manifest, the artifacts that pom.properties (else pom.xml) files name, and the SBOMs, unread."""
    documents: list[zip.Member] = []
    told: dict[str, str] = {}
    models: dict[str, dict[str, bytes]] = {}
    left = _MAX_METADATA_BYTES
    for number, member in enumerate(archive.find(_METADATA)):
        if member.name.startswith("META-INF/sbom/"):
            documents += [member] if member.name.endswith(embedded.ENDINGS) else ()
            continue
        left -= member.size
        if number >= _MAX_METADATA or left < 0:
            budget.skipped.append(Skipped(path, f"more Maven descriptors than {_MAX_METADATA}, or too large ones"))
            break
        try:
            if member.name == "META-INF/MANIFEST.MF":
                told = naming.manifest(archive.read(member, _MAX_TEXT))
            elif member.name.endswith(("/pom.properties", "/pom.xml")):
                folder, _, kind = member.name.rpartition("/")
                models.setdefault(folder, {})[kind] = archive.read(member, _MAX_TEXT)
        except Malformed as error:
            budget.skipped.append(Skipped(f"{path}!/{member.name}", str(error)))
    artifacts = [_artifact(folder, files, path, budget) for folder, files in models.items()]
    return told, [artifact for artifact in artifacts if artifact is not None], documents


def _artifact(folder: str, files: dict[str, bytes], path: str, budget: _Budget) -> _Artifact | None:
    pom = None
    if "pom.xml" in files:
        try:
            pom = effective(parse_pom(files["pom.xml"]), "", Library())
        except Malformed as error:
            budget.skipped.append(Skipped(f"{path}!/{folder}/pom.xml", str(error)))
    values = naming.properties(files.get("pom.properties", b""))
    group, artifact, version = (values.get(key, "") for key in ("groupId", "artifactId", "version"))
    if pom is not None:
        group, artifact, version = group or pom.group, artifact or pom.artifact, version or pom.version
    if not group or not artifact or "${" in version:
        return None
    component = coordinates.find(group, artifact, version, Presence.INSTALLED)
    return _Artifact(component, pom) if component is not None else None


def _own(archive: zip.Archive, path: str, told: dict[str, str], artifacts: list[_Artifact]) -> _Artifact | None:
    """Which artifact the archive is: the one that fits its name, the only one, or what the manifest tells."""
    name = path.rpartition("/")[2]
    stem = name.rpartition(".")[0]
    fitting = [item for item in artifacts if _fits(stem, item.component)]
    if fitting:
        return max(fitting, key=lambda item: (item.component.version in stem, len(item.component.name)))
    artifact, version = naming.from_file_name(name)
    if len(artifacts) == 1:
        only = artifacts[0].component.version
        if only in stem if version else naming.same_release(only, naming.version(told)):
            return artifacts[0]
    version = version or naming.version(told)
    group = _group(archive, path, told, artifact, version) if version else ""
    component = coordinates.find(group, artifact, version, Presence.INSTALLED)
    return _Artifact(component) if component is not None else None


def _group(archive: zip.Archive, path: str, told: dict[str, str], artifact: str, version: str) -> str:
    """The group; a manifest that states another version came with what was shaded into the archive."""
    own = told if naming.same_release(version, naming.version(told)) else {}
    return (
        naming.group_from_path(path, artifact, version)
        or naming.group(own, artifact)
        or families.group(archive, own, artifact, version)
    )


def _fits(stem: str, component: Component) -> bool:
    if not stem.startswith(component.name):
        return False
    rest, version = stem[len(component.name) :], component.version
    return rest == "" or (rest[0] in "-_." and (rest[1:2].isdigit() or bool(version and f"-{version}" in rest)))


def _completed(
    own: _Artifact, told: dict[str, str], content: Content, name: str, places: tuple[Occurrence, ...]
) -> Component:
    pom = own.pom or _NO_POM
    return replace(
        own.component,
        type=ComponentType.APPLICATION if name.endswith(_APPLICATIONS) else ComponentType.LIBRARY,
        licenses=licenses(pom) or _bundle_licenses(told.get("Bundle-License", "")),
        description=_description(pom),
        supplier=pom.organization or told.get("Implementation-Vendor", "") or told.get("Bundle-Vendor", ""),
        references=references(pom),
        digests=(digest.of(content, Algorithm.SHA1),),
        occurrences=places,
    )


def _bundle_licenses(declared: str) -> tuple[License, ...]:
    """What Bundle-License says: names or addresses with attributes (OSGi Core 8, 3.2.1.11).

    Names may hold commas ("Apache License, Version 2.0"), so only lists of addresses are taken apart.
    """
    clauses = declared.split(",") if declared.startswith("http") else [declared]
    texts = [clause.partition(";")[0].strip(' "') for clause in clauses]
    return tuple(dict.fromkeys(item for text in texts for item in spdx_license.normalise(text)))


def _description(pom: Pom) -> str:
    return "" if "${" in pom.description else pom.description


def _add(scan: _Scan, component: Component, pom: Pom | None) -> None:
    scan.components.append(component)
    scan.needs += dependencies(component.id, pom) if pom is not None else ()


def _shade(scan: _Scan, artifact: _Artifact, path: str) -> None:
    """An artifact whose classes were copied into the archive."""
    pom = artifact.pom or _NO_POM
    component = replace(
        artifact.component,
        licenses=licenses(pom),
        description=_description(pom),
        supplier=pom.organization,
        references=references(pom),
        properties=(Property("assay:maven:shaded", "true"),) if scan.own is not None else (),
        occurrences=(Occurrence(path),) if path else (),
    )
    _add(scan, component, artifact.pom)
    if scan.own is not None:
        scan.edges.append((scan.own.id, component.id))


def _contain(scan: _Scan, below: list[_Scan]) -> None:
    """Archives inside belong to this one; those that another of them needs hang on that one."""
    for inner in below:
        scan.components += inner.components
        scan.edges += inner.edges
        scan.needs += inner.needs
    if scan.own is None:
        return
    needed = {name for inner in below for need in inner.needs for name in need.names}
    for inner in below:
        if inner.own is not None and inner.own.id != scan.own.id and coordinates.key(inner.own) not in needed:
            scan.edges.append((scan.own.id, inner.own.id))


def _list(scan: _Scan, found: embedded.Listed, budget: _Budget) -> None:
    """What the SBOMs of the archive list: it belongs to this archive, but for what another needs of it."""
    budget.skipped += found.skipped
    budget.bytes -= found.size
    renamed, named = embedded.same(found.components, (item for item in scan.components if item is not scan.own))
    if scan.own is not None:
        named |= embedded.named(scan.own, found.roots)
        scan.own = embedded.called(scan.own, named)
    scan.components = [embedded.called(item, named) for item in scan.components]
    scan.needs = embedded.needs(scan.needs, named)
    names = {old: item.id for old, item in named.items()} | renamed
    own = scan.own.id if scan.own is not None else ""
    edges = [(names.get(one, one), names.get(other, other)) for one, other in found.edges]
    below = {other for one, other in edges if one != own}
    stated = [(names.get(one, one), names.get(other, other)) for one, other in scan.edges]
    scan.edges = [(one, other) for one, other in stated if one != own or other not in below] + edges
    scan.edges += [(own, names.get(item, item)) for item in found.top if own and names.get(item, item) != own]
    there = {item.id: item for item in scan.components}
    for item in found.components:
        place = there.get(names.get(item.id, item.id))
        if place is None or item.id == place.id != own:
            scan.components.append(item)
        elif place.id != own:
            scan.components.append(replace(place, occurrences=item.occurrences))


def _nested(archive: zip.Archive, path: str, budget: _Budget, depth: int) -> Iterator[_Scan | None]:
    """The scans of the archives inside; what exceeds the bounds is told as skipped."""
    if not archive.may_end(_NESTED):
        return
    for member in archive.members(lambda name: name.endswith(_SUFFIXES)):
        place = f"{path}!/{member.name}"
        try:
            yield _scan(_unpacked(archive, member, budget, depth), place, budget, depth + 1)
        except Malformed as error:
            budget.skipped.append(Skipped(place, str(error)))
        if budget.archives <= 0 or len(budget.skipped) > 1000:
            budget.skipped.append(Skipped(path, "too many archives inside; the rest was left out"))
            return


def _unpacked(archive: zip.Archive, member: zip.Member, budget: _Budget, depth: int) -> bytes:
    if depth >= _MAX_DEPTH:
        raise LimitExceeded(f"archives nested deeper than {_MAX_DEPTH}")
    budget.archives -= 1
    data = archive.read(member, min(_MAX_MEMBER, budget.bytes))
    budget.bytes -= len(data)
    return data
