"""Core metadata: the headers of METADATA and PKG-INFO (PyPA "Core metadata specifications", versions 1.0 to 2.4).

::

    Metadata-Version: 2.4
    Name: sampleproject
    Version: 4.0.0
    License-Expression: MIT
    Requires-Dist: peppercorn

    The description starts after the blank line, and is not read.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from assay.ecosystems.pypi import package, requirement
from assay.errors import Malformed
from assay.formats import spdx_license
from assay.model.component import Component, ExternalReference
from assay.model.ecosystem import Need
from assay.model.license import License

Headers = dict[str, list[str]]

_WANTED = frozenset(
    {
        "name", "version", "summary", "home-page", "download-url", "project-url", "requires-dist", "classifier",
        "author", "author-email", "maintainer", "maintainer-email", "license", "license-expression",
    }
)  # fmt: skip
_LABELS = (
    ("source", "vcs"),
    ("repository", "vcs"),
    ("code", "vcs"),
    ("github", "vcs"),
    ("issue", "issue-tracker"),
    ("bug", "issue-tracker"),
    ("tracker", "issue-tracker"),
    ("doc", "documentation"),
    ("change", "release-notes"),
    ("release", "release-notes"),
    ("history", "release-notes"),
    ("download", "distribution"),
    ("home", "website"),
    ("chat", "chat"),
)
_UNKNOWN = frozenset({"", "UNKNOWN", "None"})


def headers(data: bytes) -> Headers:
    """The wanted headers by lower-case name, each with its values in order; reads up to the first blank line."""
    end = data.find(b"\n\n")
    head = data[:end] if end >= 0 else data
    end = head.find(b"\n\r\n")
    head = head[:end] if end >= 0 else head
    found: Headers = {}
    current: list[str] | None = None
    for line in head.decode("utf-8-sig", "replace").split("\n"):
        if line[:1] in (" ", "\t"):
            if current:
                current[-1] += "\n" + line.strip()
            continue
        name, _, value = line.partition(":")
        name = name.lower()
        current = found.setdefault(name, []) if name in _WANTED else None
        if current is not None:
            current.append(value.strip())
    return found


def component(known: Headers) -> Component:
    """The component that core metadata describes; raises `Malformed` without a name."""
    name, version = _first(known, "name"), _first(known, "version")
    if not name:
        raise Malformed("core metadata without a Name")
    author = _person(known, "author") or _person(known, "maintainer")
    return Component(
        name,
        version,
        purl=package.identity(name, version),
        licenses=licenses(known),
        supplier=_person(known, "maintainer") or author,
        author=author,
        description=" ".join(_first(known, "summary").split()),
        references=_references(known),
    )


def needs(known: Headers, dependent: str) -> tuple[Need, ...]:
    """What Requires-Dist asks for, without what only an extra brings."""
    found = [requirement.parse(text) for text in known.get("requires-dist", []) if not _is_excluded(text)]
    names = dict.fromkeys(
        requirement.normalise(one.name) for one in found if one and not requirement.is_excluded(one.marker)
    )
    return tuple(Need(dependent, (name,)) for name in names)


def _is_excluded(text: str) -> bool:
    """Whether only an extra brings what `text` requires; false where the marker may lie elsewhere (behind a URL)."""
    return "extra" in text and "@" not in text and requirement.is_excluded(text.partition(";")[2].strip())


def licenses(known: Headers) -> tuple[License, ...]:
    """License-Expression, else the License line, else the classifiers (PEP 639, "Deprecate license classifiers")."""
    expression = _first(known, "license-expression")
    if expression:
        return spdx_license.normalise(expression)
    line = _first(known, "license")
    if line and "\n" not in line and len(line) <= 100:
        return spdx_license.normalise(line)
    classified = _classified(known.get("classifier", []))
    if classified or not line:
        return classified
    return (License(name=line.split("\n", 1)[0][:100], text=line),)


def _classified(classifiers: list[str]) -> tuple[License, ...]:
    table = _table()
    found: list[License] = []
    for text in classifiers:
        if text.startswith("License :: "):
            leaf = text.rpartition(" :: ")[2]
            if leaf != "OSI Approved":
                found.extend(spdx_license.normalise(table.get(leaf, leaf)))
    return tuple(dict.fromkeys(found))


@cache
def _table() -> dict[str, str]:
    """The trove classifiers of licences and the SPDX identifiers that they stand for."""
    lines = (Path(__file__).parent / "license_classifiers.tsv").read_text("utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if "\t" in line)


def _first(known: Headers, name: str) -> str:
    value = known.get(name, [""])[0]
    return "" if value in _UNKNOWN else value


def _person(known: Headers, who: str) -> str:
    """``Jane Doe <jane@doe.example>`` stands in the e-mail header alone, or in two."""
    name, mail = " ".join(_first(known, who).split()), " ".join(_first(known, f"{who}-email").split())
    if not name:
        return mail
    return f"{name} <{mail}>" if mail and "<" not in mail and "," not in mail else name


def _references(known: Headers) -> tuple[ExternalReference, ...]:
    found = []
    for header, kind in (("home-page", "website"), ("download-url", "distribution")):
        if _first(known, header):
            found.append(ExternalReference(kind, _first(known, header)))
    for text in known.get("project-url", []):
        label, _, url = text.partition(",")
        kind = next((kind for part, kind in _LABELS if part in label.lower()), "other")
        found.append(ExternalReference(kind, url.strip(), label.strip() if kind == "other" else ""))
    return tuple(dict.fromkeys(reference for reference in found if "://" in reference.url))
