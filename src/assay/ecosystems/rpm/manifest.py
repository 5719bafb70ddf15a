"""``var/lib/rpmmanifest/container-manifest-2`` of distroless Azure Linux (CBL-Mariner): ``rpm -qa`` in tabs.

::

    NAME   VERSION-RELEASE  INSTALLTIME  BUILDTIME   VENDOR                 EPOCH   SIZE  ARCH    EPOCHNUM  SOURCERPM
    glibc  2.35-3.cm2       1653816591   1653628955  Microsoft Corporation  (none)  10    x86_64  0         glibc...rpm
"""

from __future__ import annotations

from assay.ecosystems.rpm import package
from assay.ecosystems.rpm.database import root_of
from assay.errors import Malformed
from assay.model.component import Component
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped


def parse(file: File) -> Found:
    """The packages; lines of another shape are reported."""
    components: list[Component] = []
    skipped: list[Skipped] = []
    for number, line in enumerate(file.text.splitlines(), 1):
        fields = line.split("\t")
        try:
            if len(fields) >= 10:
                components.append(_component(fields))
            elif line.strip():
                skipped.append(Skipped(file.path, f"line {number} has {len(fields)} fields instead of 10"))
        except Malformed as error:
            skipped.append(Skipped(file.path, f"line {number}: {error.what}"))
    if skipped and not components:
        raise Malformed("not a container manifest")
    root = root_of(file.path)
    return Found(tuple(components), scope=root, root=root, skipped=tuple(skipped))


def _component(fields: list[str]) -> Component:
    name, version, _, _, vendor, epoch, _, arch, _, source = fields[:10]
    return package.build(
        name,
        version,
        epoch=epoch if epoch.isdigit() else "",
        arch=arch,
        vendor="" if vendor == "(none)" else vendor,
        source=source.strip(),
    )
