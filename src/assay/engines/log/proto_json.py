"""Requests in proto-JSON, read as Go's protojson reads them: both spellings of names, both alphabets of base64, nothing
unknown, nothing twice."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from assay.errors import Malformed
from assay.formats.json import Json

_URL_SAFE = str.maketrans("-_", "+/")


class Message:
    """A JSON object as a protobuf message with these fields, by their JSON name."""

    def __init__(self, value: Json, *names: str) -> None:
        if not isinstance(value, dict):
            raise Malformed("proto: syntax error: a message must be a JSON object")
        self.parts: dict[str, Json] = {}
        for name, part in value.items():
            known = name if name in names else _camel(name)
            if known not in names:
                raise Malformed(f'proto: unknown field "{name[:60]}"')
            if known in self.parts:
                raise Malformed(f'proto: duplicate field "{name}"')
            if part is not None:
                self.parts[known] = part

    def one_of(self, *names: str) -> str:
        """Which of the alternatives is there; empty for none."""
        found = [name for name in names if name in self.parts]
        if len(found) > 1:
            raise Malformed(f'proto: error parsing "{found[1]}", oneof is already set')
        return found[0] if found else ""

    def message(self, name: str, *names: str) -> Message:
        """A part that is a message; where it is missing, an empty one."""
        return Message(self.parts.get(name, {}), *names)

    def messages(self, name: str, *names: str) -> list[Message]:
        """A part that is a list of messages."""
        value = self.parts.get(name, [])
        if not isinstance(value, list):
            raise Malformed(f"proto: syntax error: {name} must be a list")
        return [Message(item, *names) for item in value]

    def text(self, name: str) -> str:
        """A part that is a text; empty where it is missing."""
        value = self.parts.get(name, "")
        if not isinstance(value, str):
            raise Malformed(f"proto: invalid value for string field {name}")
        return value

    def binary(self, name: str) -> bytes:
        """A part in base64; empty where it is missing."""
        text = self.text(name).translate(_URL_SAFE).rstrip("=")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError) as error:
            raise Malformed(f'proto: invalid value for bytes field {name}: "{text[:60]}"') from error

    def enum(self, name: str, numbers: Mapping[int, str]) -> str:
        """A part that is one of these, by name or number; the name of 0 where it is missing."""
        value = self.parts.get(name, 0)
        if isinstance(value, int) and not isinstance(value, bool) and value in numbers:
            return numbers[value]
        if isinstance(value, str) and value in numbers.values():
            return value
        raise Malformed(f'proto: invalid value for enum field {name}: "{str(value)[:60]}"')


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
