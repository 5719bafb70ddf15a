"""``opt/bitnami/.bitnami_components.json``: what was unpacked below ``opt/bitnami``.

::

    {"apache": {"arch": "amd64", "distro": "debian-12", "type": "NAMI", "version": "2.4.58-0"}}
"""

from __future__ import annotations

from assay.formats import json, purl
from assay.formats.json import as_object, as_text
from assay.model.component import Component, ComponentType
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped


def parse(file: File) -> Found:
    """The components; those without a version are reported."""
    components: list[Component] = []
    skipped: list[Skipped] = []
    for name, value in json.load_object(file.data).items():
        fields = as_object(value)
        version = as_text(fields.get("version"))
        if not name or not version:
            skipped.append(Skipped(file.path, f"component {name!r} without a version"))
            continue
        qualifiers = {key: as_text(fields.get(key)) for key in ("arch", "distro")}
        identity = purl.build("bitnami", name, version, qualifiers=qualifiers)
        components.append(Component(name, version, ComponentType.APPLICATION, purl=identity))
    root = file.path.removesuffix("opt/bitnami/.bitnami_components.json").rstrip("/")
    return Found(tuple(components), scope=root, root=root, skipped=tuple(skipped))
