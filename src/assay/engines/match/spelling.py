"""How an id of an advisory is spelled that somebody typed: ``cve-2021-44228`` and ``ghsa-JFH8-C2JP-5V3Q``."""

from __future__ import annotations

import re

_GHSA = re.compile(r"ghsa(?:-[a-z0-9]{4}){3}", re.IGNORECASE)
_BITNAMI = re.compile(r"bit-[a-z0-9.-]+-\d+", re.IGNORECASE)
_NUMBERED = re.compile(r"([a-z]+(?:-[a-z]+)?)-\d[\d:.-]*", re.IGNORECASE)
_MIXED = {name.upper(): name for name in ("openSUSE-SU", "openEuler-SA", "wnpa-sec")}
"""Beginnings that are not in capitals."""


def spelled(name: str) -> str:
    """The id as records have it; what looks like none stays as it is."""
    name = name.strip()
    if _GHSA.fullmatch(name):
        return "GHSA" + name[4:].lower()
    if _BITNAMI.fullmatch(name):  # with the name of the package: BIT-gitlab-2021-22205
        return "BIT" + name[3:].lower()
    match = _NUMBERED.fullmatch(name)
    if match is None:
        return name
    prefix = match[1].upper()
    return _MIXED.get(prefix, prefix) + name[len(prefix) :]
