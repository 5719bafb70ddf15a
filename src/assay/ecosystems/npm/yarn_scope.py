"""What is locked by Yarn for development alone: yarn.lock does not say it, the manifests beside and below it do.

From what the projects ask for the scopes go along the edges of the lock file. What no manifest that is here leads to
stays required.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from assay.ecosystems.npm import package
from assay.model.component import Component, ComponentType, Scope
from assay.model.ecosystem import Found, Located
from assay.model.reachability import scopes

LOCK = "npm-yarn-lock"
"""The parser of yarn.lock."""


def scoped(files: Sequence[Located]) -> Sequence[Located]:
    """The files, lock files of Yarn with the scopes of their packages."""
    locks = {part.found.root: part for part in files if part.parser == LOCK and part.found.components}
    if not locks:
        return files
    projects: dict[str, dict[str, Found]] = defaultdict(dict)
    for part in files:
        if "ranges" in part.found.facts:
            folder = part.path.rpartition("/")[0]
            lock = next((one for one in package.upward(folder) if one in locks), None)
            if lock is not None:
                projects[lock][folder] = part.found
    known = {folder: _scopes(lock.found, projects[folder]) for folder, lock in locks.items() if projects[folder]}
    return [
        replace(part, found=_told(part.found, known[part.found.root]))
        if part.parser == LOCK and part.found.root in known
        else part
        for part in files
    ]


def _scopes(lock: Found, projects: Mapping[str, Found]) -> Mapping[str, Scope]:
    """By id; `projects` are the manifests by their folders."""
    promised = dict(lock.provides)
    named: dict[str, set[str]] = defaultdict(set)
    for promise, identity in lock.provides:
        named[package.name_and_rest(promise.partition("/lock:")[2])[0]].add(identity)
    members = [one for one in lock.components if one.type is ComponentType.APPLICATION]
    own = {one.id for one in members if _folder(lock.root, one) in projects}
    direct: dict[Scope, list[str]] = {scope: [] for scope in Scope}
    direct[Scope.REQUIRED] = [one.id for one in members if one.id not in own]
    for project in projects.values():
        asked = {one.id: one.scope for one in project.components}
        wanted = cast("Mapping[str, Sequence[str]]", project.facts["ranges"])
        for name, identity in project.provides:
            exact = next((promised[one] for one in wanted.get(name, ()) if one in promised), None)
            # A resolution of the project's answers another range: then whatever has the name may be meant.
            targets = {exact} if exact is not None else named.get(name.rpartition("/range:")[2], set())
            direct[asked[identity]].extend(targets - own)
    return scopes((pair for pair in lock.edges if pair[0] not in own), direct)


def _folder(root: str, member: Component) -> str:
    place = next((item.value for item in member.properties if item.name == package.WORKSPACE), "")
    folder = posixpath.normpath(posixpath.join(root, place))
    return "" if folder == "." else folder


def _told(lock: Found, known: Mapping[str, Scope]) -> Found:
    def one(component: Component) -> Component:
        scope = known.get(component.id, component.scope)
        return component if scope is component.scope else replace(component, scope=scope)

    return replace(lock, components=tuple(map(one, lock.components)))
