"""Files that are attached, and whether they are about the image."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import InputError, LimitExceeded

if TYPE_CHECKING:
    from assay.formats.json import Object
    from assay.model.digest import Digest

MAX = 256 << 20


def read(text: str) -> bytes:
    """A file, or standard input for ``-``."""
    try:
        if text == "-":
            data = sys.stdin.buffer.read(MAX + 1)
        else:
            with Path(text).open("rb") as file:
                data = file.read(MAX + 1)
    except OSError as error:
        raise InputError(f"{text} cannot be read: {error.strerror}", "check the path") from error
    if len(data) > MAX:
        raise LimitExceeded(f"{text} is larger than {MAX} bytes")
    return data


def require_subject(statement: Object, image: Digest, name: str) -> None:
    """Raise `InputError` for a statement about something else than the image."""
    from assay.formats.json import as_list, as_object, as_text

    about = [as_object(as_object(item).get("digest")) for item in as_list(statement.get("subject"))]
    if not any(as_text(digests.get(str(image.algorithm))) == image.value for digests in about):
        there = ", ".join(f"{key}:{value}" for digests in about for key, value in digests.items())[:200] or "nothing"
        raise InputError(f"{name} is about {there}, not about {image}", "name the image that it was made for")
