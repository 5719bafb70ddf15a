"""Licences out of ``usr/share/doc/PACKAGE/copyright`` (Debian Policy 12.5).

Machine-readable ones (copyright format 1.0, "DEP-5") have paragraphs whose ``License`` begins with a short name::

    Format: https://www.debian.example/doc/packaging-manuals/copyright-format/1.0/

    Files: *
    Copyright: 1998 A. Author
    License: GPL-2+ and BSD-3-clause

Others are prose; of those only the licence texts that they point to (``/usr/share/common-licenses/GPL-2``) are
taken, as concluded licences.
"""

from __future__ import annotations

import codecs
import re

from assay.model.ecosystem import File, Found

_FORMAT = re.compile(r"^Format(?:-Specification)?:.*(?:copyright-format|dep5|dep-5)", re.IGNORECASE | re.MULTILINE)
_FIRST = re.compile(rb"Format: https?://[!-~]{1,200}/(?:copyright-format|dep5)\b")
_LICENSE = re.compile(rb"\n[Ll][Ii][Cc][Ee][Nn][Ss][Ee]:[ \t]*([^\n]+)")  # a literal first, which is looked for fast
_COMMON = re.compile(r"/usr/share/common-licenses/([A-Za-z][A-Za-z0-9.+-]*)")
_GNU = re.compile(r"[AL]?GPL-[0-9.]+$|GFDL-[0-9.]+$")
_LATER = re.compile(r"any\s+later(\s+version)?")
_OPTION = re.compile(r"or\s+\(at\s+your\s+option\)\s+\Z")
_NEAR = 200  # characters
_HEAD = 4096  # characters in which the format is named
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ROOT = re.compile(r"(?:^|(.*)/)usr/share/doc/([^/]+)/copyright$")


def parse(file: File) -> Found:
    """The licence names as facts; the packages that they belong to are in another file."""
    match = _ROOT.match(file.path)
    data = file.data
    if data[:2] in _UTF16:
        data = file.text.encode()
    stated = stated_names(data) if _has_format(data) else []
    mentioned = [] if stated else mentioned_names(_decoded(data))
    if match is None or not (stated or mentioned):
        return Found()
    facts = {"package": match[2], "stated": stated, "mentioned": mentioned}
    return Found(scope=match[1] or "", root=match[1] or "", facts=facts)


def _has_format(data: bytes) -> bool:
    """Whether a file says in its first characters, mostly in the first line, that it is machine-readable."""
    return bool(_FIRST.match(data) or _FORMAT.search(_decoded(data[: 4 * _HEAD])[:_HEAD]))


def _decoded(data: bytes) -> str:
    return data.decode("utf-8-sig", "replace")


def stated_names(data: bytes) -> list[str]:
    """The short names of a machine-readable file, each once, sorted."""
    data = data.removeprefix(codecs.BOM_UTF8)
    lines = set(_LICENSE.findall(data if data[:8].lower() != b"license:" else b"\n" + data))
    found = [line.decode("utf-8", "replace") for line in lines]
    return sorted({" ".join(name.split()) for name in found if not name[0].isspace()})


def mentioned_names(text: str) -> list[str]:
    """The common licences that prose points to; the GNU ones with a plus where it says "any later version"."""
    names = {name.rstrip(".-") for name in _COMMON.findall(text)}
    later = any(map(_GNU.match, names)) and _says_later(text.lower())
    return sorted(f"{name}+" if later and _GNU.match(name) else name for name in names)


def _says_later(text: str) -> bool:
    """``any later version``, or ``or (at your option) any later``."""
    places = ((found, found.start()) for found in _LATER.finditer(text))
    return any(found[1] or _OPTION.search(text, max(0, at - _NEAR), at) for found, at in places)
