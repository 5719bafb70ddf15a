"""Version orders of every ecosystem: the first byte picks it; the rest are two versions and a range, parted by NUL.

Keys are made of anything, are the same each time, and order as equal what is written equally. Where dpkg or rpm are
installed, they are the oracle of their schemes.
"""

from __future__ import annotations

import re
import shutil
import subprocess

from assay.ecosystems import discover, order
from assay.errors import AssayError
from assay.formats.version_set import contains

_ORDERS = [order(item.name) for item in discover()]
_SCHEMES = {found.scheme: found for found in _ORDERS}
_NAMES = sorted(_SCHEMES)
_DPKG, _RPM = shutil.which("dpkg"), shutil.which("rpm")
_EVR = re.compile(r"(?:\d{1,9}:)?[A-Za-z0-9._+~^]+(?:-[A-Za-z0-9._+~^]+)?", re.ASCII)
_EVERY = 97
"""Of so many inputs one goes to a program: each costs a process."""

SEEDS: list[bytes] = [
    bytes([number]) + text
    for number in range(len(_NAMES))
    for text in (
        b"1:1.0~rc1-1+deb12u1\x001.0-1\x00>=1.0, <2.0",
        b"1.0.0-alpha.1+b\x001.0.0\x00^1.2.3 || ~2.0",
        b"1.0.post1.dev2+local\x001!2.0\x00[1.0,2.0),[3.0,)",
        b"v0.0.0-20200101000000-abcdef123456\x002013b\x00~> 1.2",
        b"1.2.3_p4-r5\x001.2.3_alpha\x00<1.0",
    )
]


def run(data: bytes) -> None:
    if not data:
        return
    found = _SCHEMES[_NAMES[data[0] % len(_NAMES)]]
    one, other, text = [*data[1:].decode("utf-8", "replace").split("\x00", 2), "", ""][:3]
    first, second = found.key(one), found.key(other)
    assert first == found.key(one)
    assert (one != other) or (first == second)
    try:
        intervals = found.intervals(text)
    except AssayError:
        intervals = ()
    for interval in intervals:
        contains(interval, first, found.key)
    if hash(data) % _EVERY == 0:
        ours = (first > second) - (first < second)
        if found.scheme == "debian" and _DPKG:
            _against_dpkg(one, other, ours)
        if found.scheme == "rpm" and _RPM:
            _against_rpm(one, other, ours)


def _against_dpkg(one: str, other: str, ours: int) -> None:
    assert _DPKG is not None
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~-")
    if not all(text and text[0].isdigit() and set(text) <= allowed for text in (one, other)):
        return
    for relation, wanted in (("lt", ours < 0), ("eq", ours == 0), ("gt", ours > 0)):
        answer = subprocess.run([_DPKG, "--compare-versions", one, relation, other], capture_output=True, check=False)
        if answer.stderr:
            return
        assert (answer.returncode == 0) is wanted, (one, relation, other)


def _against_rpm(one: str, other: str, ours: int) -> None:
    assert _RPM is not None
    if not all(_EVR.fullmatch(text) for text in (one, other)):
        return
    script = f"local a, b = rpm.ver('{one}'), rpm.ver('{other}') print(a < b and -1 or a == b and 0 or 1)"
    answer = subprocess.run([_RPM, "--eval", f"%{{lua:{script}}}"], capture_output=True, text=True, check=False)
    if answer.returncode == 0 and answer.stdout.strip():
        assert int(answer.stdout) == ours, (one, other)
