"""Signed notes and checkpoints."""

from __future__ import annotations

from fuzz.signed_seeds import notes

from assay.errors import AssayError
from assay.formats import tlog_note


def run(data: bytes) -> None:
    try:
        tlog_note.checkpoint(data.decode("utf-8", "replace"))
    except AssayError:
        return


SEEDS = notes()
