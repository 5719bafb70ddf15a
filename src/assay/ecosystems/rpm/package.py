"""An RPM header as a component, and the edges between the packages of one database.

Version is ``VERSION-RELEASE``; the epoch is a qualifier of the purl (purl-spec, type rpm) and a property. Requirements
are capabilities: names of packages, of shared libraries (``libc.so.6()(64bit)``), paths, or conditions in
parentheses (rpm's "rich dependencies").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assay.ecosystems.rpm import header as tags
from assay.ecosystems.rpm.header import Header
from assay.errors import Malformed
from assay.formats import purl, spdx_license
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Property
from assay.model.digest import Algorithm, Digest

DEFAULT_NAMESPACE = "linux"
_VENDORS = (
    ("Red Hat", "redhat"),
    ("Fedora", "fedora"),
    ("CentOS", "centos"),
    ("Rocky", "rocky"),
    ("AlmaLinux", "almalinux"),
    ("Oracle", "ol"),
    ("Amazon", "amzn"),
    ("SUSE", "sles"),
    ("openSUSE", "opensuse"),
    ("Microsoft", "azurelinux"),
    ("openEuler", "openeuler"),
    ("Mageia", "mageia"),
)
_ARCHIVE_NAME = re.compile(r"(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$")
_WORD = re.compile(rb"\(([^\s()]+)|\s(?:or)\s+\(?([^\s()]+)")


def component(header: Header, presence: Presence = Presence.INSTALLED) -> Component:
    """The package; raises `Malformed` for a header without name or version."""
    name, version, release = (header.text(tag) for tag in (tags.NAME, tags.VERSION, tags.RELEASE))
    if not name or not version:
        raise Malformed("an RPM header without name or version")
    epochs = header.numbers(tags.EPOCH)
    return build(
        name,
        f"{version}-{release}" if release else version,
        epoch=str(epochs[0]) if epochs else "",
        arch=header.text(tags.ARCH) if header.text(tags.SOURCERPM) or not header.numbers(tags.SOURCEPACKAGE) else "src",
        vendor=header.text(tags.VENDOR),
        source=header.text(tags.SOURCERPM),
        presence=presence,
        header=header,
    )


def build(
    name: str,
    version: str,
    *,
    epoch: str,
    arch: str,
    vendor: str,
    source: str,
    presence: Presence = Presence.INSTALLED,
    header: Header | None = None,
) -> Component:
    """The package from its few essential fields, and the rest of the header where there is one."""
    arch = "" if arch == "(none)" else arch
    source = "" if source == "(none)" else source
    origin = _ARCHIVE_NAME.match(source)
    facts = [
        ("assay:rpm:architecture", arch),
        ("assay:rpm:epoch", epoch),
        ("assay:rpm:source-rpm", source),
        ("assay:rpm:source", origin[1] if origin else ""),
        ("assay:rpm:source-version", origin[2] if origin else ""),
    ]
    texts: dict[int, str] = {}
    if header is not None:
        texts = {tag: header.text(tag) for tag in (tags.GROUP, tags.MODULARITYLABEL, tags.PACKAGER, tags.URL)}
        facts += [
            ("assay:rpm:modularity-label", texts[tags.MODULARITYLABEL]),
            ("assay:rpm:group", texts[tags.GROUP].replace("Unspecified", "")),
        ]
    namespace = next((short for start, short in _VENDORS if vendor.startswith(start)), DEFAULT_NAMESPACE)
    url = texts.get(tags.URL, "")
    return Component(
        name,
        version,
        ComponentType.DATA if name == "gpg-pubkey" else ComponentType.LIBRARY,
        namespace=namespace,
        purl=purl.build("rpm", name, version, namespace, {"arch": arch, "epoch": epoch, "upstream": source}),
        ref=f"rpm:{name}-{epoch}:{version}.{arch}",
        presence=presence,
        licenses=spdx_license.normalise(header.text(tags.LICENSE)) if header else (),
        digests=_digests(header),
        supplier=vendor or texts.get(tags.PACKAGER, ""),
        description=header.text(tags.SUMMARY) if header else "",
        references=(ExternalReference("website", url),) if url and "(none)" not in url else (),
        properties=tuple(Property(label, value) for label, value in facts if value),
    )


def _digests(header: Header | None) -> tuple[Digest, ...]:
    """The MD5 of header and payload, which rpm keeps of every installed package."""
    value = header.binary(tags.SIGMD5) if header else b""
    return (Digest(Algorithm.MD5, value.hex()),) if len(value) == 16 else ()


def edges(packages: Sequence[tuple[Component, Header, bytes]]) -> set[tuple[str, str]]:
    """Who needs whom: for each requirement the first package that provides it, by capability or by file."""
    needs = [(item.id, requirements(header)) for item, header, _ in packages]
    asked = {name for _, groups in needs for names in groups for name in names}
    paths = {name[1:] for name in asked if name.startswith(b"/")}
    providers: dict[bytes, str] = {}
    for item, header, files in packages:
        for name in asked.intersection(header.names(tags.PROVIDENAME)):
            providers.setdefault(name, item.id)
        for path in paths.intersection(files.split(b"\n")) if paths else ():
            providers.setdefault(b"/" + path, item.id)
    found = set()
    for dependent, groups in needs:
        for names in groups:
            target = next((providers[name] for name in names if name in providers), dependent)
            if target != dependent:
                found.add((dependent, target))
    return found


def requirements(header: Header) -> list[tuple[bytes, ...]]:
    """The alternatives of each requirement; what only rpm itself provides (``rpmlib(...)``) is left out."""
    groups: list[tuple[bytes, ...]] = []
    for name in dict.fromkeys(header.names(tags.REQUIRENAME)):
        if name.startswith(b"("):
            groups.append(tuple(first or second for first, second in _WORD.findall(name[:4096])))
        elif not name.startswith(b"rpmlib("):
            groups.append((name,))
    return groups
