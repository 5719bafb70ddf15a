"""The rules of ``assay.toml``.

::

    [[scan.ignore]]
    id = "CVE-2023-1234"             # or a list; also: package, path, fix-state, ecosystem
    package = "pkg:pypi/requests"
    reason = "the parser is not used"
    expires = 2027-01-31             # holds through that day
"""

from __future__ import annotations

from datetime import date, datetime

from assay.errors import Malformed
from assay.formats import toml
from assay.formats.json import as_list, as_object
from assay.model.advisory import FixState
from assay.model.ignore_rule import IgnoreRule

_KEYS = frozenset(("id", "ids", "package", "packages", "path", "paths", "fix-state", "ecosystem", "reason", "expires"))


def read(data: bytes, origin: str) -> tuple[list[IgnoreRule], list[str]]:
    """The rules; one without a condition, a reason or a valid day is told."""
    rules, problems = [], []
    table = as_object(as_object(toml.load(data)).get("scan"))
    for number, item in enumerate(as_list(table.get("ignore")), 1):
        place = f"{origin}: scan.ignore {number}"
        try:
            rule = _rule(as_object(item), place)
        except Malformed as error:
            problems.append(f"{place}: {error.what}")
            continue
        if not rule.reason:
            problems.append(f"{place}: it gives no reason")
        rules.append(rule)
    return rules, problems


def _rule(item: dict[str, object] | dict, place: str) -> IgnoreRule:  # type: ignore[type-arg]
    strange = sorted(set(item) - _KEYS)
    if strange:
        raise Malformed(f"{', '.join(strange)} is no condition")
    rule = IgnoreRule(
        ids=_texts(item, "id", "ids"),
        packages=_texts(item, "package", "packages"),
        paths=_texts(item, "path", "paths"),
        states=tuple(map(_state, _texts(item, "fix-state"))),
        ecosystems=_texts(item, "ecosystem"),
        reason=" ".join(_texts(item, "reason")),
        expires=day(item.get("expires")),
        origin=place,
    )
    if not (rule.ids or rule.packages or rule.paths or rule.states or rule.ecosystems):
        raise Malformed("it has no condition, and would hide everything")
    return rule


def _texts(item: dict[str, object], *names: str) -> tuple[str, ...]:
    result: list[str] = []
    for name in names:
        value = item.get(name)
        result += [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
    return tuple(result)


def _state(text: str) -> FixState:
    try:
        return FixState(text)
    except ValueError:
        raise Malformed(f"{text!r} is no fix state; there are {', '.join(FixState)}") from None


def day(value: object) -> str:
    """``YYYY-MM-DD`` of a TOML or YAML date or a text; empty for none. Raises `Malformed` for what is no day."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise Malformed(f"{value!r} is no day (YYYY-MM-DD)") from None
