"""Digests of content: an algorithm and a lower-case hexadecimal value, written ``sha256:9f86d0...``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Algorithm(StrEnum):
    """The hash algorithms that package managers and SBOM formats use."""

    MD5 = "md5"
    SHA1 = "sha1"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"
    SHA3_256 = "sha3-256"
    SHA3_384 = "sha3-384"
    SHA3_512 = "sha3-512"
    BLAKE2B_256 = "blake2b-256"
    BLAKE2B_384 = "blake2b-384"
    BLAKE2B_512 = "blake2b-512"
    BLAKE3 = "blake3"
    STREEBOG_256 = "streebog-256"
    STREEBOG_512 = "streebog-512"


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """The digest of some content; `value` is lower-case hexadecimal."""

    algorithm: Algorithm
    value: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"
