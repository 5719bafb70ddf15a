"""Which packages of which advisory ecosystem a component is: what the advisory store is asked.

- A language package asks under its own name in its ecosystem: ``PyPI / requests / 2.19.0``.
- A package of an operating system asks twice where the names differ: as its source package with the source's version
  (``Debian:12 / openssl / 3.0.11-1``), which most distributions' records name, and as itself, for records that name
  binary packages. The purl says both: ``pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12&upstream=openssl`` (`origin`).
- What has neither, but a CPE, asks by that: ``cpe / a:nginx:nginx / 1.24.0``, of Java runtimes ``jvm / a:oracle:jdk``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from assay.ecosystems import discover, order
from assay.engines.match import origin
from assay.formats import advisory_ecosystem, cpe, git_version
from assay.model.advisory_store import Question
from assay.model.component import Component, ComponentType, Presence
from assay.model.ecosystem import Ecosystem
from assay.model.sbom import Distribution, Sbom

_CPE = re.compile(r"cpe:2\.3:([aoh]):((?:\\.|[^:\\])+):((?:\\.|[^:\\])+):((?:\\.|[^:\\])*)")


class Asked(NamedTuple):
    """A question, the component it is about (position in the SBOM), and in which role.

    `binary`: records that name binary packages answer; `source`: records that name source packages do. `unversioned`:
    nobody knows the version, so that only a record that calls all of them malicious says something.
    """

    question: Question
    component: int
    source: bool = True
    binary: bool = True
    by_cpe: str = ""
    unversioned: bool = False


class Undecidable(NamedTuple):
    """A component that advisories cannot be asked about, and why; `detail` is what only concerns this one."""

    component: int
    ecosystem: str
    reason: str
    detail: str = ""


def ask(sbom: Sbom, *, declared: bool) -> tuple[list[Asked], list[Undecidable]]:
    """The questions about all components; `declared`: also about what is only asked for by manifests."""
    asked: list[Asked] = []
    undecidable: list[Undecidable] = []
    for number, component in enumerate(sbom.components):
        if component.type is not _LIBRARY and component.type in _NO_PACKAGES:
            continue
        if not declared and component.presence is Presence.DECLARED:
            continue
        found = _of(number, component, sbom.distribution)
        repository = _of_repository(number, component)
        if repository is not None:
            asked.append(repository)
            if isinstance(found, Undecidable) and found.reason == _NO_SOURCE:
                found = Undecidable(number, git_version.ECOSYSTEM, _BETWEEN)
        if isinstance(found, Undecidable):
            undecidable.append(found)
            asked += _unversioned(number, component)
        else:
            asked += found
    return asked, undecidable


def _of_repository(number: int, component: Component) -> Asked | None:
    """The question about a commit or tag of the repository that the purl names; no answer says nothing."""
    purl = component.purl
    if purl is None or component.ecosystem == "github_actions":
        return None
    if purl.qualifiers and (url := purl.qualifier("vcs_url")):
        place, _, revision = url.partition("#")[0].rpartition("@") if "@" in url.rpartition("/")[2] else (url, "", "")
        name = git_version.repository(place)
    elif purl.type in _HOSTS and purl.namespace:
        name, revision = f"{_HOSTS[purl.type]}/{purl.namespace}/{purl.name}".lower(), ""
    else:
        return None
    version = revision or component.version
    return Asked(Question(git_version.ECOSYSTEM, name, version, git_version.key(version)), number) if version else None


_NO_SOURCE = "no advisory source speaks of its kind"
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_BETWEEN = "of its repository only the commits and tags are known that advisories name"


_LIBRARY, _SYSTEM = ComponentType.LIBRARY, ComponentType.OPERATING_SYSTEM
_NO_PACKAGES = frozenset((ComponentType.FILE, ComponentType.DATA, ComponentType.CRYPTOGRAPHIC_ASSET))


def _of(number: int, component: Component, system: Distribution | None) -> list[Asked] | Undecidable:
    ecosystem = ecosystem_of(component)
    if ecosystem is not None and ecosystem.of_system:
        return _packaged(number, component, ecosystem, system)
    if component.type is _SYSTEM:
        return []
    if ecosystem is None or not ecosystem.osv:
        return _by_cpe(number, component, ecosystem.name if ecosystem else "")
    name, version = _world(component, ecosystem), component.version
    if not version:
        return Undecidable(number, name, *_no_version(component))
    if git_version.is_commit(version) or (name == _ACTIONS and not _NUMBERED.match(version)):
        return Undecidable(number, name, "only a commit or branch is known, and advisories name versions")
    if name in _WITH_NUMBERS and not _DIGIT.search(version):
        return Undecidable(number, name, "its version names none", version)
    question = Question(name, _filed(component, ecosystem, name), version, order(name).installed(version))
    return [Asked(question, number)]


def _world(component: Component, ecosystem: Ecosystem) -> str:
    """The OSV ecosystem of a language package: the one of its purl's type where there are several."""
    kind = component.purl.type if component.purl is not None else ""
    return next((name for name in ecosystem.osv if name.lower() == kind), ecosystem.osv[0])


def _filed(component: Component, ecosystem: Ecosystem, name: str) -> str:
    """The name under which advisories file it; Go's own library has two."""
    wanted = ecosystem.osv_name(component.name, component.namespace)
    return "stdlib" if (name, wanted) == ("Go", "std") else wanted


def _unversioned(number: int, component: Component) -> list[Asked]:
    """The question about a language package of which nobody knows the version: is there one that is not malicious?"""
    ecosystem = ecosystem_of(component)
    if ecosystem is None or ecosystem.of_system or not ecosystem.osv:
        return []
    name = _world(component, ecosystem)
    question = Question(name, _filed(component, ecosystem, name), component.version or "any version", _LAST)
    return [Asked(question, number, unversioned=True)]


_LAST = b"\xff" * 8
"""A key after all others: what has an end does not hold it."""
_ACTIONS, _NUMBERED = "GitHub Actions", re.compile(r"v?\d")
"""What workflows use is a tag, a commit or a branch."""
_WITH_NUMBERS = frozenset(("npm", "crates.io", "Go", "NuGet", "Hex", "Pub", "RubyGems", "PyPI", "Maven", "SwiftURL"))
_DIGIT = re.compile(r"\d", re.ASCII)
"""``latest``, ``*``, ``HEAD``, ``(devel)`` and ``${project.version}`` stand for a version."""


def _no_version(component: Component) -> tuple[str, str]:
    """Reason and detail."""
    wanted = component.version_range
    return ("only a range is known", wanted) if wanted else ("no version is known", "")


_OF_CHANNELS = (".module", ".el", "esm")
"""Versions of streams and channels: they are told apart by all fixes (`relevant`)."""


def _packaged(
    number: int, component: Component, ecosystem: Ecosystem, system: Distribution | None
) -> list[Asked] | Undecidable:
    name = release(component, system)
    if not name:
        return Undecidable(number, ecosystem.name, "its distribution and release are not known")
    if not component.version:
        return Undecidable(number, name, *_no_version(component))
    foreign = third_party(component)
    if foreign:
        return Undecidable(number, name, f"it is not the distribution's own ({foreign})")
    version = origin.version(component)
    source, source_version = origin.source(component, version)
    key = order(name).key
    whole = any(mark in version for mark in _OF_CHANNELS)
    question = Question(name, component.name, version, key(version), whole)
    binary = Asked(question, number, source=source == component.name)
    if (source, source_version) == (component.name, version):
        return [binary]
    if source == component.name:
        binary = binary._replace(source=False)
    question = Question(name, source, source_version, key(source_version), whole)
    return [binary, Asked(question, number, binary=False)]


def release(component: Component, system: Distribution | None) -> str:
    """The advisory ecosystem of a distribution's package: ``Debian:12``; empty where it is not known."""
    distro = component.purl.qualifier("distro") if component.purl is not None else ""
    if distro:
        known = system is not None and distro == f"{system.id}-{system.version_id}"
        if not known:
            return _ecosystem_of_distribution(distro, component.purl.namespace if component.purl is not None else "")
    if system is not None:
        return advisory_ecosystem.of_distribution(system)
    if component.purl is not None:  # Arch and Wolfi have no releases: their name is all
        return advisory_ecosystem.of_distribution(Distribution(component.purl.namespace.lower()))
    return ""


@lru_cache(1024)
def _ecosystem_of_distribution(distro: str, namespace: str) -> str:
    """``debian-12`` and ``arch`` are whole; of ``3.16.2`` (Trivy) and ``bookworm`` the namespace tells the system."""
    name, dash, version = distro.lower().rpartition("-")
    if dash:
        return advisory_ecosystem.of_distribution(Distribution(name, distro[len(name) + 1 :]))
    whole = advisory_ecosystem.of_distribution(Distribution(version))
    if whole or version == namespace.lower():  # the system alone tells no release
        return whole
    return advisory_ecosystem.of_distribution(Distribution(namespace.lower(), distro))


_FOREIGN_VERSION = re.compile(
    r"nodesource|[~+]pgdg|~debian\.\d|~ubuntu\.\d|~(?:bullseye|bookworm|trixie|focal|jammy|noble)\b|\.pgdg|\.remi\b|ppa\d"
)
_VENDORS = re.compile(
    "debian|ubuntu|canonical|alma|rocky|red hat|centos|fedora|oracle|amazon|suse|microsoft|mariner"
    "|vmware|photon|broadcom",
    re.IGNORECASE,
)


def third_party(component: Component) -> str:
    """What shows that a package comes from another repository than the distribution's; empty where nothing does."""
    match = _FOREIGN_VERSION.search(component.version)
    if match:
        return f"its version says {match[0].strip('~+.')}"
    if component.ecosystem == "rpm" and component.supplier and not _VENDORS.search(component.supplier):
        return f"its vendor is {component.supplier}"
    return ""


def _by_cpe(number: int, component: Component, ecosystem: str) -> list[Asked] | Undecidable:
    asked = {}
    for text in component.cpes:
        match = _CPE.match(text)
        version = component.version or (match[4] if match and match[4] not in ("*", "-") else "")
        if match and version:
            name = f"{match[1]}:{_unescaped(match[2])}:{_unescaped(match[3])}"
            world = cpe.ecosystem(name)
            question = Question(world, name, version, order(world).installed(version))
            asked[name] = Asked(question, number, by_cpe=text)
    if asked:
        return list(asked.values())
    reason = (_NO_SOURCE, "") if component.version else _no_version(component)
    return Undecidable(number, ecosystem or "unknown", *reason)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).lower()


def ecosystem_of(component: Component) -> Ecosystem | None:
    """The ecosystem that a purl's type is the own one of, else the one that the catalog names.

    Many name their packages also by where they come from: ``pkg:github`` is an action of GitHub, but also what R or
    NuGet take from there, and no advisories of theirs speak of it.
    """
    own = _by_name().get(component.ecosystem)
    kind = component.purl.type if component.purl is not None else ""
    if not kind or (own is not None and own.purl_types[:1] == (kind,)):
        return own
    found = _by_purl_type().get(kind)
    if found is not None and (own is None or found.name == kind or found is own):
        return found
    return own if own is not None and not own.osv else None


@cache
def _by_purl_type() -> Mapping[str, Ecosystem]:
    """The ecosystem named like a type, else the one whose first it is, or that calls it by the name advisories know."""
    result: dict[str, Ecosystem] = {}
    for ecosystem in sorted(discover(), key=lambda item: (not item.osv, item.name not in item.purl_types)):
        for kind in (*ecosystem.purl_types[:1], *map(str.lower, ecosystem.osv)):
            if kind in ecosystem.purl_types:
                result.setdefault(kind, ecosystem)
    return result


@cache
def _by_name() -> Mapping[str, Ecosystem]:
    return {ecosystem.name: ecosystem for ecosystem in discover()}


def ecosystems_of(asked: Sequence[Asked], undecidable: Sequence[Undecidable]) -> dict[str, set[int]]:
    """The components by advisory ecosystem; questions about repositories find, but clear nobody."""
    result: dict[str, set[int]] = {}
    for item in asked:
        if item.question.ecosystem != git_version.ECOSYSTEM:
            result.setdefault(item.question.ecosystem, set()).add(item.component)
    for missing in undecidable:
        result.setdefault(missing.ecosystem, set()).add(missing.component)
    return result
