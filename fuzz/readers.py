"""What harnesses of lock-file readers share: the first byte picks the reader, and what it returns must be usable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.model.ecosystem import File, Found

Reader = tuple[Callable[["File"], "Found"], str]
"""A parser, and the path under which it sees its file."""


def feed(readers: Sequence[Reader], data: bytes) -> None:
    """Hand all but the first byte to the reader that this picks; raises whatever is a bug."""
    # Not at the top: the loop loads assay once more under atheris, and these must be the same classes.
    from assay.errors import AssayError
    from assay.model.ecosystem import File

    if not data:
        return
    parse, path = readers[data[0] % len(readers)]
    try:
        found = parse(File(path, data[1:]))
    except AssayError:
        return
    identities = {component.id for component in found.components}
    assert all(component.name for component in found.components)
    assert all(a in identities and b in identities for a, b in found.edges)
    assert all(need.dependent in identities and all(need.names) for need in found.needs)
    assert not any(component.version and component.version_range for component in found.components)
