"""The part of Go's text/template that Fulcio's configuration uses: ``{{ .claim }}``, ``if eq``, ``else``, ``end``.

A value without braces is the name of a claim.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from assay.errors import Malformed, Refused

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_FIELD = re.compile(r"\.([A-Za-z0-9_]{1,128})\Z", re.ASCII)
_EQUAL = re.compile(r'if\s+eq\s+\.([A-Za-z0-9_]{1,128})\s+"([^"]{0,256})"\Z', re.ASCII)
MAX_LENGTH = 4096


def apply(template: str, claims: Mapping[str, str], defaults: Mapping[str, str], what: str) -> str:
    """The text; raises `Refused` where a claim is in neither, `Malformed` for other actions of Go's language."""
    values = {**defaults, **claims}
    if "{{" not in template:
        return _value(values, template, what)
    found, at, shown = [], 0, [True]
    for match in _ACTION.finditer(template):
        if all(shown):
            found.append(template[at : match.start()])
        at = match.end()
        _act(match[1], values, what, shown, found)
    if len(shown) != 1:
        raise Malformed(f"the template of {what} has an if without an end")
    text = "".join(found) + template[at:]
    if len(text) > MAX_LENGTH:
        raise Refused(f"{what} would have {len(text)} characters")
    return text


def _act(action: str, values: Mapping[str, str], what: str, shown: list[bool], found: list[str]) -> None:
    field, equal = _FIELD.match(action), _EQUAL.match(action)
    if equal:
        shown.append(values.get(equal[1], "") == equal[2])
    elif action == "else" and len(shown) > 1:
        shown[-1] = not shown[-1]
    elif action == "end" and len(shown) > 1:
        shown.pop()
    elif field:
        if all(shown):
            found.append(_value(values, field[1], what))
    else:
        raise Malformed(f"the template of {what} has {{{{ {action} }}}}, which is not understood")


def _value(values: Mapping[str, str], name: str, what: str) -> str:
    if name not in values:
        raise Refused(f"value <{name}> not present in either claims or defaults", f"it belongs into {what}")
    return values[name]
