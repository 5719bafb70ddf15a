"""os-release (os-release(5) of systemd): assignments as a shell would read them.

::

    PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
    ID=debian
    ID_LIKE='rhel fedora'
    VERSION_ID="12"
    CPE_NAME="cpe:/o:rocky:rocky:9::baseos"
"""

from __future__ import annotations

import re

from assay.ecosystems.os_release import system
from assay.errors import Malformed
from assay.model.ecosystem import File, Found
from assay.model.sbom import Distribution

_LINE = re.compile(r"^[ \t]*([A-Za-z_][A-Za-z0-9_]*)=(.*)$", re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")
_ID = re.compile(r"[^a-z0-9._-]+")


def parse(file: File) -> Found:
    """The distribution; without ``ID`` it is ``linux``, as the manual says."""
    values = assignments(file.text)
    if not values.keys() & {"ID", "NAME", "PRETTY_NAME", "VERSION_ID"}:
        raise Malformed("an os-release file that names no system")
    distribution = Distribution(
        id=identifier(values.get("ID", "")) or "linux",
        version_id=values.get("VERSION_ID", ""),
        name=values.get("NAME", ""),
        pretty_name=values.get("PRETTY_NAME", ""),
        version_codename=values.get("VERSION_CODENAME", ""),
        id_like=tuple(values.get("ID_LIKE", "").split()),
        variant_id=values.get("VARIANT_ID", ""),
        cpe_name=values.get("CPE_NAME", ""),
        home_url=values.get("HOME_URL", ""),
    )
    at_etc = file.path.endswith("etc/os-release")
    tail = "etc/os-release" if at_etc else "usr/lib/os-release"
    return system.found(file.path, tail, distribution, 10 if at_etc else 11, values.get("BUG_REPORT_URL", ""))


def assignments(text: str) -> dict[str, str]:
    """The variables of a file of shell assignments; nothing is expanded."""
    return {name: _unquote(value.strip()) for name, value in _LINE.findall(text)}


def identifier(text: str) -> str:
    """A valid ``ID``: lower-case letters, digits, full stops, underscores and dashes."""
    return _ID.sub("-", text.strip().lower()).strip("-")


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == '"':
        return _ESCAPE.sub(r"\1", value[1:-1])
    return value
