"""RFC 3161 timestamps."""

from __future__ import annotations

from fuzz.signed_seeds import timestamps

from assay.errors import AssayError
from assay.formats import timestamp


def run(data: bytes) -> None:
    try:
        timestamp.read(data)
    except AssayError:
        return


SEEDS = timestamps()
