"""The names under which advisories file distributions: one form for all sources.

======================================  ====================  =====================================
written by sources                      here                  from os-release
======================================  ====================  =====================================
``Debian:12``, ``bookworm``             ``Debian:12``         ``ID=debian VERSION_ID="12"``
``Ubuntu:22.04:LTS``, ``Ubuntu:Pro:…``  ``Ubuntu:22.04``      ``ID=ubuntu VERSION_ID="22.04"``
``Alpine:v3.20``, ``v3.20``             ``Alpine:3.20``       ``ID=alpine VERSION_ID=3.20.1``
``AlmaLinux:9``                         ``AlmaLinux:9``       ``ID=almalinux VERSION_ID="9.4"``
``Red Hat:enterprise_linux:9::baseos``  ``Red Hat:9``         ``ID=rhel VERSION_ID="9.4"``; centos
``SUSE:Linux Enterprise Server 15 SP5``  ``SLES:15.5``        ``ID=sles VERSION_ID="15.5"``
======================================  ====================  =====================================

The channel of support that a name tells (``Pro:FIPS``, ``esm``) is kept apart.
"""

from __future__ import annotations

import re
from functools import lru_cache

from assay.model.sbom import Distribution

_WHOLE = frozenset(("Wolfi", "Chainguard", "MinimOS", "Echo", "Arch Linux"))
"""Distributions without releases."""

_BINARY = frozenset(
    (
        "AlmaLinux",
        "Rocky Linux",
        "Red Hat",
        "Oracle Linux",
        "Amazon Linux",
        "SLES",
        "openSUSE",
        "Azure Linux",
        "Mariner",
    )
) | frozenset(("Fedora", "CentOS", "openEuler", "Mageia", "Photon OS", "Arch Linux"))
"""Distributions whose records name binary packages."""

_SOURCES = frozenset(("Debian", "Ubuntu", "Alpine", "Wolfi", "Chainguard", "MinimOS", "Echo"))
_CODENAMES = {
    "buzz": "1.1", "rex": "1.2", "bo": "1.3", "hamm": "2.0", "slink": "2.1", "potato": "2.2", "woody": "3.0",
    "sarge": "3.1", "etch": "4", "lenny": "5", "squeeze": "6", "wheezy": "7", "jessie": "8", "stretch": "9",
    "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14", "duke": "15", "sid": "sid",
}  # fmt: skip
_UBUNTU = {
    "dapper": "6.06", "edgy": "6.10", "feisty": "7.04", "gutsy": "7.10", "hardy": "8.04", "intrepid": "8.10",
    "jaunty": "9.04", "karmic": "9.10", "lucid": "10.04", "maverick": "10.10", "natty": "11.04", "oneiric": "11.10",
    "precise": "12.04", "quantal": "12.10", "raring": "13.04", "saucy": "13.10", "trusty": "14.04", "utopic": "14.10",
    "vivid": "15.04", "wily": "15.10", "xenial": "16.04", "yakkety": "16.10", "zesty": "17.04", "artful": "17.10",
    "bionic": "18.04", "cosmic": "18.10", "disco": "19.04", "eoan": "19.10", "focal": "20.04", "groovy": "20.10",
    "hirsute": "21.04", "impish": "21.10", "jammy": "22.04", "kinetic": "22.10", "lunar": "23.04", "mantic": "23.10",
    "noble": "24.04", "oracular": "24.10", "plucky": "25.04", "questing": "25.10",
}  # fmt: skip
_SUSE = re.compile(r"(?:SUSE|SLES):?.*?(\d+)(?:[ -]?SP(\d+)|\.(\d+))?", re.IGNORECASE)
_SYSTEMS = {
    "debian": "Debian", "ubuntu": "Ubuntu", "alpine": "Alpine", "wolfi": "Wolfi", "chainguard": "Chainguard",
    "almalinux": "AlmaLinux", "rocky": "Rocky Linux", "rhel": "Red Hat", "centos": "Red Hat", "ol": "Oracle Linux",
    "amzn": "Amazon Linux", "sles": "SLES", "sled": "SLES", "opensuse-leap": "openSUSE", "photon": "Photon OS",
    "azurelinux": "Azure Linux", "mariner": "Mariner", "fedora": "Fedora", "arch": "Arch Linux", "minimos": "MinimOS",
    "opensuse-tumbleweed": "openSUSE", "redhat": "Red Hat", "rockylinux": "Rocky Linux", "oracle": "Oracle Linux",
    "oraclelinux": "Oracle Linux", "amazon": "Amazon Linux", "amazonlinux": "Amazon Linux", "echo": "Echo",
    "alma": "AlmaLinux", "centos-stream": "Red Hat", "cbl-mariner": "Mariner", "opensuse": "openSUSE",
    "suse linux enterprise server": "SLES",
}  # fmt: skip
_MAJOR = frozenset(("AlmaLinux", "Rocky Linux", "Red Hat", "Oracle Linux", "Debian", "CentOS"))
"""Advisories of these count by major release."""


PURL_TYPES = {
    "Go": "golang", "crates.io": "cargo", "PyPI": "pypi", "npm": "npm", "Maven": "maven", "RubyGems": "gem",
    "Packagist": "composer", "NuGet": "nuget", "Hex": "hex", "Pub": "pub", "Hackage": "hackage", "CRAN": "cran",
    "SwiftURL": "swift", "ConanCenter": "conan", "Julia": "julia", "Bitnami": "bitnami",
}  # fmt: skip
"""The purl types of the ecosystems of languages."""
_NAMES = {kind: name for name, kind in PURL_TYPES.items()}


def of_purl(kind: str) -> str:
    """The ecosystem of a purl type; empty for one that has none."""
    return _NAMES.get(kind, "")


@lru_cache(4096)
def split(name: str) -> tuple[str, str]:
    """The ecosystem in our form, and the channel that its name tells; names of other ecosystems stay as they are."""
    system, _, rest = name.partition(":")
    if not rest:
        return name, ""
    if system == "Packagist" or system not in _BINARY | _SOURCES | {"SUSE", "CentOS"}:
        return (system if system == "Packagist" else name), ""
    if system == "Ubuntu":
        parts = [part for part in rest.split(":") if part != "LTS"]
        version = next((part for part in parts if part[0].isdigit()), rest)
        return f"Ubuntu:{version}", "-".join(part.lower() for part in parts if part != version)
    if system in ("SUSE", "SLES"):
        match = _SUSE.search(name)
        return (f"SLES:{match[1]}{'.' + (match[2] or match[3]) if match[2] or match[3] else ''}" if match else name), ""
    if system == "Red Hat":
        match = re.search(r":(\d+)(?:\.(\d+))?(?:::?(.*))?$", name)
        return (f"Red Hat:{match[1]}", match[3] or "") if match else (name, "")
    return f"{system}:{_release(system, rest.partition(':')[0])}", ""


def _release(system: str, version: str) -> str:
    if system == "Alpine":
        return version.removeprefix("v")
    if system == "Debian":
        return _CODENAMES.get(version.lower(), version)
    if system in _MAJOR:
        return version.partition(".")[0]
    return version


_PLATFORMS = (
    (re.compile(r"cpe:/[ao]:redhat:(?:enterprise_linux|rhel_\w+|rhel)[^:]*:(\d+)"), "Red Hat"),
    (re.compile(r"cpe:2\.3:[ao]:redhat:(?:enterprise_linux|rhel_\w+|rhel)[^:]*:(\d+)"), "Red Hat"),
    (re.compile(r"Red Hat Enterprise Linux\b[^0-9]{0,60}(\d+)"), "Red Hat"),
    (re.compile(r"cpe:/[ao]:oracle:linux:(\d+)"), "Oracle Linux"),
    (re.compile(r"Oracle Linux (\d+)"), "Oracle Linux"),
    (re.compile(r"cpe:/o:opensuse:leap:(\d+\.\d+)"), "openSUSE"),
    (re.compile(r"openSUSE Leap (\d+\.\d+)"), "openSUSE"),
    (re.compile(r"openSUSE (Tumbleweed)"), "openSUSE"),
    (re.compile(r"cpe:/[ao]:suse:(?:sles?|sled|sle-[\w-]+|suse_linux_enterprise\w*):(\d+)(?::sp(\d+))?"), "SLES"),
    (re.compile(r"SUSE Linux Enterprise [A-Z][\w .-]{0,60}? (\d+)(?: SP(\d+))?"), "SLES"),
)


def of_platform(text: str) -> str:
    """The ecosystem of a distribution that a CPE or the name of a product tells; empty where neither does."""
    for pattern, system in _PLATFORMS:
        match = pattern.search(text)
        if match:
            minor = match[2] if match.re.groups > 1 else ""
            return f"{system}:{match[1]}{'.' + minor if minor else ''}"
    return ""


def normalise(name: str) -> str:
    """The ecosystem in our form."""
    return split(name)[0]


def debian(codename: str) -> str:
    """``Debian:12`` for ``bookworm``."""
    return f"Debian:{_CODENAMES.get(codename.lower(), codename)}"


def ubuntu(codename: str) -> str:
    """``Ubuntu:22.04`` for ``jammy``; empty for what is no release."""
    number = _UBUNTU.get(codename.lower(), "")
    return f"Ubuntu:{number}" if number else ""


def is_distribution(name: str) -> bool:
    """Whether an ecosystem is a distribution."""
    system = name.partition(":")[0]
    return system in _BINARY or system in _SOURCES


def names_binaries(name: str) -> bool:
    """Whether records of an ecosystem name binary packages."""
    return name.partition(":")[0] in _BINARY


def of_distribution(system: Distribution) -> str:
    """The ecosystem of an operating system; empty where no source speaks of it, or the release is not known."""
    name = _SYSTEMS.get(system.id)
    if name is None:
        return ""
    if name in _WHOLE:
        return name
    version = system.version_id or _CODENAMES.get(system.version_codename, "")
    if system.id == "opensuse-tumbleweed":
        return "openSUSE:Tumbleweed"
    if not version:
        return "Debian:sid" if name == "Debian" and "sid" in system.pretty_name else ""
    return f"{name}:{_short(name, version)}"


def _short(name: str, version: str) -> str:
    """As many numbers of the release as advisories count by."""
    if name == "Debian" and version[:2] in ("1.", "2.", "3."):
        return version[:3]
    if name in _MAJOR:
        version = version.partition("/")[0]  # `trixie/sid`
        return _CODENAMES.get(version, version.partition(".")[0])
    if name == "Alpine":
        rolling = "edge" in version or "_alpha" in version
        return "edge" if rolling else ".".join(version.removeprefix("v").split(".")[:2])
    if name == "Ubuntu":
        return _UBUNTU.get(version, version)
    if name == "Amazon Linux":  # `2 (Karoo)`, `2023.6.20250115 (Amazon Linux)`, `AMI release 2018.03`
        return "1" if version.startswith(("201", "AMI")) else version.partition(" ")[0].partition(".")[0]
    if name in ("Azure Linux", "Mariner", "Photon OS"):
        return ".".join(version.split(".")[:2])
    return version
