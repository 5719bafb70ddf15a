"""HCL: the dependency lock file of Terraform; the first byte picks the reader."""

from __future__ import annotations

from fuzz.readers import Reader, feed

from assay.ecosystems.terraform import lock

_READERS: list[Reader] = [
    (lock.parse, ".terraform.lock.hcl"),
]

SEEDS: list[bytes] = [
    (b'\x00provider "r.example/a/b" {\n  version = "1" // x\n  hashes = [\n    "h1:x=",\n    "zh:00",\n  ]\n}\n'),
]


def run(data: bytes) -> None:
    feed(_READERS, data)
