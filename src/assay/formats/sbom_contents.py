"""What an SBOM says of the thing that it lies in: the components inside of it, free of what only holds in the document.

A document may lie in a folder beside what it describes, or within one package (`bundled`): then its root is that
package, and what it lists came with it, whatever system's packages they were before::

    app.jar!/META-INF/sbom/application.cdx.json      {"metadata": {"component": {"bom-ref": "root", ...}},
                                                      "components": [{"bom-ref": "a", "purl": "pkg:maven/g/a@1", ...}],
                                                      "dependencies": [{"ref": "root", "dependsOn": ["a"]}]}

Files, systems and images are no components here, nor are parts of a package that is listed, too (a target of a crate:
``pkg:cargo/a@1#src/lib.rs``), nor is what has neither a version nor a purl and only groups others (a lock file of
Trivy's). All in a document of a design is what it asks for, not what is there.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from assay.errors import LimitExceeded
from assay.model.component import Component, ComponentType, Presence
from assay.model.purl import Purl
from assay.model.sbom import Lifecycle, Sbom

_WRAPPINGS = frozenset({ComponentType.OPERATING_SYSTEM, ComponentType.CONTAINER})
_OF_SYSTEMS = frozenset({"deb", "rpm", "apk", "alpm", "ebuild"})
_BEFORE = frozenset({Lifecycle.DESIGN, Lifecycle.PRE_BUILD})
_MAX_GROUPED = 2_000_000


class Contents(NamedTuple):
    """The components, the edges between their ids, and those (`top`) that the root needs or nothing else does."""

    components: tuple[Component, ...]
    edges: tuple[tuple[str, str], ...]
    top: tuple[str, ...]


def contents(sbom: Sbom, *, bundled: bool = False) -> Contents:
    """What is inside. The root counts as a component where it has a purl, unless it is what holds the document.

    In a package, what has no version is what it asks for. Elsewhere packages of an operating system are only declared:
    which of them are installed says their own database. A document of assay says of each component whether it is there.
    """
    asked = bool(sbom.lifecycles) and _BEFORE.issuperset(sbom.lifecycles) and not is_ours(sbom)
    listed = sbom.components if bundled or sbom.subject.purl is None else (sbom.subject, *sbom.components)
    whole = {_package(item.purl) for item in (sbom.subject, *listed) if item.purl is not None and not item.purl.subpath}
    parts = {item.id for item in listed if item.purl is not None and item.purl.subpath and _package(item.purl) in whole}
    counting = [item for item in listed if item.id not in parts and _counts(item, sbom.dependencies)]
    known = {item.id: _own(item, asked, bundled) for item in counting}
    reach = Reach(sbom.dependencies, known)
    edges = dict.fromkeys(
        (component.id, known[needed].id) for reference, component in known.items() for needed in reach.of(reference)
    )
    components = {item.id: item for item in known.values()}
    below = {target for one, target in edges if one != target}
    direct = (known[needed].id for needed in reach.of(sbom.subject.id))
    top = dict.fromkeys((*direct, *(identity for identity in components if identity not in below)))
    return Contents(tuple(components.values()), tuple(edges), tuple(top))


def root(sbom: Sbom) -> Component:
    """What the document is about."""
    return _own(sbom.subject, asked=False, bundled=True)


def is_ours(sbom: Sbom) -> bool:
    """Whether assay wrote it."""
    return any(tool.name == "assay" for tool in sbom.tools)


def _counts(component: Component, dependencies: Mapping[str, Sequence[str]]) -> bool:
    identity = component.purl
    if not component.name or component.type in _WRAPPINGS:
        return False
    if identity is not None:
        return identity.type != "oci"
    groups = not component.version and dependencies.get(component.id)
    return component.type is not ComponentType.FILE and not groups


def _package(identity: Purl) -> tuple[str, str, str, str]:
    return identity.type, identity.namespace, identity.name, identity.version


class Reach:
    """What the components of a document need, of those that are `known`; where that only groups others, those.

    Of many components that all need groups of many the document may be small: raises `LimitExceeded` then.
    """

    def __init__(self, dependencies: Mapping[str, Sequence[str]], known: Container[str]) -> None:
        self._dependencies = dependencies
        self._known = known
        self._left = _MAX_GROUPED

    def of(self, reference: str) -> Iterator[str]:
        """The references of what one needs, each once."""
        waiting, seen = list(self._dependencies.get(reference, ())), {reference}
        while waiting:
            needed = waiting.pop()
            if needed in seen:
                continue
            seen.add(needed)
            if needed in self._known:
                yield needed
                continue
            grouped = self._dependencies.get(needed, ())
            self._left -= len(grouped)
            if self._left < 0:
                raise LimitExceeded(
                    f"an SBOM with more than {_MAX_GROUPED} dependencies by way of what is no component"
                )
            waiting.extend(grouped)


def _own(component: Component, asked: bool, bundled: bool) -> Component:
    """The component without what only holds within its document: its place, its reference, its unknown fields."""
    identity = _plain(component.purl) if component.purl is not None else None
    world = identity.type if identity is not None else component.ecosystem
    version = (identity.version if identity is not None else "") or component.version
    declared = asked or component.presence is Presence.DECLARED or (not version if bundled else world in _OF_SYSTEMS)
    return replace(
        component,
        version=version,
        purl=identity,
        ref="",
        ecosystem=component.ecosystem or world,
        presence=Presence.DECLARED if declared else Presence.INSTALLED,
        occurrences=(),
        owned_by="",
        properties=(),
        extra={},
    )


def _plain(identity: Purl) -> Purl:
    """The purl as everybody else writes it: without paths of the machine that built it (``download_url=file:///...``),
    and without the type that a Maven artifact has anyway.
    """
    if not identity.qualifiers:
        return identity
    maven = identity.type == "maven"
    kept = tuple(_kept(identity.qualifiers, maven))
    return identity if len(kept) == len(identity.qualifiers) else replace(identity, qualifiers=kept)


def _kept(qualifiers: Iterable[tuple[str, str]], maven: bool) -> Iterator[tuple[str, str]]:
    for pair in qualifiers:
        if not pair[1].startswith("file:") and not (maven and pair == ("type", "jar")):
            yield pair
