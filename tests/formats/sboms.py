"""SBOMs for the tests of formats: one that uses every field, and a strategy for arbitrary ones."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import strategies as st

from assay.formats import purl
from assay.model.component import (
    Component,
    ComponentType,
    ExternalReference,
    Occurrence,
    Presence,
    Property,
    Scope,
)
from assay.model.digest import Algorithm, Digest
from assay.model.license import Acknowledgement, License
from assay.model.sbom import Attached, Completeness, Distribution, Layer, Lifecycle, Sbom, Skipped, Tool

Item = TypeVar("Item")

SHELL = Component(
    "bash",
    "5.2.15-2+b7",
    namespace="debian",
    ecosystem="deb",
    purl=purl.parse("pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64"),
    licenses=(License("GPL-3.0-or-later"), License(name="Foo, see COPYING", text="the whole\ntext </text> of it")),
    digests=(Digest(Algorithm.SHA256, "a" * 64), Digest(Algorithm.STREEBOG_256, "b" * 64)),
    supplier="Matthias Example <matthias@debian.example>",
    description="a shell",
    copyright="2022 Somebody",
    cpes=("cpe:2.3:a:gnu:bash:5.2.15:*:*:*:*:*:*:*",),
    references=(
        ExternalReference("website", "https://bash.example/"),
        ExternalReference("issue-tracker", "https://bugs.example/bash", "for bugs"),
        ExternalReference("distribution", "https://d.example/bash.deb", digests=(Digest(Algorithm.MD5, "c" * 32),)),
    ),
    occurrences=(Occurrence("var/lib/dpkg/status", 0, "deb-status"),),
    properties=(Property("assay:deb:section", "shells"),),
)
IDNA = Component(
    "idna",
    "3.10",
    ecosystem="pypi",
    purl=purl.parse("pkg:pypi/idna@3.10"),
    presence=Presence.DECLARED,
    scope=Scope.EXCLUDED,
    author="Kim Example",
    licenses=(License("BSD-3-Clause OR MIT", acknowledgement=Acknowledgement.CONCLUDED),),
    owned_by=SHELL.id,
)
RANGED = Component(
    "left", type=ComponentType.DATA, version_range=">=1,<2", ecosystem="npm", scope=Scope.OPTIONAL, ref="npm:left@>=1"
)
IMAGE = Component(
    "app", "1.0", type=ComponentType.CONTAINER, purl=purl.parse("pkg:oci/app@sha256:" + "d" * 64), ecosystem="oci"
)
FULL = Sbom(
    IMAGE,
    (RANGED, SHELL, IDNA),
    {IMAGE.id: (RANGED.id, SHELL.id), SHELL.id: (IDNA.id,)},
    Distribution("debian", "12", "Debian GNU/Linux", id_like=("unix",)),
    (Layer(0, "sha256:" + "e" * 64, "sha256:" + "f" * 64, "COPY . .", "application/tar", 12),),
    (Skipped("opt/broken.jar", "not a zip", 0),),
    (Attached("sha256:" + "1" * 64, "application/vnd.cyclonedx+json"),),
    (Tool("assay", "0.1.0"),),
    ("Ann Example <ann@acme.example>",),
    "ACME",
    "2026-01-02T03:04:05Z",
    (Lifecycle.POST_BUILD,),
    Completeness.INCOMPLETE,
    (Property("assay:source", "registry"),),
    (Digest(Algorithm.SHA256, "2" * 64),),
)

_WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12)
_URLS = _WORDS.map(lambda text: text.strip() or "x")
_NAMES = st.text("abcdefghij.-_éß字", min_size=1, max_size=8)
_VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,2}){0,2}([+~-][a-z0-9]{1,3})?", fullmatch=True)
_LICENSES = st.one_of(
    st.sampled_from(["MIT", "Apache-2.0 OR MIT", "GPL-2.0-only WITH Classpath-exception-2.0"]).map(License),
    st.builds(License, st.just(""), _WORDS, st.sampled_from(Acknowledgement), st.one_of(st.just(""), _WORDS)),
)
_DIGESTS = st.sampled_from(
    [Digest(Algorithm.SHA1, "1" * 40), Digest(Algorithm.SHA512, "2" * 128), Digest(Algorithm.BLAKE3, "3" * 64)]
)
_REFERENCES = st.builds(
    ExternalReference,
    st.sampled_from(["website", "vcs", "distribution", "issue-tracker", "other", "mailing-list"]),
    st.one_of(st.sampled_from(["https://a.example/x", "git+https://b.example/y.git"]), _URLS),
    st.one_of(st.just(""), _WORDS),
)


def _tuples(items: st.SearchStrategy[Item]) -> st.SearchStrategy[tuple[Item, ...]]:
    return st.lists(items, max_size=2).map(tuple)


@st.composite
def components(draw: st.DrawFn) -> Component:
    """A component of any shape."""
    name, version = draw(_NAMES), draw(st.one_of(st.just(""), _VERSIONS))
    kind = draw(st.sampled_from(["npm", "pypi", "generic", ""]))
    found = purl.build(kind, name, version) if kind else None
    return Component(
        name,
        version,
        draw(st.sampled_from(ComponentType)),
        ecosystem=draw(st.sampled_from([kind, "deb"])),
        purl=found,
        presence=draw(st.sampled_from(Presence)),
        scope=draw(st.sampled_from(Scope)),
        licenses=draw(_tuples(_LICENSES)),
        digests=draw(_tuples(_DIGESTS)),
        supplier=draw(st.one_of(st.just(""), _WORDS)),
        author=draw(st.one_of(st.just(""), _WORDS)),
        description=draw(st.one_of(st.just(""), _WORDS)),
        copyright=draw(st.one_of(st.just(""), _WORDS)),
        references=draw(_tuples(_REFERENCES)),
        occurrences=draw(_tuples(st.builds(Occurrence, _WORDS, st.integers(-1, 3)))),
        properties=draw(_tuples(st.builds(Property, _WORDS, _WORDS))),
    )


@st.composite
def sboms(draw: st.DrawFn) -> Sbom:
    """An SBOM of a few components with any edges between them, cycles too."""
    found = {item.id: item for item in draw(st.lists(components(), max_size=5))}
    subject = Component("the subject", "1", draw(st.sampled_from(ComponentType)))
    ids = [subject.id, *found]
    pairs = draw(st.sets(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=8))
    edges: dict[str, set[str]] = {}
    for dependent, dependency in pairs:
        if dependency not in (subject.id, dependent):
            edges.setdefault(dependent, set()).add(dependency)
    return Sbom(
        subject,
        tuple(sorted(found.values(), key=lambda item: item.id)),
        {key: tuple(sorted(value)) for key, value in sorted(edges.items())},
        tools=(Tool("assay", "0.1.0"),),
        supplier=draw(st.one_of(st.just(""), _WORDS)),
        authors=tuple(draw(st.lists(_WORDS, max_size=2, unique=True))),
        timestamp="2026-01-02T03:04:05Z",
    )
