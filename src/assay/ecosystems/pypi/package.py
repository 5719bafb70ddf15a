"""Components of the Python world: one place that knows how their purls, digests and references look.

::

    pkg:pypi/django@5.2.1
    pkg:pypi/click?vcs_url=git%2Bhttps://code.example/click.git%401d038f2
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from assay.ecosystems.pypi.requirement import Requirement, normalise
from assay.formats import digest, purl
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Property, Scope
from assay.model.digest import Digest
from assay.model.purl import Purl

DIRECT = "assay:pypi:direct-reference"
"""The property of what comes from a URL, a path or a repository instead of an index."""

_MAX_VERSIONS = 16
"""Versions of one project in a lock file; bounds the edges of a file that holds thousands."""


def is_packaged(path: str) -> bool:
    """Whether a file is part of an installed package: what such a file asks for is its authors' business."""
    return "/site-packages/" in f"/{path}" or "/dist-packages/" in f"/{path}"


def identity(name: str, version: str, qualifiers: Mapping[str, str] | None = None) -> Purl | None:
    """The purl, with the name as the index knows it: ``zope.interface`` and ``Zope_Interface`` are one project."""
    return purl.attempt("pypi", normalise(name), version, qualifiers=qualifiers)


def declared(
    name: str,
    version: str = "",
    *,
    kind: ComponentType = ComponentType.LIBRARY,
    scope: Scope = Scope.REQUIRED,
    version_range: str = "",
    description: str = "",
    digests: tuple[Digest, ...] = (),
    references: tuple[ExternalReference, ...] = (),
    qualifiers: Mapping[str, str] | None = None,
    properties: tuple[Property, ...] = (),
) -> Component:
    """A component that a lock file or manifest asks for."""
    return Component(
        name,
        version,
        kind,
        purl=identity(name, version, qualifiers),
        presence=Presence.DECLARED,
        scope=scope,
        version_range="" if version else version_range,
        description=description,
        digests=digests,
        references=references,
        properties=properties,
    )


def from_requirement(requirement: Requirement, scope: Scope = Scope.REQUIRED) -> Component:
    """The component that a requirement asks for."""
    qualifiers, properties = direct(requirement.url)
    return declared(
        requirement.name,
        requirement.version,
        scope=scope,
        version_range=requirement.version_range,
        qualifiers=qualifiers,
        properties=properties,
    )


def direct(url: str) -> tuple[dict[str, str], tuple[Property, ...]]:
    """The purl qualifiers and the property of a direct reference (PEP 440, "Direct references")."""
    if not url:
        return {}, ()
    properties = (Property(DIRECT, url),)
    if url.startswith(("git+", "hg+", "svn+", "bzr+")):
        return {"vcs_url": url.partition("#")[0]}, properties
    return ({"download_url": url} if "://" in url and not url.startswith("file:") else {}), properties


def vcs(kind: str, url: str, commit: str) -> dict[str, str]:
    """The qualifier of a package that lives in a repository."""
    if not url:
        return {}
    prefixed = url if url.startswith(f"{kind}+") else f"{kind}+{url}"
    return {"vcs_url": f"{prefixed}@{commit}" if commit else prefixed}


def files(
    entries: Iterable[tuple[str, str]],
) -> tuple[tuple[Digest, ...], tuple[ExternalReference, ...]]:
    """What pairs of (URL or file name, digest) say: a digest of the component if there is but one file."""
    known = [(where, digest.find(value) if value else None) for where, value in entries if where]
    references = tuple(
        ExternalReference("distribution", where, digests=(found,) if found else ()) for where, found in known
    )
    digests = (known[0][1],) if len(known) == 1 and known[0][1] else ()
    return digests, references


def accepted(hashes: Sequence[str]) -> tuple[tuple[Digest, ...], tuple[Property, ...]]:
    """What bare hashes say: one is the component's digest, several are alternatives, kept as properties."""
    found = [known for known in map(digest.find, hashes) if known]
    if len(found) == 1:
        return (found[0],), ()
    return (), tuple(Property("assay:pypi:accepted-hash", str(known)) for known in sorted(set(found)))


def by_name(components: Iterable[Component]) -> dict[str, list[str]]:
    """The ids under each normalised name (a lock file can hold several versions)."""
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for component in components:
        key = normalise(component.name)
        if len(ids[key]) < _MAX_VERSIONS and component.id not in ids[key]:
            ids[key].append(component.id)
    return ids


def provided(components: Iterable[Component]) -> tuple[tuple[str, str], ...]:
    """The normalised names under which components can be needed."""
    return tuple(dict.fromkeys((normalise(component.name), component.id) for component in components))


def project(folder: str) -> str:
    """The namespace of the names in a project's lock file and manifest."""
    return f"pypi:project:{folder}"
