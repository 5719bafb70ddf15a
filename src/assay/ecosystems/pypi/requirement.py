"""Requirements as PEP 508 writes them: name, extras, versions or URL, and a marker.

::

    requests[socks] >=2.8.1,<3 ; python_version < "3.12" and extra == "net"
    urllib3 @ https://files.example/urllib3-1.26.8.zip

Specification: PyPA "Dependency specifiers" and "Version specifiers". Where pip would refuse the text, what can be
read is read; `parse` gives None when not even a name is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?)\s*(?:\[([^\[\]]*)\]\s*)?")
_RUNS = re.compile(r"[-_.]+")
_OPERATOR = re.compile(r"(,|===|==|~=|!=|<=|>=|<|>)")
_EXACT = re.compile(r"===?([^,*]+)")
_TOKEN = re.compile(r"""\s*(?:(\(|\))|("[^"]*"|'[^']*')|(===|==|~=|!=|<=|>=|<|>)|([A-Za-z_][\w.]*))""")
_DEPTH = 20
_MAX_MARKER = 4000


@dataclass(frozen=True, slots=True)
class Requirement:
    """A dependency: `specifier` without white space, or `url`; never both."""

    name: str
    extras: tuple[str, ...] = ()
    specifier: str = ""
    url: str = ""
    marker: str = ""

    @property
    def version(self) -> str:
        """The one version that is allowed (``==1.2`` or ``===1.2``), else an empty string."""
        match = _EXACT.fullmatch(self.specifier)
        return match[1] if match else ""

    @property
    def version_range(self) -> str:
        """The specifier where it is not an exact version."""
        return "" if self.version else self.specifier


def normalise(name: str) -> str:
    """The name by which the index knows a project (PEP 503): ``Foo._Bar`` is ``foo-bar``."""
    return _RUNS.sub("-", name).lower()


def parse(text: str) -> Requirement | None:
    """The requirement in `text`, None where there is none."""
    match = _NAME.match(text)
    if match is None:
        return None
    name, extras, rest = match[1], match[2] or "", text[match.end() :]
    found = tuple(part.strip() for part in extras.split(",") if part.strip())
    if rest.startswith("@"):
        url, _, marker = rest[1:].strip().partition(" ;")
        return Requirement(name, found, url=url.strip(), marker=marker.strip())
    specifier, _, marker = rest.partition(";")
    specifier = specifier.strip().removeprefix("(").removesuffix(")")
    specifier = "".join([part.strip() for part in _OPERATOR.split(specifier)])
    if specifier and specifier[0] not in "=<>!~":
        return None
    return Requirement(name, found, specifier, marker=marker.strip())


def is_excluded(marker: str) -> bool:
    """Whether `marker` holds only when an extra is asked for, whatever the environment."""
    return "extra" in marker and _needs_extra(marker[:_MAX_MARKER])


@lru_cache(256)
def _needs_extra(marker: str) -> bool:
    """As `is_excluded`, kept: the extras of a project are named again and again."""
    tokens = [match.group(match.lastindex or 0) for match in _TOKEN.finditer(marker)]
    value, _ = _any(tokens, 0, 0)
    return value is False


_Truth = bool | None


def _any(tokens: list[str], at: int, depth: int) -> tuple[_Truth, int]:
    """``A or B``: true if one is, false if all are, else unknown."""
    values = []
    while True:
        value, at = _all(tokens, at, depth)
        values.append(value)
        if at >= len(tokens) or tokens[at] != "or":
            break
        at += 1
    return (True if True in values else False if set(values) == {False} else None), at


def _all(tokens: list[str], at: int, depth: int) -> tuple[_Truth, int]:
    """``A and B``: false if one is, true if all are, else unknown."""
    values = []
    while True:
        value, at = _one(tokens, at, depth)
        values.append(value)
        if at >= len(tokens) or tokens[at] != "and":
            break
        at += 1
    return (False if False in values else True if set(values) == {True} else None), at


def _one(tokens: list[str], at: int, depth: int) -> tuple[_Truth, int]:
    """A parenthesis or a comparison; comparisons with ``extra`` are known, all others are not."""
    if at < len(tokens) and tokens[at] == "(" and depth < _DEPTH:
        value, at = _any(tokens, at + 1, depth + 1)
        return value, at + 1
    left, operator, right = [*tokens[at : at + 3], "", "", ""][:3]
    if "extra" in (left, right) and operator in ("==", "!="):
        return operator == "!=", at + 3
    return None, at + (4 if operator == "not" else 3)
