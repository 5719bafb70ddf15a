"""Python's version order: PEP 440 (the version specifiers specification), below it what setuptools once took.

Key: ``01`` epoch, release (without zeros at the end), pre, post, dev, local; or ``00`` and the parts of an elder
version as ``pkg_resources`` compared them before setuptools 66.
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import relation
from assay.formats.sort_key import MAX_LENGTH, number, text
from assay.model.version import Interval

SCHEME = "pypi"
REVISION = 2

_VERSION = re.compile(
    r"\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>alpha|beta|preview|pre|a|b|c|rc)[-_.]?(?P<pre_n>\d*))?"
    r"(?P<post>-(?P<post_1>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_n>\d*))?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_n>\d*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*",
    re.ASCII,
)
_PRE = {"a": b"\x01", "alpha": b"\x01", "b": b"\x02", "beta": b"\x02"}
_NONE, _FINAL = b"\x00", b"\x04"


def key(version: str) -> bytes:
    """The sort key."""
    version = version[:MAX_LENGTH].lower()
    match = _VERSION.fullmatch(version)
    if match is None:
        return b"\x00" + _legacy(version)
    epoch, release, pre, pre_n, post, post_1, post_n, dev, dev_n, local = match.groups()
    if pre:
        first = _PRE.get(pre, b"\x03") + number(pre_n or "")
    else:
        first = _NONE if dev is not None and post is None else _FINAL
    return b"".join(
        (
            b"\x01",
            number(epoch or ""),
            _release(release),
            first,
            b"\x01" + number(post_1 or post_n or "") if post is not None else _NONE,
            b"\x00" + number(dev_n or "") if dev is not None else b"\x01",
            _local(local) if local else _NONE,
        )
    )


def last(version: str) -> bytes:
    """The key up to which all is this version: a local label (``2.6.0+cu124``) does not count unless the bound has one.

    So the version specifiers specification has it for ``==``, ``<=`` and ``>``.
    """
    own = key(version)
    return own if own[0] == 0 or "+" in version else own.removesuffix(_NONE) + b"\xff"


def _release(digits: str) -> bytes:
    parts = [number(part) for part in digits.split(".")]
    while parts and parts[-1] == b"\0":
        parts.pop()
    return b"".join([b"\x02" + part for part in parts]) + b"\x01"


def _local(label: str) -> bytes:
    parts = re.split(r"[-_.]", label)
    return b"".join([b"\x02" + number(part) if part.isdigit() else b"\x01" + text(part) for part in parts]) + _NONE


_LEGACY_PART = re.compile(r"(\d+|[a-z]+|\.|-)")
_LEGACY_WORDS = {"pre": "c", "preview": "c", "-": "final-", "rc": "c", "dev": "@"}


def _legacy(version: str) -> bytes:
    parts: list[str] = []
    for part in (*_LEGACY_PART.split(version.strip()), "final"):
        word = _LEGACY_WORDS.get(part, part)
        if not word or word == ".":
            continue
        if word[0].isdigit():
            parts.append(word.zfill(8))
            continue
        if word < "final":
            while parts and parts[-1] == "*final-":
                parts.pop()
        while parts and parts[-1] == "00000000":
            parts.pop()
        parts.append(f"*{word}")
    return b"".join(map(text, parts))


_CLAUSE = re.compile(r"\s*(~=|===|==|=|!=|<=|>=|<|>|)\s*([^\s,;<>=!~]+)\s*")


def intervals(requirement: str) -> tuple[Interval, ...]:
    """A specifier set: ``>=1.0,!=1.1,<2.0``, ``~=1.4.2``, ``==1.*``; ``= 1.2.3`` as GitHub's advisories write it."""
    found: tuple[Interval, ...] = (Interval(),)
    if requirement.strip() in relation.ALL:
        return found
    for clause in requirement.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is None or len(clause) > MAX_LENGTH:
            raise Malformed(f"{clause[:100]!r} is no version specifier")
        parts = _clause(match[1], match[2])
        found = tuple(both for one in found for other in parts if (both := relation.meet(one, other, key)) is not None)
    return found


def _clause(operator: str, version: str) -> tuple[Interval, ...]:
    if version.endswith(".*"):
        low = version[:-2]
        inside = Interval(f"{low}.dev0", True, f"{_bumped(low)}.dev0")
        if operator == "!=":
            return Interval(high=inside.low), Interval(inside.high)
        return (inside,)
    if operator == "~=":
        return (Interval(version, True, _bumped(version.rpartition(".")[0] or version)),)
    return relation.of(operator, version)


def _bumped(version: str) -> str:
    """``1.4`` after ``1.3``: the last number of the release plus one."""
    head, _, last = version.rpartition(".")
    digits = re.match(r"\d+", last)
    bumped = str(int(digits[0]) + 1) if digits else last
    return f"{head}.{bumped}" if head else bumped
