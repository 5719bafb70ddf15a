"""Databases of installed packages: ``var/lib/dpkg/status``, ``status.d/*`` and opkg's ``usr/lib/opkg/status``.

`status` holds a paragraph (`assay.ecosystems.deb.control`) for every package that dpkg knows; the third word of
``Status`` says whether its files are there (dpkg(1), "Package states"). Distroless images have a file for each package
in ``status.d`` instead, without ``Status``, and ``NAME.md5sums`` beside it. opkg keeps a short ``status`` and the whole
control file of each package in ``info/NAME.control``.
"""

from __future__ import annotations

from assay.ecosystems.deb import ownership, package
from assay.ecosystems.deb.control import Paragraph, paragraphs, stray_line
from assay.errors import Malformed
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_THERE = frozenset({"installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"})


def parse_status(file: File) -> Found:
    """The packages of a dpkg database whose files are there."""
    return _read(file, "debian", status=True)


def parse_opkg(file: File) -> Found:
    """The packages of an opkg database whose files are there."""
    return _read(file, "openwrt", status=True)


def parse_single(file: File) -> Found:
    """A file of ``status.d``: a package, or the list of its files."""
    if file.path.endswith(".md5sums"):
        return ownership.parse_sums(file)
    return _read(file, "debian", status=False)


def parse_control(file: File) -> Found:
    """A control file of opkg, which tells more of a package than the status does."""
    return _read(file, "openwrt", status=False)


def _read(file: File, namespace: str, *, status: bool) -> Found:
    text = file.text
    known = list(paragraphs(text))
    if text.strip() and not any("Package" in item for item in known):
        raise Malformed("no package paragraph in it")
    faults = [(item, _fault(item, status=status)) for item in known]
    skipped = [Skipped(file.path, fault) for _, fault in faults if fault]
    if line := stray_line(text):
        skipped.append(Skipped(file.path, f"a line that is no field: {line[:80]!r}"))
    good = [item for item, fault in faults if not fault and _is_there(item)]
    several = len({item.get("Architecture") for item in good} - {"all", None}) > 1
    components = []
    for item in good:
        try:
            components.append(package.component(item, namespace))
        except Malformed as error:
            skipped.append(Skipped(file.path, error.what))
    root = ownership.root_of(file.path)
    return Found(
        tuple(components),
        needs=tuple(need for item in good for need in package.needs(item, several=several)),
        provides=tuple(pair for item in good for pair in package.provides(item, several=several)),
        scope=root,
        root=root,
        skipped=tuple(skipped),
    )


def _is_there(paragraph: Paragraph) -> bool:
    words = paragraph.get("Status", "").split()
    return not words or words[-1] in _THERE


def _fault(paragraph: Paragraph, *, status: bool) -> str:
    """What is wrong with a paragraph, or nothing. To dpkg, a package without a status is not there."""
    name, words = paragraph.get("Package"), paragraph.get("Status", "").split()
    if not name:
        return "a paragraph without a package name"
    if len(words) != 3 and (words or status):
        return f"package {name} with the status {' '.join(words)[:80]!r}, which is none"
    if not paragraph.get("Version") and _is_there(paragraph):
        return f"package {name} without a version"
    return ""
