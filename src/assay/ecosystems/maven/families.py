"""The group of an archive that does not tell it: a well-known name, held against the classes inside.

``families.tsv`` has the names; a name alone proves nothing, so entries of the archive must lie where those of the
family do::

    spring-core     org.springframework     org/springframework/core/
    dom4j@1.*       dom4j                   org/dom4j/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from assay.formats.zip import Archive

_APACHE = re.compile(r"(org\.apache\.[a-z][a-z0-9]*)(?:\.|$)")
_SHARED = frozenset(
    {
        *("org.apache.commons", "org.apache.directory", "org.apache.el", "org.apache.geronimo", "org.apache.jasper"),
        *("org.apache.log4j", "org.apache.logging", "org.apache.myfaces", "org.apache.oro", "org.apache.tomcat"),
        *("org.apache.tools", "org.apache.ws", "org.apache.xml"),
    }
)
"""Names below which several groups lie, or groups that are called otherwise."""
_HOSTS = frozenset({"org.apache", "org.eclipse", "org.codehaus", "org.jboss", "com.google", "com.sun", "com.oracle"})
"""Whoever has many groups below their name."""
_VENDOR = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9]*")
_WILD = re.compile(r"[*?\[]")
_SAYS = ("Extension-Name", "Implementation-Title", "Bundle-SymbolicName", "Automatic-Module-Name")


def group(archive: Archive, told: Mapping[str, str], artifact: str, version: str) -> str:
    """The group of the family that name and classes fit, else what the manifest says and the classes confirm."""
    known = f"{artifact}@{version}"
    for literal, rest, found, start in _families():
        if known.startswith(literal) and _fits(known[len(literal) :], rest) and archive.holds(start):
            return found
    return next((name for name in _stated(told) if archive.holds(name.replace(".", "/").encode() + b"/")), "")


def _fits(text: str, pattern: str) -> bool:
    return pattern == "*" or fnmatchcase(text, pattern)


def _stated(told: Mapping[str, str]) -> list[str]:
    """A vendor that is no host of many, and projects of Apache, whose groups are called as their packages."""
    vendor = told.get("Implementation-Vendor-Id", "")
    projects = [match[1] for key in _SAYS if (match := _APACHE.match(told.get(key, "")))]
    vendors = [vendor] if _VENDOR.fullmatch(vendor) and vendor not in _HOSTS else []
    return [*vendors, *(name for name in projects if name not in _SHARED)]


@cache
def _families() -> tuple[tuple[str, str, str, bytes], ...]:
    """What names begin with, the pattern that the rest of them fits, the group, and where entries begin."""
    lines = (Path(__file__).parent / "families.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line[:1] not in ("", "#"))
    found = []
    for name, group, start in rows:
        pattern = name if "@" in name else f"{name}@*"
        literal = _WILD.split(pattern, maxsplit=1)[0]
        found.append((literal, pattern[len(literal) :], group, start.encode()))
    return tuple(found)
