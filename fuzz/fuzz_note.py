"""Signed notes and checkpoints, and keys of notes."""

from __future__ import annotations

from fuzz.signed_seeds import notes

from assay.errors import AssayError
from assay.formats import note_key, tlog_note

_KEY = note_key.of_ed25519("log.example", bytes.fromhex("302a300506032b6570032100") + bytes(range(32)))


def run(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        if note_key.is_key(text):
            assert note_key.read(str(note_key.read(text))) == note_key.read(text)
        tlog_note.checkpoint(text)
    except AssayError:
        return


SEEDS = [*notes(), str(_KEY).encode()]
