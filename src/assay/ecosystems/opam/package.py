"""opam package definitions (opam Manual, "opam"), and ``NAME.opam.locked`` of ``opam lock``.

The name is a field, else that of the file (``clock.opam``) or of its folder (``clock.1.2.0/opam``). Those under
``.opam-switch/packages/`` are installed. In the locked form every dependency is pinned::

    depends: ["dune" {= "3.7.2"} "ocaml" {= "4.14.1"} "alcotest" {= "1.7.0" & with-test}]
"""

from __future__ import annotations

import re

from assay.ecosystems.opam import opam_file
from assay.ecosystems.opam.opam_file import Item
from assay.errors import Malformed
from assay.formats import digest, purl, spdx_license
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Scope
from assay.model.digest import Digest
from assay.model.ecosystem import File, Found, Need

_PIN = re.compile(r'(?:\A|& )= "([^"]+)"')
_LINKS = {"homepage": "website", "bug-reports": "issue-tracker", "dev-repo": "vcs", "doc": "documentation"}
_DEVELOPMENT = ("with-test", "with-doc", "with-dev-setup")


def parse(file: File) -> Found:
    """The package with the names of those that it needs; ``opam`` is the name of other files too."""
    if b"\0" in file.content[:1024] or b":" not in file.content[:65536]:
        return Found()
    fields = opam_file.read(file.text)
    if "opam-version" not in fields:
        return Found()
    component = _component(file, fields)
    needed = [item.text for item in fields.get("depends", []) if item.text and not _development(item)]
    needs = tuple(Need(component.id, (name,)) for name in dict.fromkeys(needed))
    return Found((component,), needs=needs)


def parse_locked(file: File) -> Found:
    """The package, and its dependencies as they were pinned."""
    fields = opam_file.read(file.text)
    component = _component(file, fields)
    pinned = [pin for item in fields.get("depends", []) if (pin := _pinned(item)) is not None]
    edges = tuple((component.id, pin.id) for pin in pinned)
    return Found((component, *pinned), edges)


def _development(item: Item) -> bool:
    return any(word in item.options for word in _DEVELOPMENT)


def _pinned(item: Item) -> Component | None:
    match = _PIN.search(item.options)
    if match is None or not item.text:
        return None
    scope = Scope.EXCLUDED if _development(item) else Scope.REQUIRED
    known = purl.attempt("opam", item.text, match[1])
    return Component(item.text, match[1], purl=known, presence=Presence.DECLARED, scope=scope)


def _component(file: File, fields: dict[str, list[Item]]) -> Component:
    name, version = _identity(file)
    name, version = _first(fields, "name") or name, _first(fields, "version") or version
    if not name:
        raise Malformed("opam file without a name")
    installed = ".opam-switch/packages/" in file.path
    in_repository = bool(re.search(r"(?:\A|/)packages/(?:[^/]+/)?[^/]+/opam\Z", file.path)) or installed
    return Component(
        name,
        version,
        ComponentType.LIBRARY if in_repository else ComponentType.APPLICATION,
        purl=purl.attempt("opam", name, version),
        presence=Presence.INSTALLED if installed else Presence.DECLARED,
        licenses=tuple(stated for item in fields.get("license", []) for stated in spdx_license.normalise(item.text)),
        digests=_digests(fields),
        author=", ".join(item.text for item in fields.get("authors", fields.get("author", []))),
        description=" ".join(_first(fields, "synopsis").split()),
        references=_references(fields),
    )


def _identity(file: File) -> tuple[str, str]:
    """Name and version as the path tells them."""
    last = file.name.removesuffix(".locked").removesuffix(".opam")
    if last != "opam":
        return last, ""
    folder = file.folder.rpartition("/")[2]
    name, _, version = folder.partition(".")
    return name, version


def _first(fields: dict[str, list[Item]], key: str) -> str:
    items = fields.get(key)
    return items[0].text if items else ""


def _digests(fields: dict[str, list[Item]]) -> tuple[Digest, ...]:
    """Those of the source archive: ``sha256=8c9c...``, bare MD5 in old files."""
    found = (digest.find(item.text.replace("=", ":", 1)) for item in fields.get("url.checksum", []))
    return tuple(item for item in found if item)


def _references(fields: dict[str, list[Item]]) -> tuple[ExternalReference, ...]:
    found = [ExternalReference(type_, _first(fields, key)) for key, type_ in _LINKS.items()]
    found.append(ExternalReference("distribution", _first(fields, "url.src"), digests=_digests(fields)))
    return tuple(item for item in found if "://" in item.url)
