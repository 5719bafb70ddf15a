"""yarn.lock: version 1 (Yarn Classic) and Berry (Yarn 2 and later), two dialects of one line grammar.

::

    left-pad@^1.3.0, "left-pad@npm:^1.0.0":        "left-pad@npm:^1.3.0":
      version "1.3.0"                                version: 1.3.0
      resolved "https://registry.example/..."        resolution: "left-pad@npm:1.3.0"
      integrity sha512-XI5MPzVNApjA...               checksum: 10c0/3dbb...
      dependencies:                                  dependencies:
        foo "^2.0.0"                                   foo: "npm:^2.0.0"
                                                     linkType: hard

An entry starts at column 0 with all descriptors that it answers, so a dependency is found under ``NAME@RANGE``. The
checksum of Berry is that of Yarn's own zip file, not of the package. Long keys are written ``? "..."``, then ``:``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from assay.ecosystems.npm import package
from assay.errors import Malformed
from assay.formats import digest
from assay.model.component import Component, ComponentType
from assay.model.digest import Digest
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_PAIR = re.compile(r'("(?:[^"\\]|\\.)*"|[^\s:"][^\s:]*)(?::\s*|\s+)(.*)')
_DESCRIPTOR = re.compile(r'"((?:[^"\\]|\\.)*)"|([^",\s][^",]*)')
_SECTIONS = frozenset({"dependencies", "optionalDependencies"})
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>")


@dataclass(slots=True)
class Entry:
    """A block: its descriptors, its fields, and its dependencies by name."""

    descriptors: list[str]
    fields: dict[str, str] = field(default_factory=dict)
    dependencies: dict[str, str] = field(default_factory=dict)


def parse(file: File) -> Found:
    """The locked packages with their edges; members of a Berry workspace are applications."""
    if package.is_packaged(file.path):
        return Found()
    skipped: list[Skipped] = []
    entries = [entry for entry in _entries(file, skipped) if entry.descriptors != ["__metadata"]]
    components = [_component(entry) for entry in entries]
    identities = [component.id for component in components]
    by_descriptor = {
        descriptor: identity
        for entry, identity in zip(entries, identities, strict=True)
        for descriptor in entry.descriptors
    }
    only = _only(by_descriptor)
    edges = {
        (identity, target): None
        for entry, identity in zip(entries, identities, strict=True)
        for name, wanted in entry.dependencies.items()
        if (target := _find(by_descriptor, only, name, wanted)) and target != identity
    }
    provides, folder = [], file.folder
    for descriptor, identity in by_descriptor.items():
        name, wanted = package.name_and_rest(descriptor)
        provides.append((package.promise(folder, name, wanted), identity))
        if wanted.startswith("npm:"):
            provides.append((package.promise(folder, name, wanted[4:]), identity))
    unique = dict(zip(identities, components, strict=True))
    return Found(tuple(unique.values()), tuple(edges), provides=tuple(provides), root=folder, skipped=tuple(skipped))


def _only(known: dict[str, str]) -> dict[str, str]:
    """What each name is locked to that has one package: a resolution of the project's answers every range with it."""
    found: dict[str, set[str]] = {}
    for descriptor, identity in known.items():
        found.setdefault(package.name_and_rest(descriptor)[0], set()).add(identity)
    return {name: next(iter(identities)) for name, identities in found.items() if len(identities) == 1}


def _find(known: dict[str, str], only: dict[str, str], name: str, wanted: str) -> str:
    for descriptor in (f"{name}@{wanted}", f"{name}@npm:{wanted}"):
        if descriptor in known:
            return known[descriptor]
    return only.get(name, "")


def _entries(file: File, skipped: list[Skipped]) -> list[Entry]:
    entries: list[Entry] = []
    section = ""
    for number, line in enumerate(file.text.splitlines(), 1):
        text = line.strip()
        if not text or text[0] == "#" or text == ":":
            continue
        if line[0] != " ":
            section = ""
            if not _starts(text):
                skipped.append(Skipped(file.path, f"line {number} is no entry: {text[:80]}"))
            else:
                entries.append(Entry(_descriptors(text)))
        elif entries:
            section = _property(entries[-1], section, line.startswith("   "), text)
        else:
            raise Malformed(f"line {number} belongs to no entry")
    if skipped and not entries:
        raise Malformed(skipped[0].reason)
    return entries


def _starts(text: str) -> bool:
    return (text.endswith(":") or text.startswith('? "')) and not text.startswith(_CONFLICT)


def _descriptors(text: str) -> list[str]:
    """``a@^1, "b@npm:^1, b@npm:^2":`` lists descriptors, commas may be inside or outside of quotes."""
    text = text.removeprefix("? ").removesuffix(":")
    found = [quoted or plain.strip() for quoted, plain in _DESCRIPTOR.findall(text)]
    return [part.strip() for one in found for part in one.split(", ") if part.strip()]


def _property(entry: Entry, section: str, deep: bool, text: str) -> str:
    """Files one line under the entry; says which section the following deeper lines belong to."""
    if not deep and text[-1] == ":":
        return text[:-1].strip('"')
    pair = _PAIR.fullmatch(text)
    if pair is None:
        return section
    key, value = pair[1].strip('"'), pair[2].strip('"')
    if not deep:
        entry.fields.setdefault(key, value)
        return ""
    if section in _SECTIONS:
        entry.dependencies.setdefault(key, value)
    return section


def _component(entry: Entry) -> Component:
    name, wanted = package.name_and_rest(entry.descriptors[0] if entry.descriptors else "")
    resolution = entry.fields.get("resolution", "")
    origin, reference = package.name_and_rest(resolution)
    real = origin or package.alias(wanted)[0] or name
    member = reference.removeprefix("workspace:") if reference.startswith("workspace:") else ""
    version = entry.fields.get("version", "")
    resolved = entry.fields.get("resolved", "") or ("" if reference.startswith("npm:") else reference)
    integrity = entry.fields.get("integrity", "")
    return package.locked(
        real,
        "" if member else version,
        kind=ComponentType.APPLICATION if member else ComponentType.LIBRARY,
        digests=package.integrity(integrity) or _fragment(resolved),
        resolved=resolved,
        properties={package.ALIAS: name if name != real else "", package.WORKSPACE: member},
    )


def _fragment(resolved: str) -> tuple[Digest, ...]:
    """Before ``integrity``, Yarn wrote the SHA-1 behind the address: ``...left-pad-1.3.0.tgz#5b8a3a70...``."""
    if package.is_repository(resolved) or "codeload" in resolved:
        return ()
    found = digest.find(resolved.rpartition("#")[2]) if "#" in resolved else None
    return (found,) if found else ()
