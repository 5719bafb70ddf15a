"""Paket: paket.lock and paket.dependencies (Paket, "The paket.lock file", "The paket.dependencies file").

::

    GROUP Test
    NUGET
      remote: https://nuget.example/v3/index.json
        Text (2.1.0) - restriction: >= net6.0
          Base (>= 1.0)
    GITHUB
      remote: owner/repository
        path/File.fs (0123abc)
"""

from __future__ import annotations

import re
from dataclasses import replace

from assay.ecosystems.nuget.package import component
from assay.errors import Malformed
from assay.formats import purl
from assay.model.component import Component, Presence, Scope
from assay.model.ecosystem import File, Found

_ENTRY = re.compile(r"( {4}|\t\t)([\w./\-+:]{1,300}) \(([^()\s]{1,200})\)")
_NEED = re.compile(r"(?: {6}|\t\t\t)([\w./\-+]{1,300})(?: |$)")
_SECTIONS = frozenset({"NUGET", "GITHUB", "GIT", "HTTP", "GIST"})
_DEVELOPMENT = frozenset({"test", "tests", "build"})
_REQUIREMENT = re.compile(r"\s*nuget\s+([\w.\-]{1,200})\s*([^\n]{0,300})", re.IGNORECASE)
_VERSIONS = re.compile(r"(?:~>|==|>=|<=|>|<|=|@)?\s*[\d@][\w.\-+*]*")


def parse_lock(file: File) -> Found:
    """The locked packages with their edges; those of the groups Test and Build are out of scope (`excluded`)."""
    components: dict[str, Component] = {}
    needs: list[tuple[str, str, str]] = []
    names: dict[tuple[str, str], str] = {}
    section = group = current = remote = ""
    known = False
    for line in file.text.split("\n"):
        word = line.rstrip()
        if word in _SECTIONS or word.startswith("GROUP "):
            section, known = (word, True) if word in _SECTIONS else ("", True)
            group = word[6:].strip().lower() if not section else group
        elif word.strip().startswith("remote:"):
            remote = word.partition("remote:")[2].strip()
        elif section and (entry := _ENTRY.match(line)) is not None:
            item = _locked(section, remote, entry[2], entry[3])
            current = item.id if item is not None else ""
            if item is not None:
                scoped = replace(item, scope=Scope.EXCLUDED if group in _DEVELOPMENT else Scope.REQUIRED)
                components.setdefault(item.id, scoped)
                names[group, item.name.lower()] = item.id
        elif current and (need := _NEED.match(line)) is not None:
            needs.append((current, group, need[1].lower()))
    if not known and file.text.strip():
        raise Malformed("not a Paket lock file: no known section")
    edges = [(item, names[group, name]) for item, group, name in needs if (group, name) in names]
    return Found(tuple(components.values()), tuple(dict.fromkeys(edges)))


def _locked(section: str, remote: str, name: str, version: str) -> Component | None:
    if section == "NUGET":
        return component(name, version, Presence.DECLARED)
    owner, _, repository = remote.partition("/")
    if section == "GITHUB" and owner and repository and "/" not in repository:
        path = "" if name == remote else name
        identity = purl.build("github", repository, version, owner, subpath=path)
        return Component(name, version, ecosystem="nuget", purl=identity, presence=Presence.DECLARED)
    return Component(name, version, ecosystem="nuget", presence=Presence.DECLARED)


def parse_dependencies(file: File) -> Found:
    """What is asked for: an exact version where it is pinned (``= 1.0``, ``1.0``), else a range."""
    found: dict[str, Component] = {}
    for line in file.text.split("\n"):
        match = _REQUIREMENT.match(line)
        if match is None:
            continue
        words = " ".join(part.strip() for part in _VERSIONS.findall(match[2].partition("#")[0])[:3])
        pinned = words.lstrip("=@ ") if words[:1].isdigit() or words.startswith(("=", "@")) else ""
        pinned = pinned if " " not in pinned and "*" not in pinned else ""
        item = component(match[1], pinned, Presence.DECLARED)
        if item is not None:
            found.setdefault(item.id, item if pinned else replace(item, version_range=words))
    return Found(tuple(found.values()))
