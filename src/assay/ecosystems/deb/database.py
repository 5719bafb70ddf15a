"""Databases of installed packages: ``var/lib/dpkg/status``, ``status.d/*`` and opkg's ``usr/lib/opkg/status``.

`status` holds a paragraph (`assay.ecosystems.deb.control`) for every package that dpkg knows; the third word of
``Status`` says whether its files are there (dpkg(1), "Package states"). Distroless images have a file for each package
in ``status.d`` instead, without ``Status``, and ``NAME.md5sums`` beside it. opkg keeps a short ``status`` and the whole
control file of each package in ``info/NAME.control``.
"""

from __future__ import annotations

from assay.ecosystems.deb import ownership, package
from assay.ecosystems.deb.control import Paragraph, paragraphs
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
    known = [item for item in known if _installed(item, status=status)]
    good = [item for item in known if _is_complete(item)]
    several = len({item.get("Architecture") for item in good} - {"all", None}) > 1
    components = []
    skipped = [Skipped(file.path, _fault(item)) for item in known if not _is_complete(item)]
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


def _installed(paragraph: Paragraph, *, status: bool) -> bool:
    """Whether the files of a package are there; to dpkg, a missing status means that they are not."""
    words = paragraph.get("Status", "").split()
    if not words:
        return not status
    return words[-1].lower() in _THERE


def _is_complete(paragraph: Paragraph) -> bool:
    return bool(paragraph.get("Package") and paragraph.get("Version"))


def _fault(paragraph: Paragraph) -> str:
    name = paragraph.get("Package")
    return f"package {name} without a version" if name else "a paragraph without a package name"
