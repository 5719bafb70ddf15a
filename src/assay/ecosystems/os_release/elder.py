"""The files that named a system before os-release did, and busybox for those that have none.

::

    etc/redhat-release       CentOS Linux release 7.9.2009 (Core)
    etc/system-release-cpe   cpe:/o:amazon:linux:2:ga:server
    etc/lsb-release          DISTRIB_ID=Ubuntu, DISTRIB_RELEASE=14.04, DISTRIB_CODENAME=trusty
    etc/SuSE-release         SUSE Linux Enterprise Server 11 (x86_64), VERSION = 11, PATCHLEVEL = 4
    etc/alpine-release       3.19.1
    etc/debian_version       12.5, or trixie/sid
    bin/busybox              ... BusyBox v1.36.1 (2023-11-07 18:53:09 UTC) ...
"""

from __future__ import annotations

import re

from assay.ecosystems.os_release import system
from assay.errors import Malformed
from assay.formats.os_release import assignments, identifier
from assay.model.ecosystem import File, Found
from assay.model.sbom import Distribution

_PRIORITY = {
    "lsb-release": 30,
    "oracle-release": 40,
    "rocky-release": 40,
    "almalinux-release": 40,
    "centos-release": 41,
    "fedora-release": 41,
    "redhat-release": 42,
    "SuSE-release": 43,
    "system-release": 44,
    "system-release-cpe": 45,
    "alpine-release": 50,
    "arch-release": 51,
    "debian_version": 60,
}
_BUSYBOX_PRIORITY = 90
_RELEASE = re.compile(r"^(.{1,80}?)(?: Linux)?(?: Server| Client| Workstation| Stream)? release ([0-9][0-9.]*)")
_CODENAME = re.compile(r"\(([^()]{1,40})\)")
_RED_HAT_IDS = {
    "red hat enterprise": "rhel",
    "centos": "centos",
    "fedora": "fedora",
    "oracle": "ol",
    "rocky": "rocky",
    "almalinux": "almalinux",
    "amazon": "amzn",
    "scientific": "scientific",
    "cloudlinux": "cloudlinux",
    "virtuozzo": "virtuozzo",
}
_CPE_IDS = {"redhat": "rhel", "amazon": "amzn", "oracle": "ol", "fedoraproject": "fedora", "centos": "centos"}
_SUSE = re.compile(r"^(VERSION|PATCHLEVEL) *= *([0-9.]+)", re.MULTILINE)
_VERSION = re.compile(r"[0-9][0-9A-Za-z._~-]*")
_BUSYBOX = re.compile(rb"BusyBox v([0-9]+\.[0-9]+(?:\.[0-9]+)?)")


def parse(file: File) -> Found:
    """The distribution that the file names; raises `Malformed` for a text of another form."""
    text = file.text.strip()
    if len(text) > 64 << 10:
        raise Malformed("too long for a file that names a system")
    distribution = _READERS.get(file.name, _red_hat)(text)
    return system.found(file.path, f"etc/{file.name}", distribution, _PRIORITY.get(file.name, 49))


def parse_busybox(file: File) -> Found:
    """A system of which nothing is known but its busybox."""
    match = _BUSYBOX.search(file.content)
    if match is None:
        return Found()
    version = match[1].decode("ascii")
    distribution = Distribution("busybox", version, "BusyBox", f"BusyBox v{version}")
    folder = file.path.removesuffix("bin/busybox").removesuffix("usr/")
    return system.found(folder, "", distribution, _BUSYBOX_PRIORITY)


def _red_hat(text: str) -> Distribution:
    line = text.partition("\n")[0]
    match = _RELEASE.match(line)
    if match is None:
        raise Malformed(f"not the name of a release: {line[:80]!r}")
    name = match[1]
    known = next((value for key, value in _RED_HAT_IDS.items() if name.lower().startswith(key)), "")
    codename = _CODENAME.search(line, match.end())
    return Distribution(
        known or identifier(name),
        match[2].rstrip("."),
        name,
        line,
        codename[1].lower() if codename else "",
        () if known == "fedora" else ("rhel", "fedora"),
    )


def _cpe(text: str) -> Distribution:
    parts = text.removeprefix("cpe:2.3:").removeprefix("cpe:/").split(":")
    if not text.startswith("cpe:") or len(parts) < 4:
        raise Malformed(f"not the CPE of a system: {text[:80]!r}")
    vendor, product, version = parts[1:4]
    return Distribution(_CPE_IDS.get(vendor) or identifier(product), version, cpe_name=text.partition("\n")[0])


def _lsb(text: str) -> Distribution:
    values = assignments(text)
    if not values.get("DISTRIB_ID"):
        raise Malformed("an lsb-release file without DISTRIB_ID")
    return Distribution(
        identifier(values["DISTRIB_ID"]),
        values.get("DISTRIB_RELEASE", ""),
        values["DISTRIB_ID"],
        values.get("DISTRIB_DESCRIPTION", ""),
        values.get("DISTRIB_CODENAME", ""),
    )


def _suse(text: str) -> Distribution:
    line = text.partition("\n")[0]
    values = dict(_SUSE.findall(text))
    version, patch = values.get("VERSION", ""), values.get("PATCHLEVEL", "")
    enterprise = "enterprise" in line.lower()
    identity = "sles" if enterprise else "opensuse"
    return Distribution(identity, f"{version}.{patch}" if patch and patch != "0" else version, line, line)


def _alpine(text: str) -> Distribution:
    return Distribution("alpine", _version(text), "Alpine Linux", f"Alpine Linux v{_version(text)}")


def _debian(text: str) -> Distribution:
    codename = text.partition("/")[0] if text[:1].isalpha() else ""
    return Distribution("debian", "" if codename else _version(text), "Debian GNU/Linux", version_codename=codename)


def _arch(text: str) -> Distribution:
    return Distribution("arch", "", "Arch Linux", "Arch Linux")


def _version(text: str) -> str:
    match = _VERSION.match(text)
    if match is None:
        raise Malformed(f"not a version: {text[:80]!r}")
    return match[0]


_READERS = {
    "system-release-cpe": _cpe,
    "lsb-release": _lsb,
    "SuSE-release": _suse,
    "alpine-release": _alpine,
    "debian_version": _debian,
    "arch-release": _arch,
}
