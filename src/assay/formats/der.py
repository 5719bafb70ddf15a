"""DER (X.690), as little of it as timestamps and keys need: values in definite length, walked without copying."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from assay.errors import Malformed

BOOLEAN, INTEGER, BITS, OCTETS, OID, UTF8, SEQUENCE, SET, TIME = 0x01, 0x02, 0x03, 0x04, 0x06, 0x0C, 0x30, 0x31, 0x18
MAX_DEPTH = 32


class Value(NamedTuple):
    """A value: its tag, its content, and all its bytes."""

    tag: int
    content: bytes
    whole: bytes

    def inner(self) -> list[Value]:
        """The values in it."""
        return list(values(self.content))

    def sequence(self, tag: int = SEQUENCE) -> list[Value]:
        """The values of a sequence (or set); raises `Malformed` for another tag."""
        self.expect(tag)
        return self.inner()

    def expect(self, tag: int) -> Value:
        """Itself, if it has that tag."""
        if self.tag != tag:
            raise Malformed(f"DER: tag {self.tag:#x} where {tag:#x} belongs")
        return self

    def integer(self) -> int:
        """A whole number."""
        self.expect(INTEGER)
        if not self.content:
            raise Malformed("DER: a number without content")
        return int.from_bytes(self.content, "big", signed=True)

    def bits(self) -> bytes:
        """The bytes of a bit string; raises `Malformed` where it is no whole number of them."""
        self.expect(BITS)
        if not self.content or self.content[0]:
            raise Malformed("DER: a bit string that is no whole number of bytes")
        return self.content[1:]

    def oid(self) -> str:
        """An object identifier, with dots."""
        self.expect(OID)
        numbers, number = list[int](), 0
        for byte in self.content:
            number = number << 7 | byte & 0x7F
            if not byte & 0x80:
                numbers.append(number)
                number = 0
        if not numbers or number or len(self.content) > 64:
            raise Malformed("DER: a damaged object identifier")
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def one(data: bytes) -> Value:
    """The single value that `data` is; raises `Malformed` for anything after it."""
    found = list(values(data))
    if len(found) != 1:
        raise Malformed(f"DER: {len(found)} values where one belongs")
    return found[0]


def values(data: bytes) -> Iterator[Value]:
    """The values one after the other; raises `Malformed` where one is cut off or its length is not DER."""
    at = 0
    while at < len(data):
        start = at
        if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
            raise Malformed("DER: cut off, or a tag of several bytes")
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            number = data[at : at + count]
            if not 1 <= count <= 4 or len(number) < count or number[0] == 0:
                raise Malformed("DER: a length that is none")
            length = int.from_bytes(number, "big")
            if length < 0x80:
                raise Malformed("DER: a length longer than it need be")
            at += count
        if at + length > len(data):
            raise Malformed("DER: cut off")
        yield Value(tag, data[at : at + length], data[start : at + length])
        at += length


def encode(tag: int, content: bytes) -> bytes:
    """A value."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    number = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(number))) + number + content


def sequence(*items: bytes) -> bytes:
    """A SEQUENCE of values."""
    return encode(SEQUENCE, b"".join(items))


def integer(value: int) -> bytes:
    """An INTEGER."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


@lru_cache(256)
def oid(text: str) -> bytes:
    """An object identifier, written with dots; a certificate has a dozen, always the same."""
    first, second, *rest = map(int, text.split("."))
    found = bytearray()
    for number in (40 * first + second, *rest):
        part = [number & 0x7F]
        while number := number >> 7:
            part.append(number & 0x7F | 0x80)
        found += bytes(reversed(part))
    return encode(OID, bytes(found))
