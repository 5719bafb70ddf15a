"""How an id of an advisory is spelled that somebody typed: ``cve-2021-44228`` and ``ghsa-JFH8-C2JP-5V3Q``."""

from __future__ import annotations

import re

_GHSA = re.compile(r"ghsa(?:-[a-z0-9]{4}){3}", re.IGNORECASE)
_NUMBERED = re.compile(r"[a-z]+(?:-[a-z]+)?-\d[\d:.-]*", re.IGNORECASE)


def spelled(name: str) -> str:
    """The id as records have it; what looks like none stays as it is."""
    name = name.strip()
    if _GHSA.fullmatch(name):
        return "GHSA" + name[4:].lower()
    return name.upper() if _NUMBERED.fullmatch(name) else name
