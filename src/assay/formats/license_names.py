"""Names of licences as people write them, brought to a common key, and the identifier a key stands for.

::

    "Apache License, Version 2.0"   -> "apache 2"           -> Apache-2.0
    "GPLv3+", "GPL (>= 3)"          -> "gpl 3 or later"     -> GPL-3.0-or-later
    "3-Clause BSD License"          -> "3 clause bsd"       -> BSD-3-Clause

The SPDX licence list gives the names in ``spdx_licenses.json`` (made by ``tools/spdx_licenses.py``); those
that the list does not know are in ``license_aliases.json``. A name that could mean several licences ("BSD",
"GPL", "Apache Software License") is in neither.
"""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)*|\+|>=")
_NOISE = frozenset({"the", "license", "licenses", "licence", "version", "ver", "v", "gnu"})
_LATER = re.compile(
    r",?\s*\(?\bor\s+\(?(?:at your option\)?,?\s+)?(?:any\s+)?(?:later|newer|greater|above|higher)\b"
    r"(?:\s+versions?)?\)?|-or-later\b"
)
_FAMILIES = (
    ("affero general public", "agpl"),
    ("lesser general public", "lgpl"),
    ("library general public", "lgpl"),
    ("library or lesser general public", "lgpl"),
    ("general public", "gpl"),
    ("affero gpl", "agpl"),
    ("lesser gpl", "lgpl"),
    ("free documentation", "gfdl"),
    ("mozilla public", "mpl"),
    ("eclipse public", "epl"),
    ("european union public", "eupl"),
    ("common development and distribution", "cddl"),
    ("creative commons zero", "cc 0"),
)
_GLUED = frozenset({"gplv", "lgplv", "agplv", "mplv", "eplv", "eupl", "apachev", "cddlv", "gfdlv"})
_GNU = re.compile(r"(agpl|lgpl|gpl|gfdl) (\d(?:\.\d)?)( only| or later)?\Z")


class Table(NamedTuple):
    """The licence list: identifiers by their lower-case form, and identifiers (or expressions) by name
    key.
    """

    licenses: MappingProxyType[str, str]
    exceptions: MappingProxyType[str, str]
    successors: MappingProxyType[str, str]
    license_names: MappingProxyType[str, str]
    exception_names: MappingProxyType[str, str]


@cache
def table() -> Table:
    """The licence list, read at the first licence."""
    import json
    from pathlib import Path

    data = json.loads(Path(__file__).with_name("spdx_licenses.json").read_bytes())
    aliases = json.loads(Path(__file__).with_name("license_aliases.json").read_bytes())
    names = {part: dict(data[f"{part}_names"]) for part in ("license", "exception")}
    for part, own in names.items():
        own |= {key(alias): target for target, written in aliases[part].items() for alias in written}
    return Table(
        MappingProxyType({identifier.lower(): identifier for identifier in data["licenses"].split(" ")}),
        MappingProxyType({identifier.lower(): identifier for identifier in data["exceptions"].split(" ")}),
        MappingProxyType(data["successors"]),
        MappingProxyType(names["license"]),
        MappingProxyType(names["exception"]),
    )


def key(name: str) -> str:
    """The common form of a name: lower-case words and numbers, without filler, ``2.0`` as ``2``."""
    text = _LATER.sub(" +", name.lower())
    words = [_word(word) for word in _WORD.findall(text) if word not in _NOISE]
    if ">=" in words:
        words = [word for word in words if word != ">="] + ["or later"]
    joined = " ".join(words)
    for phrase, short in _FAMILIES:
        joined = joined.replace(phrase, short)
    return joined


def _word(word: str) -> str:
    if word == "+":
        return "or later"
    if word in _GLUED:
        return word.removesuffix("v")
    while word.endswith(".0"):
        word = word[:-2]
    return word


def find_license(name: str) -> str:
    """The identifier (or expression) that `name` means beyond doubt, or an empty string."""
    known = table()
    exact = known.licenses.get(name.lower())
    if exact:
        return known.successors.get(exact, exact)
    wanted = key(name)
    return known.license_names.get(wanted) or _gnu(wanted) or _without_remark(name)


def find_exception(name: str) -> str:
    """The exception identifier that `name` means beyond doubt, or an empty string."""
    known = table()
    lower = name.lower()
    exact = known.exceptions.get(lower) or known.exceptions.get(lower.removesuffix(" exception"))
    return exact or known.exception_names.get(key(name), "")


def _gnu(wanted: str) -> str:
    """``gpl 2 or later`` -> ``GPL-2.0-or-later``; a bare version is that one only, as SPDX read
    ``GPL-2.0``.
    """
    match = _GNU.match(wanted)
    if not match:
        return ""
    version = match[2] if "." in match[2] else match[2] + ".0"
    identifier = f"{match[1]}-{version}-{(match[3] or 'only').strip().replace(' ', '-')}"
    return table().licenses.get(identifier, "")


_REMARK = re.compile(r"([^()]+)\(([^()]+)\)\s*\Z")


def _without_remark(name: str) -> str:
    """``GNU General Public License v2 or later (GPLv2+)``: the short name must not say something else."""
    match = _REMARK.match(name)
    if not match:
        return ""
    outer, inner = find_license(match[1].strip()), find_license(match[2].strip())
    return outer if outer and inner in ("", outer) else ""
