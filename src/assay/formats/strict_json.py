"""JSON that signatures and proofs hang on: no key twice, base64 and hexadecimal exactly as they should be.

Numbers are those of proto-JSON's 64 bits, and every text can be written as UTF-8: half a surrogate pair cannot.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import lru_cache

from assay.errors import LimitExceeded, Malformed
from assay.formats.json import Json, Object

MAX_BYTES = 64 << 20
_NUMBER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_MOST = 1 << 63


def load(data: bytes | str, what: str) -> Object:
    """An object; raises `Malformed` for anything else, `what` names it."""
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"{what} of {len(data)} bytes (at most {MAX_BYTES})")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{what} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise Malformed(f"{what} is no JSON object")
    if "\\u" in text or (text is data and not text.isascii()):
        _refuse_halves(value, what)
    return value


def _refuse_halves(value: Object, what: str) -> None:
    """Half a surrogate pair is no character: it could neither be hashed nor shown."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise Malformed(f"{what} has a text that is not Unicode") from error


def _once(pairs: list[tuple[str, Json]]) -> Object:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in an object")
    return found


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")


class Reader:
    """An object whose parts must be there and of their type; `where` names it in errors."""

    def __init__(self, value: Json | None, where: str) -> None:
        if not isinstance(value, dict):
            raise Malformed(f"{where} is missing, or no object")
        self.value: Object = value
        self.where = where

    def has(self, name: str) -> bool:
        """Whether a part is there and not null."""
        return self._get(name) is not None

    def _get(self, name: str) -> Json:
        """By the JSON name, else by the name of the proto field: both are legal proto-JSON, but not at once."""
        found, other = self.value.get(name), _snake(name)
        if other == name or other not in self.value:
            return found
        if found is not None and self.value[other] is not None:
            raise Malformed(f"{self.where} has {name} and {other}, which are the same")
        return found if found is not None else self.value[other]

    def object(self, name: str) -> Reader:
        """A part that is an object."""
        return Reader(self._get(name), f"{self.where}.{name}")

    def objects(self, name: str) -> list[Reader]:
        """A part that is a list of objects; empty where it is missing."""
        value = self._get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Malformed(f"{self.where}.{name} is no list")
        return [Reader(item, f"{self.where}.{name}[{number}]") for number, item in enumerate(value)]

    def text(self, name: str, default: str | None = None) -> str:
        """A part that is a text."""
        value = self._get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise Malformed(f"{self.where}.{name} is missing, or no text")
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        """A part that is a number, as proto-JSON writes it (``"735"``) or as JSON does."""
        value = self._get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not -_MOST <= value < _MOST:
            raise Malformed(f"{self.where}.{name} is missing, or no whole number of 64 bits")
        return value

    def binary(self, name: str, default: bytes | None = None) -> bytes:
        """A part in base64."""
        if default is not None and not self.has(name):
            return default
        return decode(self.text(name), f"{self.where}.{name}")

    def binaries(self, name: str) -> tuple[bytes, ...]:
        """A part that is a list of texts in base64."""
        value = self._get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Malformed(f"{self.where}.{name} is no list of texts")
        return tuple(decode(str(item), f"{self.where}.{name}") for item in value)


@lru_cache(256)
def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def decode(text: str, where: str) -> bytes:
    """Base64, padded and nothing else beside it."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"{where} is no base64: {error}") from error


def decode_hex(text: str, where: str) -> bytes:
    """Hexadecimal digits."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Malformed(f"{where} is not hexadecimal") from error
