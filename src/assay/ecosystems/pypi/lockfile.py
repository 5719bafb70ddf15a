"""What the lock files of poetry, PDM, uv and pip have in common: an array of named tables, and one shape of answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.ecosystems.pypi import package
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped


def entries(array: Json) -> list[Object]:
    """The tables of an array that have a name."""
    return [entry for entry in map(as_object, as_list(array)) if as_text(entry.get("name"))]


def found(
    file: File, components: Sequence[Component], edges: Iterable[tuple[str, str]] = (), array: Json = None
) -> Found:
    """The components, ready to be met by the manifest of the same folder, and each edge once.

    What of `array` has no name is told as skipped.
    """
    nameless = len(as_list(array)) - len(entries(array))
    return Found(
        tuple(components),
        tuple(dict.fromkeys(pair for pair in edges if pair[0] != pair[1])),
        provides=package.provided(components),
        scope=package.project(file.folder),
        facts={"lock": file.folder},
        skipped=(Skipped(file.path, f"{nameless} packages without a name"),) if nameless else (),
    )
