"""The written forms of digests: ``sha256:HEX``, Subresource Integrity (``sha512-BASE64``), bare hexadecimal."""

from __future__ import annotations

import base64
import binascii
import mmap
import string
from collections.abc import Iterator
from functools import lru_cache

from assay.errors import Malformed
from assay.model.digest import Algorithm, Digest

_BITS = {
    Algorithm.MD5: 128,
    Algorithm.SHA1: 160,
    Algorithm.SHA224: 224,
    Algorithm.SHA256: 256,
    Algorithm.SHA384: 384,
    Algorithm.SHA512: 512,
    Algorithm.SHA3_256: 256,
    Algorithm.SHA3_384: 384,
    Algorithm.SHA3_512: 512,
    Algorithm.BLAKE2B_256: 256,
    Algorithm.BLAKE2B_384: 384,
    Algorithm.BLAKE2B_512: 512,
    Algorithm.BLAKE3: 256,
    Algorithm.STREEBOG_256: 256,
    Algorithm.STREEBOG_512: 512,
}
_BY_LENGTH = {32: Algorithm.MD5, 40: Algorithm.SHA1, 56: Algorithm.SHA224, 64: Algorithm.SHA256}
_BY_LENGTH |= {96: Algorithm.SHA384, 128: Algorithm.SHA512}
_HEX = frozenset(string.hexdigits)
_PIECE = 4 << 20


def parse(text: str) -> Digest:
    """``sha256:HEX`` (any case of the algorithm, with or without its dash) or bare hexadecimal."""
    name, colon, value = text.strip().rpartition(":")
    algorithm = _algorithm(name) if colon else _BY_LENGTH.get(len(value))
    if algorithm is None:
        raise Malformed(f"unknown digest algorithm in {text[:80]!r}")
    if len(value) * 4 != _BITS[algorithm] or not _HEX.issuperset(value):
        raise Malformed(f"not a {algorithm} digest: {text[:80]!r}")
    return Digest(algorithm, value.lower())


def find(text: str) -> Digest | None:
    """As `parse`, None for what is no digest: for optional fields of lock files."""
    try:
        return parse(text)
    except Malformed:
        return None


def parse_sri(text: str) -> tuple[Digest, ...]:
    """The digests of a Subresource Integrity string (W3C SRI, 3.5); unknown ones are left out."""
    return _single_sri(text) if len(text) <= _MAX_SINGLE else tuple(_each_sri(text))


@lru_cache(16_384)
def _single_sri(text: str) -> tuple[Digest, ...]:
    """As `parse_sri`, fast where there is one; kept, for two lock files and the package itself may name one archive."""
    name, _, value = text.partition("-")
    if name in _SRI:
        try:
            raw = binascii.a2b_base64(value, strict_mode=True)
        except ValueError:
            raw = b""
        algorithm, size = _SRI[name]
        if len(raw) == size:
            return (Digest(algorithm, raw.hex()),)
    return tuple(_each_sri(text))


def _each_sri(text: str) -> Iterator[Digest]:
    for item in text.split():
        name, _, value = item.partition("?")[0].partition("-")
        algorithm = _algorithm(name)
        try:
            raw = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            continue
        if algorithm is not None and len(raw) * 8 == _BITS[algorithm]:
            yield Digest(algorithm, raw.hex())


_ALGORITHMS = {str(algorithm).replace("-", ""): algorithm for algorithm in Algorithm}
_SRI = {name: (algorithm, _BITS[algorithm] // 8) for name, algorithm in _ALGORITHMS.items()}
_MAX_SINGLE = 200


def _algorithm(name: str) -> Algorithm | None:
    return _ALGORITHMS.get(name.lower().replace("-", "").replace("_", ""))


def sha256(content: bytes | mmap.mmap) -> Digest:
    """The SHA-256 digest of some bytes."""
    return of(content, Algorithm.SHA256)


def of(content: bytes | mmap.mmap, algorithm: Algorithm) -> Digest:
    """The digest of some bytes; what is mapped is given back piece by piece, so that it does not count as memory."""
    import hashlib

    running = hashlib.new(str(algorithm).replace("sha3-", "sha3_"), usedforsecurity=False)
    if isinstance(content, bytes):
        running.update(content)
    else:
        with memoryview(content) as view:
            for start in range(0, len(view), _PIECE):
                running.update(view[start : start + _PIECE])
                content.madvise(mmap.MADV_DONTNEED, start, min(_PIECE, len(view) - start))
    return Digest(algorithm, running.hexdigest())
