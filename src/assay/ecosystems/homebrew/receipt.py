"""``Cellar/NAME/VERSION/INSTALL_RECEIPT.json`` (Homebrew's "tab"), and the metadata folders of casks.

::

    {"installed_on_request": true, "arch": "arm64",
     "runtime_dependencies": [{"full_name": "openssl@3", "version": "3.2.0", "pkg_version": "3.2.0_1"}],
     "source": {"tap": "homebrew/core", "versions": {"stable": "8.5.0"}}}

    Caskroom/firefox/.metadata/121.0/20240101000000.000/Casks/firefox.json
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assay.errors import Malformed
from assay.formats import json, purl
from assay.formats.json import as_list, as_object, as_text
from assay.model.component import Component, ComponentType, Property
from assay.model.ecosystem import File, Found, Located, Need
from assay.model.sbom import Distribution

CORE = "homebrew/core"


def parse(file: File) -> Found:
    """The keg, named by its folders, with its dependencies."""
    receipt = json.load_object(file.data)
    prefix, name, version = keg(file.path)
    tap = as_text(as_object(receipt.get("source")).get("tap"))
    facts = (
        ("assay:homebrew:tap", tap),
        ("assay:homebrew:architecture", as_text(receipt.get("arch"))),
        ("assay:homebrew:as-dependency", "true" if receipt.get("installed_as_dependency") is True else ""),
    )
    item = Component(
        name,
        version,
        ComponentType.APPLICATION,
        purl=purl.build("brew", name, version, "" if tap == CORE else tap),
        ref=f"brew:{name}@{version}",
        properties=tuple(Property(label, value) for label, value in facts if value),
    )
    dependencies = [
        as_text(as_object(entry).get("full_name")) for entry in as_list(receipt.get("runtime_dependencies"))
    ]
    needs = tuple(Need(item.id, (text.rpartition("/")[2],)) for text in dependencies if text)
    return Found((item,), needs=needs, scope=prefix, root=prefix)


def keg(path: str) -> tuple[str, str, str]:
    """The prefix, the name and the version of a path in a Cellar."""
    parts = path.split("/")
    if "Cellar" not in parts[:-3]:
        raise Malformed("not in a Cellar")
    at = len(parts) - 1 - parts[::-1].index("Cellar")
    return "/".join(parts[:at]), parts[at + 1], parts[at + 2]


def parse_cask(file: File) -> Found:
    """The cask, named by its folders."""
    parts = file.path.split("/")
    if len(parts) < 7 or parts[-5] != ".metadata":
        raise Malformed("not in a Caskroom")
    name, version = parts[-6], parts[-4]
    identity = purl.build("brew", name, version, "homebrew/cask")
    item = Component(name, version, ComponentType.APPLICATION, namespace="homebrew/cask", purl=identity)
    return Found((item,), scope="/".join(parts[:-7]))


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """Formulas under the identity of their receipts, which know the tap."""
    known = {
        (located.found.scope, item.ref): item.purl
        for located in files
        if located.parser == "homebrew-receipt"
        for item in located.found.components
    }
    result = []
    for located in files:
        found = located.found
        components = tuple(
            replace(item, purl=known.get((found.scope, item.ref), item.purl)) for item in found.components
        )
        result.append(replace(located, found=replace(found, components=components)))
    return result
