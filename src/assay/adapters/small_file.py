"""Files that are read whole: none is followed beyond a bound."""

from __future__ import annotations

from pathlib import Path

from assay.errors import InputError


def read(path: Path, most: int, remedy: str = "name the right file") -> bytes:
    """Its bytes; raises `InputError` where it is missing or has more than `most`, which `remedy` mends."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be read: {why}", "check the path") from error
    if len(data) > most:
        raise InputError(f"{path} has more than {most} bytes", remedy)
    return data
