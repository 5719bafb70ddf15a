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

import re

from assay.model.ecosystem import File, Found

_FORMAT = re.compile(r"^Format(?:-Specification)?:.*(?:copyright-format|dep5|dep-5)", re.IGNORECASE | re.MULTILINE)
_LICENSE = re.compile(r"^License:[ \t]*(\S[^\n]*)", re.IGNORECASE | re.MULTILINE)
_COMMON = re.compile(r"/usr/share/common-licenses/([A-Za-z][A-Za-z0-9.+-]*)")
_GNU = re.compile(r"[AL]?GPL-[0-9.]+$|GFDL-[0-9.]+$")
_LATER = re.compile(r"any\s+later\s+version|or\s+\(at\s+your\s+option\)\s+any\s+later", re.IGNORECASE)
_ROOT = re.compile(r"(?:^|(.*)/)usr/share/doc/([^/]+)/copyright$")


def parse(file: File) -> Found:
    """The licence names as facts; the packages that they belong to are in another file."""
    match = _ROOT.match(file.path)
    text = file.text
    stated = stated_names(text) if _FORMAT.search(text, 0, 4096) else []
    mentioned = [] if stated else mentioned_names(text)
    if match is None or not (stated or mentioned):
        return Found()
    facts = {"package": match[2], "stated": stated, "mentioned": mentioned}
    return Found(scope=match[1] or "", root=match[1] or "", facts=facts)


def stated_names(text: str) -> list[str]:
    """The short names of a machine-readable file, each once, sorted."""
    return sorted({" ".join(name.split()) for name in _LICENSE.findall(text)})


def mentioned_names(text: str) -> list[str]:
    """The common licences that prose points to; the GNU ones with a plus where it says "any later version"."""
    later = _LATER.search(text) is not None
    names = {name.rstrip(".-") for name in _COMMON.findall(text)}
    return sorted(f"{name}+" if later and _GNU.match(name) else name for name in names)
