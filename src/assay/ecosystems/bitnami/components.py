"""``opt/bitnami/.bitnami_components.json``: what was unpacked below ``opt/bitnami``.

::

    {"apache": {"arch": "amd64", "distro": "debian-12", "type": "NAMI", "version": "2.4.58-0",
                "digest": "16f1..."}}

`digest`, which newer images lack, is the SHA-256 of the archive that was unpacked.
"""

from __future__ import annotations

import re

from assay.formats import json, purl
from assay.formats.json import as_object, as_text
from assay.model.component import Component, ComponentType
from assay.model.digest import Algorithm, Digest
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_SHA256 = re.compile("[0-9a-f]{64}")


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
        digest = as_text(fields.get("digest"))
        digests = (Digest(Algorithm.SHA256, digest),) if _SHA256.fullmatch(digest) else ()
        components.append(Component(name, version, ComponentType.APPLICATION, purl=identity, digests=digests))
    root = file.path.removesuffix("opt/bitnami/.bitnami_components.json").rstrip("/")
    return Found(tuple(components), scope=root, root=root, skipped=tuple(skipped))
