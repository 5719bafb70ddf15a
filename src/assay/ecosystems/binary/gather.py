"""What takes two files: a program whose version a linked library tells, or a file beside it.

A library counts wherever it lies in the artifact, as the loader's search path is not known; a file beside a
program lies in the same folder (``go/bin/VERSION``) or the one above (``go/VERSION``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from assay.ecosystems.binary.recognise import component
from assay.ecosystems.binary.table import Match, Program, table
from assay.formats.json import as_list, as_object, as_text
from assay.model.component import Component, Occurrence
from assay.model.ecosystem import Located
from assay.model.sbom import Distribution


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """The files with the components that they left open."""
    evidence = _Evidence(files)
    return [_settled(item, evidence) if "open" in item.found.facts else item for item in files]


class Told(NamedTuple):
    """What a file tells of another: a version, or only that it is there."""

    place: Occurrence
    version: str


class _Evidence:
    """What files tell of others: by the key in the table and the name of the file, and by its folder."""

    def __init__(self, files: Sequence[Located]) -> None:
        self._by_name: dict[tuple[str, str], list[Told]] = {}
        self._by_folder: dict[tuple[str, str], Told] = {}
        for item in files:
            told = as_object(item.found.facts.get("evidence"))
            folder, _, name = item.path.rpartition("/")
            for key, fact in told.items():
                version, path = map(as_text, as_list(fact))
                place = Told(Occurrence(path, found_by=item.parser), version)
                self._by_name.setdefault((key, name), []).append(place)
                self._by_folder.setdefault((key, folder), place)

    def of_libraries(self, key: str, names: Sequence[str]) -> list[Told]:
        """What the libraries of these names tell.

        A program asks for ``libruby.so.3.1``, which links to the file ``libruby.so.3.1.2``.
        """
        return [
            item
            for name in names
            for (told, file), places in sorted(self._by_name.items())
            if told == key and (file == name or file.startswith(f"{name}."))
            for item in places
        ]

    def beside(self, key: str, path: str) -> list[Told]:
        """What a file in the folder of `path`, or above it, tells."""
        folder = path.rpartition("/")[0]
        above = folder.rpartition("/")[0]
        found = self._by_folder.get((key, folder)) or self._by_folder.get((key, above))
        return [found] if found else []


def _settled(item: Located, evidence: _Evidence) -> Located:
    components = list(item.found.components)
    for left in as_list(item.found.facts["open"]):
        fact = as_object(left)
        program = table().programs[as_text(fact.get("program"))]
        found = _settle(program, fact, evidence)
        if found and program.linked_to:
            # Only once the library has spoken is it this program: what the others said of the same file
            # falls.
            components = [found]
            break
        components.extend([found] if found else [])
    return replace(item, found=replace(item.found, components=tuple(components)))


def _settle(program: Program, fact: Mapping[str, object], evidence: _Evidence) -> Component | None:
    place, own = Occurrence(as_text(fact.get("path"))), as_text(fact.get("version"))
    names = [as_text(name) for name in as_list(fact.get("libraries"))]
    told = evidence.of_libraries(program.linked or program.linked_to, names)
    if program.linked_to:
        return component(program, Match(own, {}), place, told[0].place) if told else None
    if not told and program.beside:
        told = evidence.beside(program.beside, place.path)
    if told:
        return component(program, Match(told[0].version, {}), place, *(item.place for item in told))
    return component(program, Match(own, {}), place) if own else None
