"""The words of a document that was read, kept wherever the nouns still say the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.formats.json import Object

Group = tuple[Sequence[str], Sequence[str]]
"""Fields of a noun, and the keys that are written of them."""


def restore(written: Object, raw: Object, groups: Iterable[Group], nouns: tuple[object, object], own: set[str]) -> None:
    """Put what `raw` says into `written`: the groups that did not change between two `nouns`, and unknown keys.

    `own` are the keys that are in no group and nonetheless known.
    """
    before, now = nouns
    known = set(own)
    for fields, keys in groups:
        known.update(keys)
        if all(getattr(before, field) == getattr(now, field) for field in fields):
            for key in keys:
                written.pop(key, None)
                if key in raw:
                    written[key] = raw[key]
    for key, value in raw.items():
        if key not in known:
            written[key] = value
