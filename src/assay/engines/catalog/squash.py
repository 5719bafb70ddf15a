"""Layers laid on top of each other (OCI image specification, "Applying Changesets").

A file of a lower layer is hidden when a higher one has an entry of the same path, something else than a folder in
place of a folder above it, a whiteout of either, or an opaque mark on a folder above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from assay.engines.catalog.layer import LayerFindings, Link
from assay.formats import compression
from assay.model.ecosystem import Located
from assay.model.sbom import Skipped


class Leading(NamedTuple):
    """A wanted link and where it leads (`target` empty: in a circle).

    `layer` is the position of the link's own layer. A hard link is `alone` when its content is no longer there under
    the name that it links to: another layer has deleted or replaced that name, and the content stays under this one.
    """

    link: Link
    target: str
    layer: int
    alone: bool = False


class Squashed(NamedTuple):
    """What is left of all layers."""

    files: tuple[Located, ...]
    skipped: tuple[Skipped, ...]
    links: tuple[Leading, ...]


def squash(layers: Sequence[tuple[int, LayerFindings]], *, all_layers: bool) -> Squashed:
    """Combine the findings of layers, given from the base up with their positions."""
    hidden = _Hidden()
    kept: list[Located] = []
    links: list[Leading] = []
    skipped: list[Skipped] = []
    for position, layer in reversed(layers):
        hard = {link.target for link in layer.links if link.hard}
        visible = hidden.visible({item.path for item in layer.files} | {link.path for link in layer.links} | hard)
        for item in layer.files:
            if all_layers or item.path in visible:
                kept.append(Located(item.path, position, item.found, item.parser))
                skipped.extend(replace(skip, layer=position) for skip in item.found.skipped)
        for link in layer.links:
            if all_layers or link.path in visible:
                alone = link.hard and not all_layers and link.target not in visible
                links.append(Leading(link, link.target, position, alone))
        skipped.extend(replace(skip, layer=position) for skip in layer.skipped)
        hidden.add(layer)
    kept.sort(key=lambda item: (item.path, -item.layer, item.parser))
    symlinks = _symlinks(layers) if links else {}
    return Squashed(tuple(kept), tuple(sorted(set(skipped))), tuple(_targets(links, symlinks)))


class _Hidden:
    """The paths that the layers so far (from the top) hide; they are unpacked only while candidates are compared."""

    def __init__(self) -> None:
        self._records: list[bytes] = []
        self._removed: set[str] = set()
        self._opaque: set[str] = set()
        self._known: set[str] = set()

    def add(self, layer: LayerFindings) -> None:
        self._records.append(layer.paths)
        self._removed.update(layer.whiteouts)
        self._opaque.update(layer.opaque)
        self._known.update(item.path for item in layer.files)

    def visible(self, paths: set[str]) -> set[str]:
        """Those of `paths` that no higher layer hides."""
        if not self._records:
            return paths
        above = {path: list(_ancestors(path)) for path in paths}
        asked = paths | {folder for folders in above.values() for folder in folders}
        replaced = self._known & asked
        files = asked | {f"{path}/" for path in paths}
        for record in self._records:
            for names in unpack(record):
                replaced |= files.intersection(names)
        gone = replaced | self._removed
        return {
            path
            for path, folders in above.items()
            if path not in gone
            and f"{path}/" not in gone
            and gone.isdisjoint(folders)
            and self._opaque.isdisjoint(folders)
            and "" not in self._opaque
        }


def _ancestors(path: str) -> Iterator[str]:
    end = path.rfind("/")
    while end > 0:
        yield path[:end]
        end = path.rfind("/", 0, end)


def unpack(record: bytes, chunk: int = 1 << 20) -> Iterator[list[str]]:
    """The names of a `assay.ports.Walk` record, in batches, so that a million of them never lie in memory."""
    if not record:
        return
    decompressor = compression.inflater()
    rest = b""
    data = record
    while data or not decompressor.eof:
        text = rest + decompressor.decompress(data, chunk)
        data = decompressor.unconsumed_tail
        complete, _, rest = text.rpartition(b"\0")
        if complete:
            yield complete.decode("utf-8", "surrogateescape").split("\0")
        if not data and not text:
            break


def _symlinks(layers: Iterable[tuple[int, LayerFindings]]) -> dict[str, str]:
    """All symbolic links, those of higher layers winning."""
    links: dict[str, str] = {}
    for _, layer in layers:
        names = [name for batch in unpack(layer.symlinks) for name in batch]
        links.update(zip(names[::2], names[1::2], strict=False))
    return links


def _targets(links: Iterable[Leading], symlinks: dict[str, str]) -> Iterator[Leading]:
    for leading in sorted(links, key=lambda leading: (leading.link.path, -leading.layer)):
        link = leading.link
        target = link.target if link.hard else resolve(link.path, symlinks)
        if link.hard or target != link.path:
            yield leading._replace(target=target or "")


def lowest(layers: Sequence[tuple[int, LayerFindings]], paths: Iterable[str]) -> dict[str, int]:
    """The lowest layer of which each of `paths` can still be seen from the top."""
    hidden = _Hidden()
    left = set(paths)
    found: dict[str, int] = {}
    for position, layer in reversed(layers):
        left = hidden.visible(left)
        found.update(dict.fromkeys(left, position))
        hidden.add(layer)
    return found


def resolve(path: str, symlinks: dict[str, str], limit: int = 40) -> str | None:
    """Where a path leads inside the root, all links on the way followed; None for loops and ways out."""
    todo = path.split("/")[::-1]
    done: list[str] = []
    while todo:
        part = todo.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if done:
                done.pop()
            continue
        done.append(part)
        target = symlinks.get("/".join(done))
        if target is None:
            continue
        limit -= 1
        if limit < 0:
            return None
        done = [] if target.startswith("/") else done[:-1]
        todo.extend(target.split("/")[::-1])
    return "/".join(done) or None
