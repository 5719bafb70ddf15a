"""cosign's private key files."""

from __future__ import annotations

from assay.errors import AssayError
from assay.formats import cosign_key


def run(data: bytes) -> None:
    if b'"N"' in data:  # scrypt is slow by design: its parameters are checked by tests
        return
    try:
        cosign_key.read(data, b"password")
    except AssayError:
        return


SEEDS = [cosign_key.write(b"key", b"password").encode()]
