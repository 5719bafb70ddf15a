"""Signed notes and checkpoints (C2SP signed-note and tlog-checkpoint).

::

    log2025-1.rekor.sigstore.dev
    736
    rs1YPY0ydAV0lxgfrq5pE4oRpUJwo3syeps5+eGUTDI=

    — log2025-1.rekor.sigstore.dev 8w1amdbj1mjNN674dHAkD92+QZoEgBC7o0mXYSTRluDjQrOP…
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import strict_json
from assay.model.bundle import Checkpoint, Note

_DASH = "— "
MAX_BYTES = 1 << 20
MAX_SIGNATURES = 100


def read(text: str) -> Note:
    """The note; raises `Malformed`."""
    if len(text) > MAX_BYTES:
        raise Malformed("a signed note of more than a megabyte")
    body, parted, rest = text.rpartition("\n\n")
    lines = rest.split("\n")
    if not parted or lines[-1] or not body:
        raise Malformed("a signed note has no signatures, or does not end with a line break")
    if len(lines) > MAX_SIGNATURES:
        raise Malformed(f"a signed note of {len(lines)} signatures")
    return Note(f"{body}\n".encode(), tuple(map(_signature, lines[:-1])))


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, parted, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not parted or not name:
        raise Malformed("a signature line of a note is none")
    data = strict_json.decode(encoded, "a signature of a note")
    if len(data) < 5:
        raise Malformed("a signature of a note is too short")
    return name, data[:4], data[4:]


def checkpoint(text: str) -> Checkpoint:
    """The checkpoint; raises `Malformed`."""
    note = read(text)
    try:
        lines = note.text.decode().split("\n")
    except UnicodeDecodeError as error:
        raise Malformed("a checkpoint is not UTF-8") from error
    if len(lines) < 4 or not lines[0] or not lines[1].isdecimal() or str(int(lines[1])) != lines[1]:
        raise Malformed("a checkpoint has no origin, or no size")
    root = strict_json.decode(lines[2], "the root in a checkpoint")
    if len(root) != 32:
        raise Malformed("the root in a checkpoint is no SHA-256 digest")
    return Checkpoint(lines[0], int(lines[1]), root, note)
