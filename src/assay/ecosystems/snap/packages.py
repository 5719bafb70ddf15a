"""Debian packages inside of snaps: ``snap/manifest.yaml`` of snapcraft, ``usr/share/snappy/dpkg.yaml`` of base snaps.

::

    snapcraft-os-release-id: ubuntu           packages:
    snapcraft-os-release-version-id: '20.04'  - adduser=3.118ubuntu2
    parts:
      sample:
        stage-packages: [libc6=2.31-0ubuntu9]
    primed-stage-packages: [libssl1.1=1.1.1f-1ubuntu2]

What a part staged need not have got into the snap: where the manifest says what was primed, that alone counts. The
packages are those of the system that the snap was built on, which the manifest names, not of the one that it runs on.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats import purl, yaml
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_PRIMED, _STAGED = "primed-stage-packages", "stage-packages"
_UBUNTU = "ubuntu"


def parse(file: File) -> Found:
    """The packages, each ``NAME=VERSION``; others are reported."""
    document = yaml.load_object(file.data)
    system = as_text(document.get("snapcraft-os-release-id")) or _UBUNTU
    release = as_text(document.get("snapcraft-os-release-version-id"))
    distro = f"{system}-{release}" if release else ""
    components: dict[str, Component] = {}
    skipped: list[Skipped] = []
    for text in _entries(document):
        name, _, version = text.partition("=")
        name, _, arch = name.partition(":")
        try:
            if not version:
                raise Malformed(f"package {text[:80]!r} without a version")
            identity = purl.build("deb", name, version, system, {"arch": arch, "distro": distro})
        except Malformed as error:
            skipped.append(Skipped(file.path, error.what))
            continue
        components[str(identity)] = Component(name, version, namespace=system, ecosystem="deb", purl=identity)
    return Found(tuple(components.values()), skipped=tuple(skipped))


def _entries(document: Object) -> Iterator[str]:
    found = [*as_list(document.get("packages")), *as_list(document.get(_PRIMED))]
    if not isinstance(document.get(_PRIMED), list):
        parts = [as_object(part) for part in as_object(document.get("parts")).values()]
        for part in parts:
            found += as_list(part.get(_PRIMED if isinstance(part.get(_PRIMED), list) else _STAGED))
    yield from filter(None, map(as_text, found))
