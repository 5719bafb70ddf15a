"""``var/lib/pacman/local/NAME-VERSION/``: what pacman has installed (libalpm, be_local.c).

``desc`` and ``files`` are sections of lines, ended by a blank one::

    %NAME%                 %FILES%
    pacman                 usr/
                           usr/bin/
    %VERSION%              usr/bin/pacman
    6.0.2-3
                           %BACKUP%
    %DEPENDS%              etc/pacman.conf  8a1f...
    glibc>=2.38
"""

from __future__ import annotations

import re

from assay.ecosystems.alpm import package
from assay.errors import Malformed
from assay.model.ecosystem import File, Found, Owned

_ROOT = re.compile(r"(?:^|(.*?)/)(?:(?:usr|var)/lib/)?pacman/local/([^/]+)/[^/]+$")
_SECTION = re.compile(r"^%([A-Z0-9]+)%\n((?:[^\n]+(?:\n|$))*)", re.MULTILINE)
_FILES = re.compile(rb"^%FILES%\n((?:[^\n]+(?:\n|$))*)", re.MULTILINE)


def parse_desc(file: File) -> Found:
    """The package of a ``desc`` file."""
    text = file.text.replace("\r\n", "\n")
    fields = {name.lower(): body.strip("\n").split("\n") for name, body in _SECTION.findall(text)}
    if not package.first(fields, "name") or not package.first(fields, "version"):
        raise Malformed("a package without name or version")
    item = package.component(fields)
    root = _place(file.path)[0]
    provides = tuple((name, item.id) for name in package.words(fields.get("provides", ())))
    return Found((item,), needs=package.needs(fields), provides=provides, scope=root, root=root)


def parse_files(file: File) -> Found:
    """The files of a package; its name is that of the folder without version and release."""
    match = _FILES.search(file.data)
    root, folder = _place(file.path)
    owner = folder.rsplit("-", 2)[0]
    return Found(owns=(Owned(owner, match[1].rstrip(b"\n")),) if match else (), scope=root, root=root)


def _place(path: str) -> tuple[str, str]:
    """The root folder of the system, and the folder of the package."""
    match = _ROOT.match(path)
    return (match[1] or "", match[2]) if match else ("", "")
