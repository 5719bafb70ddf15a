"""``var/db/pkg/CATEGORY/NAME-VERSION/``: one folder for each installed package, one file for each fact.

::

    var/db/pkg/dev-libs/openssl-3.0.13-r1/
        CONTENTS    obj /usr/bin/openssl 0cc175b9c0f1b6a831c399e269772661 1700000000
                    dir /usr/bin
                    sym /usr/lib64/libssl.so -> libssl.so.3 1700000000
        LICENSE     Apache-2.0
        SLOT        0/3
        RDEPEND     >=app-misc/c_rehash-1.7-r1 || ( dev-lang/perl sys-apps/x ) !dev-libs/libressl
        repository  gentoo

`CONTENTS` shows that the package is there; the other files join it in `assemble`. Licences are Gentoo's own names,
which are mostly SPDX identifiers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assay.errors import Malformed
from assay.formats import purl, spdx_license
from assay.model.component import Component, ExternalReference, Property
from assay.model.ecosystem import File, Found, Located, Need, Owned
from assay.model.sbom import Distribution

_PLACE = re.compile(r"(?:^|(.*?)/)var/db/pkg/([^/]+)/([^/]+)/([^/]+)$")
_VERSIONED = re.compile(r"(.+?)-([0-9][0-9a-z._]*(?:-r[0-9]+)?)$")
_LINE = re.compile(rb"^(?:obj /(.+) [0-9a-f]{32} [0-9]+|sym /(.+?) -> .+)$", re.MULTILINE)
_ATOM = re.compile(r"(?:^|(?<=[\s(]))([<>=~]*)([A-Za-z0-9+_.-]+/[A-Za-z0-9+_.-]+)\*?(?::([A-Za-z0-9+_.-]+))?")
_NAMES = {
    "BSD": "BSD-3-Clause",
    "FDL-1.1": "GFDL-1.1-only",
    "FDL-1.1+": "GFDL-1.1-or-later",
    "FDL-1.2": "GFDL-1.2-only",
    "FDL-1.2+": "GFDL-1.2-or-later",
    "FDL-1.3": "GFDL-1.3-only",
    "FDL-1.3+": "GFDL-1.3-or-later",
    "GPL-1+": "GPL-1.0-or-later",
}
"""Names that mean one text in Gentoo (its folder ``licenses``) and several, or none, elsewhere."""
_MERGING = "-MERGING-"
"""How the folder of a package begins whose installation was broken off; Portage does not count it."""


def parse(file: File) -> Found:
    """The package, named by its folder, and its files."""
    root, category, folder, _ = _place(file.path)
    if folder.startswith(_MERGING):
        return Found()
    match = _VERSIONED.match(folder)
    if match is None:
        raise Malformed(f"{folder!r} is no name and version")
    name = f"{category}/{match[1]}"
    item = Component(
        match[1],
        match[2],
        namespace=category,
        purl=purl.build("ebuild", match[1], match[2], category),
        ref=f"portage:{category}/{folder}",
    )
    paths = b"\n".join([regular or link for regular, link in _LINE.findall(file.data)])
    return Found((item,), provides=((name, item.id),), scope=root, root=root, owns=(Owned(name, paths),))


def parse_field(file: File) -> Found:
    """One fact of a package, for `assemble`."""
    root, category, folder, field = _place(file.path)
    value = " ".join(file.text.split())
    return Found(root=root, facts={"package": f"portage:{category}/{folder}", "field": field, "value": value})


def _place(path: str) -> tuple[str, str, str, str]:
    match = _PLACE.match(path)
    if match is None:
        raise Malformed("not below var/db/pkg")
    return match[1] or "", match[2], match[3], match[4]


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """The packages with the facts from beside their contents."""
    facts: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for located in files:
        known = located.found.facts
        if "field" in known:
            facts[located.found.root, str(known["package"])][str(known["field"])] = str(known["value"])
    result = []
    for located in files:
        found = located.found
        if found.components:
            item = found.components[0]
            values = facts.get((found.root, item.id), {})
            wanted = atoms(f"{values.get('RDEPEND', '')} {values.get('PDEPEND', '')}")
            needs = tuple(Need(item.id, names) for names in wanted)
            slot = values.get("SLOT", "").partition("/")[0]
            provides = (*found.provides, *((f"{name}:{slot}", identity) for name, identity in found.provides if slot))
            result.append(
                replace(
                    located,
                    found=replace(found, components=(_complete(item, values),), needs=needs, provides=provides),
                )
            )
    return result


def _complete(item: Component, values: Mapping[str, str]) -> Component:
    homepage = values.get("HOMEPAGE", "").partition(" ")[0]
    labels = (("SLOT", "slot"), ("repository", "repository"), ("CHOST", "host"))
    return replace(
        item,
        licenses=spdx_license.normalise(licence(values.get("LICENSE", ""))),
        description=values.get("DESCRIPTION", ""),
        references=(ExternalReference("website", homepage),) if homepage else (),
        properties=tuple(Property(f"assay:portage:{label}", values[key]) for key, label in labels if values.get(key)),
    )


def atoms(text: str) -> list[tuple[str, ...]]:
    """The ``category/name`` of each dependency (PMS 8.3), before it with its slot where it tells one.

    Blockers are none, alternatives all count if there.
    """
    names = []
    for operator, name, slot in _ATOM.findall(text):
        match = _VERSIONED.match(name) if operator else None
        plain = match[1] if match else name
        names.append((f"{plain}:{slot}", plain) if slot else (plain,))
    return list(dict.fromkeys(names))


def licence(text: str) -> str:
    """A ``LICENSE`` (PMS 7.3) as an expression: ``|| ( A B ) C`` is ``(A OR B) AND C``."""
    groups: list[tuple[str, list[str]]] = [("AND", [])]
    operator = "AND"
    for word in text.split():
        if word == "||":
            operator = "OR"
        elif word == "(":
            groups.append((operator, []))
            operator = "AND"
        elif word == ")" and len(groups) > 1:
            joint, members = groups.pop()
            whole = f" {joint} ".join(members)
            if members:
                groups[-1][1].append(f"({whole})" if len(members) > 1 else whole)
        elif word != ")" and not word.endswith("?"):
            groups[-1][1].append(_NAMES.get(word, word))
    members = groups[0][1]
    if len(members) == 1 and members[0].startswith("(") and members[0].endswith(")"):
        return members[0][1:-1]
    return " AND ".join(members)
