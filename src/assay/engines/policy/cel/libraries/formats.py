"""Named formats (k8s.io/apiserver/pkg/cel/library/format.go): ``format.dns1123Label().validate(text)``."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import date

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.libraries.times import parse_timestamp
from assay.engines.policy.cel.libraries.urls import is_url
from assay.engines.policy.cel.library import Library
from assay.engines.policy.cel.values import NONE, Opaque, Optional

_FORMAT = "kubernetes.NamedFormat"
_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAME = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)"
_SUBDOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"


class Format(Opaque):
    """A format: a name, and what tells whether a text has it."""

    cel_type = _FORMAT
    __slots__ = ("check", "name")

    def __init__(self, name: str, check: Callable[[str], bool]) -> None:
        self.name, self.check = name, check

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Format) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


def _regular(pattern: str, longest: int) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: len(text) <= longest and compiled.fullmatch(text) is not None


def _prefix(check: Callable[[str], bool]) -> Callable[[str], bool]:
    """A name that something is added to may end with a dash."""
    return lambda text: check(text[:-1] + "a" if text.endswith("-") else text)


def _qualified(text: str) -> bool:
    prefix, slash, name = text.rpartition("/")
    good_prefix = not slash or (len(prefix) <= 253 and re.fullmatch(_SUBDOMAIN, prefix) is not None)
    return good_prefix and len(name) <= 63 and re.fullmatch(_NAME, name) is not None


def _base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True


def _date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None


def _datetime(text: str) -> bool:
    try:
        parse_timestamp(text)
    except Untold:
        return False
    return True


_DNS_LABEL = _regular(_LABEL, 63)
_DNS_SUBDOMAIN = _regular(_SUBDOMAIN, 253)
_DNS_1035 = _regular(r"[a-z](?:[-a-z0-9]*[a-z0-9])?", 63)
_UUID = r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
_FORMATS = {
    name: Format(name, check)
    for name, check in {
        "dns1123Label": _DNS_LABEL,
        "dns1123Subdomain": _DNS_SUBDOMAIN,
        "dns1035Label": _DNS_1035,
        "dns1123LabelPrefix": _prefix(_DNS_LABEL),
        "dns1123SubdomainPrefix": _prefix(_DNS_SUBDOMAIN),
        "dns1035LabelPrefix": _prefix(_DNS_1035),
        "qualifiedName": _qualified,
        "labelValue": _regular(f"{_NAME}?", 63),
        "uri": is_url,
        "uuid": _regular(_UUID, 36),
        "byte": _base64,
        "date": _date,
        "datetime": _datetime,
    }.items()
}


def _named(name: str) -> Optional:
    return Optional(True, _FORMATS[name]) if name in _FORMATS else NONE


def _validate(found: Format, text: str) -> Optional:
    return NONE if found.check(text) else Optional(True, [f"{text!r:.80} is no {found.name}"])


FORMATS = Library(
    "formats",
    {
        "format.named(string): optional": _named,
        f"{_FORMAT} -> validate(string): optional": _validate,
        **{f"format.{name}(): {_FORMAT}": lambda found=found: found for name, found in _FORMATS.items()},
    },
)
