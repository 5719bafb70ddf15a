"""``meta/snap.yaml`` of an installed snap, and ``snap/snapcraft.yaml`` of the project that makes one.

::

    name: sample
    version: "1.2"
    summary: a sample
    license: GPL-3.0
    base: core22
    architectures: [amd64]
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import purl, spdx_license, yaml
from assay.formats.json import as_list, as_text
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Property
from assay.model.ecosystem import File, Found, Need


def parse(file: File) -> Found:
    """The snap that is there."""
    return _read(file, Presence.INSTALLED)


def parse_project(file: File) -> Found:
    """The snap that the project describes; a project that adopts its version has none yet."""
    return _read(file, Presence.DECLARED)


def _read(file: File, presence: Presence) -> Found:
    document = yaml.load_object(file.data)
    name, version, base = (as_text(document.get(key)) for key in ("name", "version", "base"))
    if not name:
        raise Malformed("a snap without a name")
    architectures = [as_text(item) for item in as_list(document.get("architectures"))]
    arch = architectures[0] if len(architectures) == 1 and architectures[0] != "all" else ""
    website = as_text(document.get("website"))
    facts = (("assay:snap:base", base), ("assay:snap:type", as_text(document.get("type"))))
    item = Component(
        name,
        version,
        ComponentType.APPLICATION,
        purl=purl.build("snap", name, version, qualifiers={"arch": arch}),
        presence=presence,
        licenses=spdx_license.normalise(as_text(document.get("license"))),
        description=as_text(document.get("summary")),
        references=(ExternalReference("website", website),) if "://" in website else (),
        properties=tuple(Property(label, value) for label, value in facts if value),
    )
    return Found((item,), needs=(Need(item.id, (base,)),) if base else ())
