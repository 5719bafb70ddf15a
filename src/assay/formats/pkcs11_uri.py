"""Addresses of keys on tokens: PKCS #11 URIs (RFC 7512), as cosign takes them.

::

    pkcs11:token=office;object=release;id=%01%02?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/run/pin

What stands before the ``?`` selects token and object, what stands behind it says how to get there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote, unquote_to_bytes

from assay.errors import UsageError

SCHEME = "pkcs11:"
_EXAMPLE = "write pkcs11:token=TOKEN;object=KEY"
_MAX = 8192
_TOKEN = ("token", "manufacturer", "serial", "model", "slot-description", "slot-manufacturer", "slot-id")
_LIBRARY = ("library-manufacturer", "library-version", "library-description")
_PATH = frozenset((*_TOKEN, *_LIBRARY, "object", "type", "id"))
_QUERY = frozenset(("pin-source", "pin-value", "module-name", "module-path"))
_TYPES = frozenset(("public", "private", "cert", "secret-key", "data"))
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_VALUE = re.compile(r"(?:[A-Za-z0-9._~\[\]@!$'()*+,=:&/?|-]|%[0-9A-Fa-f]{2})*")
"""RFC 7512 has fewer characters, but people write paths with them; none of them parts attributes there."""
_KEPT = ":[]@!$'()*+,=/"


@dataclass(frozen=True, slots=True)
class Pkcs11Uri:
    """What an address says; values are percent-decoded, those of the query are no part of its `repr`."""

    path: Mapping[str, bytes]
    query: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def id(self) -> bytes | None:
        """CKA_ID of the object."""
        return self.path.get("id")

    @property
    def slot(self) -> int | None:
        """The number of the slot."""
        return int(self.path["slot-id"]) if "slot-id" in self.path else None

    def text(self, name: str) -> str | None:
        """An attribute as text; None where the address does not have it."""
        found = self.path.get(name, self.query.get(name))
        return found.decode() if found is not None else None

    @property
    def shown(self) -> str:
        """Without the query, which may hold a PIN: this may be printed."""
        return SCHEME + ";".join(f"{name}={_quoted(name, value)}" for name, value in self.path.items())

    def __str__(self) -> str:
        query = "&".join(f"{name}={_quoted(name, value)}" for name, value in self.query.items())
        return self.shown + (f"?{query}" if query else "")


def is_uri(text: str) -> bool:
    """Whether an address is meant to be one."""
    return text[: len(SCHEME)].lower() == SCHEME


def read(text: str) -> Pkcs11Uri:
    """The address; raises `UsageError`, whose message never shows a value of the query."""
    if not is_uri(text) or len(text) > _MAX:
        raise UsageError("this is no PKCS #11 address", _EXAMPLE)
    path, _, query = text[len(SCHEME) :].partition("?")
    found = _attributes(path, ";", _PATH, "the path of the PKCS #11 address")
    for name in found:
        if name not in _PATH:
            raise UsageError(f"the PKCS #11 address selects by {name[:40]!r}, which is not known", _EXAMPLE)
    asked = _attributes(query, "&", _QUERY, "the query of the PKCS #11 address")
    _check(found, asked)
    return Pkcs11Uri(MappingProxyType(found), MappingProxyType(asked))


def _attributes(text: str, separator: str, known: frozenset[str], where: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in text.split(separator) if text else ():
        name, parted, value = part.partition("=")
        if not parted or not _NAME.fullmatch(name):
            raise UsageError(f"{where} has a part that is not NAME=VALUE", _EXAMPLE)
        if name in found:
            raise UsageError(f"{where} names {name} twice", _EXAMPLE)
        if not _VALUE.fullmatch(value):
            raise UsageError(f"{where} has a character in {name} that must be written as %XX", _EXAMPLE)
        found[name] = unquote_to_bytes(value)
        if name in known and name != "id" and not _is_text(found[name]):
            raise UsageError(f"{where} has a {name} that is no UTF-8 text", _EXAMPLE)
    return found


def _is_text(value: bytes) -> bool:
    try:
        return "\0" not in value.decode()
    except UnicodeDecodeError:
        return False


def _check(path: Mapping[str, bytes], query: Mapping[str, bytes]) -> None:
    slot = path.get("slot-id")
    if slot is not None and not re.fullmatch(rb"[0-9]{1,19}", slot):
        raise UsageError("the slot-id of the PKCS #11 address is no number", "slot-id=0")
    kind = path.get("type")
    if kind is not None and kind.decode() not in _TYPES:
        raise UsageError("the type of the PKCS #11 address is not known", "leave it away")
    if "pin-source" in query and "pin-value" in query:
        raise UsageError("the PKCS #11 address names a PIN twice", "pin-source=FILE is enough")


def _quoted(name: str, value: bytes) -> str:
    if name == "id":
        return "".join(f"%{byte:02X}" for byte in value)
    return quote(value, safe=_KEPT + ("&" if name in _PATH else "?|"))
