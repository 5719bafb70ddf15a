"""Store paths without a database, as images made with ``dockerTools`` have them (Nix, "Store Path").

A program, a library or a note of ``nix-support`` tells the path that it lies in, ``/nix/store/HASH-NAME-VERSION``::

    nix/store/0c8dxbw27lw8q5n0bnnxvaz0pzr2rn4n-hello-2.12.1/bin/hello

What a path refers to and the digest of its content are known to a database alone: where there is one, it is believed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assay.ecosystems.nix import database
from assay.model.ecosystem import File, Found, Located
from assay.model.sbom import Distribution

_PATH = re.compile(r"((?:.*/)?)(nix/store/[^/]+)/")
PARSER = "nix-store-path"


def parse(file: File) -> Found:
    """The package whose store path the file lies in."""
    match = _PATH.match(file.path)
    component = database.component(f"/{match[2]}") if match else None
    if match is None or component is None:
        return Found()
    root = match[1].rstrip("/")
    return Found((component,), scope=root, root=root)


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """Each store path once, by its first file; none in a root that has a database."""
    del distribution
    told = {located.found.root for located in files if located.parser != PARSER and located.found.components}
    result: list[Located] = []
    seen: set[tuple[str, int, str]] = set()
    for located in files:
        if located.parser == PARSER:
            names = {(located.found.root, located.layer, one.id) for one in located.found.components}
            if located.found.root in told or names <= seen:
                continue
            seen |= names
        result.append(located)
    return result
