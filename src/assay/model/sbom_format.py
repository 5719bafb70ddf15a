"""Output formats of SBOMs: what ``-o FORMAT[@VERSION][=PATH]`` can name."""

from __future__ import annotations

from typing import NamedTuple


class Format(NamedTuple):
    """One way to write an `assay.model.sbom.Sbom`.

    `write` is ``"module:function"`` with ``function(sbom: Sbom, version: str) -> bytes``; `version` is one of
    `versions`, or empty for a format that has none. `losses` (optional) is ``"module:function"`` with
    ``function(sbom: Sbom, version: str) -> tuple[str, ...]``: a line for each thing that the format cannot
    hold. `interactive` formats are made for people (table, html); the others are documents for programs.
    """

    name: str
    title: str
    write: str
    extensions: tuple[str, ...]
    media_type: str
    versions: tuple[str, ...] = ()
    default: str = ""
    losses: str = ""
    interactive: bool = False
