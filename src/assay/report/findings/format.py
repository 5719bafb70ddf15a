"""What an output format of findings is, and how it may be written."""

from __future__ import annotations

from typing import NamedTuple

from assay.report.console import Style


class Format(NamedTuple):
    """One way to write an `assay.model.finding.Scan`; `interactive` ones are made for people."""

    name: str
    title: str
    extensions: tuple[str, ...]
    media_type: str
    versions: tuple[str, ...] = ()
    default: str = ""
    interactive: bool = False


class Options(NamedTuple):
    """How to write: the version of the format, the grouping of the table, the text of a template, colours."""

    version: str = ""
    group_by: str = "component"
    template: str = ""
    style: Style | None = None
