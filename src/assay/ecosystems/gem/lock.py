"""Gemfile.lock and gems.locked (Bundler, "Gemfile.lock"; `Bundler::LockfileParser`).

Sections start at the margin, their options and `specs:` are indented by two blanks, the gems by four, what a gem
needs by six. `CHECKSUMS` (Bundler 2.6) repeats the gems with their digests::

    GEM
      remote: https://gems.example/
      specs:
        nokogiri (1.13.1-x86_64-linux)
          racc (~> 1.4)
        racc (1.6.0)

    CHECKSUMS
      racc (1.6.0) sha256=2dede3b136eeabd0f7b8c9356b958b3d743c00158e2615acab431af141354551
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from assay.errors import Malformed
from assay.formats import digest, purl
from assay.model.component import Component, ExternalReference, Presence
from assay.model.digest import Digest
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_SOURCES = frozenset({"GEM", "GIT", "PATH", "PLUGIN SOURCE"})
_SECTIONS = _SOURCES | {"PLATFORMS", "DEPENDENCIES", "CHECKSUMS", "RUBY VERSION", "BUNDLED WITH"}
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_SPEC = re.compile(r"([^\s(]+)(?: \(([^()]*)\))?!?(?: (.*))?\Z")
_DEFAULT_REMOTE = re.compile(r"https?://(?:[^/@]*@)?(?:index\.|www\.)?rubygems\.[a-z]+(?:/|\Z)")
_MAX_VARIANTS = 16  # platforms of one gem: more are not linked, lest edges grow with the square of the file


@dataclass(slots=True)
class _Section:
    name: str
    options: dict[str, str] = field(default_factory=dict)
    gems: list[tuple[str, list[str]]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def parse(file: File) -> Found:
    """The gems of every source with their edges; gems of several platforms are several components."""
    sections, skipped = _sections(file)
    checksums = dict(_checksums(sections))
    components: dict[str, Component] = {}
    needs: list[tuple[str, list[str]]] = []
    variants: dict[str, list[str]] = {}
    for section in sections:
        for spec, dependencies in section.gems if section.name in _SOURCES else ():
            component = _component(spec, section, checksums)
            if component is None:
                skipped.append(Skipped(file.path, f"gem without a version: {spec[:100]}"))
            elif component.id not in components:
                components[component.id] = component
                variants.setdefault(component.name, []).append(component.id)
                needs.append((component.id, dependencies))
    edges = [
        (dependent, dependency)
        for dependent, names in needs
        for name in names
        for dependency in variants.get(_spec(name)[0], [])[:_MAX_VARIANTS]
    ]
    return Found(tuple(components.values()), tuple(edges), skipped=tuple(skipped))


def _sections(file: File) -> tuple[list[_Section], list[Skipped]]:
    sections: list[_Section] = []
    skipped: list[Skipped] = []
    for line in file.text.splitlines():
        if not line.strip():
            continue
        if line.startswith(_CONFLICT):
            skipped.append(Skipped(file.path, "unresolved merge conflict"))
        elif not line.startswith(" "):
            sections.append(_Section(line.strip()))
        elif not sections:
            raise Malformed("Gemfile.lock: an entry before the first section")
        else:
            _entry(sections[-1], line)
    if sections and not any(section.name in _SECTIONS for section in sections):
        raise Malformed("Gemfile.lock: none of the sections of a lock file")
    return sections, skipped[:1]


def _entry(section: _Section, line: str) -> None:
    text = line.strip()
    indent = len(line) - len(line.lstrip(" "))
    section.lines.append(text)
    if indent == 2:
        key, colon, value = text.partition(": ")
        if colon:
            section.options.setdefault(key, value.strip())
    elif indent == 4:
        section.gems.append((text, []))
    elif indent == 6 and section.gems:
        section.gems[-1][1].append(text)


def _spec(text: str) -> tuple[str, str, str]:
    """Name, version (or requirement) and the rest of a line: ``racc (1.6.0) sha256=...``."""
    match = _SPEC.match(text)
    return (match[1].removesuffix("!"), match[2] or "", match[3] or "") if match else ("", "", "")


def _checksums(sections: list[_Section]) -> Iterator[tuple[tuple[str, str], tuple[Digest, ...]]]:
    for section in sections:
        for line in section.lines if section.name == "CHECKSUMS" else ():
            name, version, sums = _spec(line)
            known = (digest.find(item.replace("=", ":", 1)) for item in re.split(r"[,\s]+", sums))
            yield (name, version), tuple(item for item in known if item)


def _component(spec: str, section: _Section, checksums: dict[tuple[str, str], tuple[Digest, ...]]) -> Component | None:
    name, locked, _ = _spec(spec)
    version, _, platform = locked.partition("-")
    if not name or not version:
        return None
    return Component(
        name,
        version,
        purl=purl.attempt("gem", name, version, qualifiers=_qualifiers(section, platform)),
        presence=Presence.DECLARED,
        digests=checksums.get((name, locked), ()),
        references=_references(section),
    )


def _qualifiers(section: _Section, platform: str) -> dict[str, str]:
    remote, revision = section.options.get("remote", ""), section.options.get("revision", "")
    qualifiers = {"platform": platform}
    if section.name == "GIT" and remote:
        qualifiers["vcs_url"] = f"git+{remote}@{revision}" if revision else f"git+{remote}"
    elif section.name == "GEM" and remote.startswith("http") and not _DEFAULT_REMOTE.match(remote):
        qualifiers["repository_url"] = remote.rstrip("/")
    return qualifiers


def _references(section: _Section) -> tuple[ExternalReference, ...]:
    remote = section.options.get("remote", "")
    return (ExternalReference("vcs", remote),) if section.name == "GIT" and "://" in remote else ()
