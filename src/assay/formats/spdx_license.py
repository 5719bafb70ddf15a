"""Licences: whatever a package says becomes a valid SPDX expression (SPDX 2.3, annex D) or stays a name.

::

    "Apache License, Version 2.0"                    -> Apache-2.0
    "MIT/Apache-2.0"                                 -> MIT OR Apache-2.0
    "GPL-2+ and LGPL-2.1+"                           -> GPL-2.0-or-later AND LGPL-2.1-or-later
    "License :: OSI Approved :: MIT License"         -> MIT
    "BSD-like, see file COPYING"                     -> the name, as it is
    "UNKNOWN"                                        -> nothing

An expression is only made where there is no doubt; "BSD", "GPL" or "MIT, Apache" (and? or?) remain names.
"""

from __future__ import annotations

import re
from functools import lru_cache

from assay.errors import Malformed
from assay.formats import license_url, spdx_expression
from assay.formats.license_names import find_exception, find_license, table
from assay.model.license import License

_NOTHING = frozenset(
    [
        "unknown",
        "noassertion",
        "none",
        "n/a",
        "na",
        "null",
        "undefined",
        "nil",
        "-",
        ".",
        "?",
        "other",
        "unspecified",
        "not-specified",
    ]
)
_TEXT_FROM = 250  # characters from which a statement is the text of a licence rather than its name
_NAME_LENGTH = 120
_CACHED_LENGTH = 1000
_CONNECTIVE = re.compile(r"\s+(and|or|with)\s+|\s*(\||&|(?<=[^\s/])/(?=[^\s/]))\s*|\s+(/)\s+", re.IGNORECASE)
_LATER = re.compile(r"\bor(?=\s+\(?(?:at\s+your\s+option|any|later|newer|greater|above|higher)\b)", re.I)
_OPERATORS = {"|": "OR", "&": "AND", "/": "OR"}
_FILE_REMARK = re.compile(r"\s*[+|]\s*file\s+LICEN[CS]E\Z", re.IGNORECASE)  # DESCRIPTION files of R


def normalise(text: str) -> tuple[License, ...]:
    """The licences that `text` states: none for an empty one, else one `License`."""
    if len(text) <= _CACHED_LENGTH:
        return _normalise(text)
    expression = _expression(" ".join(text.split())) if len(text) <= spdx_expression.MAX_LENGTH else ""
    return (License(expression=expression),) if expression else _license_text(text)


@lru_cache(maxsize=8192)
def _normalise(text: str) -> tuple[License, ...]:
    name = " ".join(text.split()).strip(" ,;\"'")
    if "::" in name:
        name = _classifier(name)
    if not name or name.lower() in _NOTHING:
        return ()
    if expression := canonical(name):
        return (License(expression=expression),)
    if len(name) >= _TEXT_FROM:
        return _license_text(text)
    if license_url.looks_like(name):
        return (License(name=name, url=name),)
    return (License(name=name),)


def canonical(text: str) -> str:
    """The SPDX expression that `text` means beyond doubt, in canonical form, or an empty string."""
    if expression := _expression(text):
        return expression
    if license_url.looks_like(text):
        return license_url.find(text)
    name = _FILE_REMARK.sub("", text)
    for made in (find_license(name), _composed(name)):
        if made:
            return made
    return ""


def is_valid(expression: str) -> bool:
    """Whether `expression` is an SPDX licence expression of known identifiers (deprecated ones included)."""
    try:
        spdx_expression.parse(expression)
    except Malformed:
        return False
    return True


def identifiers(expression: str) -> tuple[str, ...]:
    """The licences and exceptions in an expression, each once, in order; empty for what is no expression."""
    try:
        leaves = spdx_expression.leaves(spdx_expression.parse(expression))
    except Malformed:
        return ()
    found = [part for leaf in leaves for part in (leaf.license, leaf.exception) if part]
    return tuple(dict.fromkeys(found))


def _expression(text: str) -> str:
    """`text` in canonical form if it is an expression, deprecated identifiers replaced by their
    successors.
    """
    try:
        tree = spdx_expression.parse(text)
    except Malformed:
        return ""
    successors = table().successors
    if any(leaf.license in successors for leaf in spdx_expression.leaves(tree)):
        tree = _modern(tree)
    return str(tree)


def _modern(tree: spdx_expression.Expression) -> spdx_expression.Expression:
    if isinstance(tree, spdx_expression.Compound):
        return spdx_expression.Compound(tree.operator, tuple(map(_modern, tree.parts)))
    successor = table().successors.get(tree.license, tree.license)
    if tree.exception and " WITH " in successor:
        return tree
    license_, _, exception = successor.partition(" WITH ")
    return spdx_expression.Leaf(license_, exception or tree.exception)


def _classifier(name: str) -> str:
    """The last part of a trove classifier; ``License :: OSI Approved`` alone says nothing."""
    parts = [part.strip() for part in name.split("::")]
    if parts[0].lower() != "license":
        return name
    last = parts[-1]
    return "" if len(parts) < 2 or last.lower() in ("osi approved", "dfsg approved") else last


def _composed(text: str) -> str:
    """Names joined by and, or, with, ``/`` or ``|`` (with parentheses around names), each of them known."""
    if len(text) > _TEXT_FROM * 2:
        return ""
    for comma, operator in ((", and ", " AND "), (", or ", " OR ")):
        if comma in text.lower():
            return _joined(re.split(re.escape(comma), text, flags=re.IGNORECASE), operator)
    pieces: list[str] = []
    held = _LATER.sub("\0", text)
    for piece in re.split(r"([()])", held) if _groups(held) else [held]:
        pieces.extend([piece] if piece in ("(", ")") else _names(piece))
    return _expression(" ".join(pieces)) if "" not in pieces else ""


def _joined(parts: list[str], operator: str) -> str:
    """Debian: a comma before the operator binds looser than operators without one."""
    made = [canonical(part.strip()) for part in parts]
    return _expression(operator.join(f"({part})" for part in made)) if all(made) else ""


def _groups(text: str) -> bool:
    """Whether parentheses group, as in ``(MIT or X) and Y``, rather than belong to a name, as in ``GPL
    (>= 2)``.
    """
    return bool(re.match(r"\s*\(", text) or re.search(r"\b(?:and|or|[|&/])\s*\(", text, re.IGNORECASE))


def _names(text: str) -> list[str]:
    """The identifiers and operators of a piece without grouping; an empty string where one is not known."""
    parts = _CONNECTIVE.split(text)
    found: list[str] = []
    after = ""
    for position in range(0, len(parts), 4):
        name = parts[position].replace("\0", "or").strip(" ,")
        if name:
            made = find_exception(name) if after == "WITH" else _operand(name)
            found.append(made)
        word = next((word for word in parts[position + 1 : position + 4] if word), "")
        after = _OPERATORS.get(word, word.upper())
        if after:
            found.append(after)
    return found


def _operand(name: str) -> str:
    made = find_license(name) or _expression(name)
    return f"({made})" if " OR " in made or " AND " in made else made


def _license_text(text: str) -> tuple[License, ...]:
    """A whole licence text where its name belongs: the title tells, if it is one that is known."""
    title = next((line.strip() for line in text[:2000].splitlines() if line.strip()), "")
    if not title:
        return ()
    expression = find_license(title) if len(title) < _TEXT_FROM else ""
    if expression:
        return (License(expression=expression),)
    return (License(name=title[:_NAME_LENGTH], text=text.strip()),)
