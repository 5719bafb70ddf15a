"""The parsers of `assay.ecosystems.binary`: the bytes of one file against what the table says of its program.

Every attribute of this module that is no name of its own is a parser: ``recognise:nginx`` reads a file as
nginx. What another file has to tell (a library that the program links, a file beside it) is left to `gather`,
as a fact::

    {"open": [{"program": "ruby", "version": "", "libraries": ["libruby.so.3.1"]}]}
    {"evidence": {"libruby": ["3.1.2", "usr/lib/libruby.so.3.1.2"]}}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from assay.ecosystems.binary.linked import libraries
from assay.ecosystems.binary.table import Match, Program, search, table
from assay.model.component import Component, ComponentType, Occurrence
from assay.model.ecosystem import File, Found


def __getattr__(name: str) -> Callable[[File], Found]:
    """The parser of that name (PEP 562)."""
    if name.startswith("__"):
        raise AttributeError(name)
    return partial(read, name)


def read(parser: str, file: File) -> Found:
    """The programs that `file` is, and what it leaves open."""
    task = table().task(parser)
    sighting = _Sighting(file)
    for program in task.each:
        sighting.examine(program)
    for program in task.first:
        if sighting.examine(program):
            break
    facts: dict[str, object] = {}
    if sighting.open:
        facts["open"] = sighting.open
    told = {
        item.key: [version, file.path] for item in task.evidence if (version := _evidence(item.match, item.named, file))
    }
    if told:
        facts["evidence"] = told
    return Found(components=tuple(sighting.components), facts=facts)


def component(program: Program, match: Match, *places: Occurrence) -> Component:
    """A program at the files that show it."""
    assert program.purl is not None
    return Component(
        program.name,
        match.version,
        ComponentType.APPLICATION,
        purl=replace(program.purl, version=match.version),
        cpes=tuple(_cpe(cpe, match) for cpe in program.cpes),
        occurrences=tuple(dict.fromkeys(places)),
    )


class _Sighting:
    """One file, examined for one program after the other; what is linked is looked up at most once."""

    def __init__(self, file: File) -> None:
        self.components: list[Component] = []
        self.open: list[Mapping[str, object]] = []
        self._file = file
        self._linked: tuple[str, ...] | None = None

    def examine(self, program: Program) -> bool:
        """Whether it is this program for certain; a finding that hangs on another file is left open."""
        match = program.search(self._file.path, self._file.content)
        needed = self._needed(program)
        if program.linked_to:
            if match and needed:
                self._leave(program, match, needed)
            return False
        if match and not (program.linked_first and needed):
            self.components.append(component(program, match, Occurrence(self._file.path)))
            return True
        if needed or (program.beside and not match):
            self._leave(program, match, needed)
        return False

    def _needed(self, program: Program) -> list[str]:
        """The libraries that the file links and that tell something of the program."""
        wanted = program.linked or program.linked_to
        if not wanted:
            return []
        if self._linked is None:
            self._linked = libraries(self._file.content)
        expression = table().evidence[wanted].library
        return [name for name in self._linked if re.search(expression, name)]

    def _leave(self, program: Program, match: Match | None, needed: list[str]) -> None:
        fact = {"program": program.key, "version": match.version if match else "", "libraries": needed}
        self.open.append({**fact, "path": self._file.path})


def _evidence(expressions: tuple[str, ...], named: str, file: File) -> str:
    filled = ""
    if named:
        by_name = re.search(named, file.path)
        if by_name is None:
            return ""
        filled = re.escape(by_name["name"])
    match = search(expressions, file.content, filled)
    return match.version if match else ""


def _cpe(cpe: str, match: Match) -> str:
    """``vendor:product`` (perhaps with version and update of its own) as a CPE 2.3 formatted string."""
    parts = cpe.split(":")
    version, update = parts[2:] if len(parts) > 2 else ("{version}", "*")
    values = {"version": match.version, **match.parts}
    written = [_bound(part.format_map(values)) if "{" in part else part for part in (version, update)]
    return f"cpe:2.3:a:{parts[0]}:{parts[1]}:{written[0]}:{written[1]}:*:*:*:*:*:*"


def _bound(value: str) -> str:
    """Punctuation escaped as the formatted string binding asks (NIST IR 7695, 6.2)."""
    return re.sub(r"([^A-Za-z0-9._-])", r"\\\1", value.lower())
