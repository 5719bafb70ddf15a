"""Files that change what others say, as write-ahead logs and rollback journals do databases: both are read together.

The two may lie in different layers, so that they meet only when it is known what is visible. That takes another pass
over their layers, which is made where such a file is there, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.engines.catalog.dispatch import Dispatch
from assay.engines.catalog.layer import LayerFindings, Readers, read_layer
from assay.engines.catalog.squash import Squashed
from assay.model.ecosystem import COMPLETES, Content, File, Found, Located, Parser
from assay.model.sbom import Skipped
from assay.ports import LayerSource

if TYPE_CHECKING:
    from assay.engines.catalog import Options

_KEEP = Parser("content", "assay.engines.catalog.logs:keep", max_size=1 << 30)
_CONTENT = "content"
_UNREAD = "holds changes that could not be read with the file that they belong to"
_SECOND = "left out: the file that it changes was read with another of its kind"


def keep(file: File) -> Found:
    """The content itself, for a second reading; not for the cache."""
    return Found(facts={_CONTENT: file.content})


def read_with_logs(
    squashed: Squashed, layers: Sequence[LayerSource], dispatch: Dispatch, readers: Readers, options: Options
) -> Squashed:
    """The findings, with those of a file that has a log replaced by what both say together.

    A second log of the same file is told: a database has changes in one place only, and of two logs one is left over.
    """
    done = set[tuple[str, int]]()
    for log in [item for item in squashed.files if COMPLETES in item.found.facts and not options.ignore(item.path)]:
        target = str(log.found.facts[COMPLETES])
        state = target, log.layer if options.all_layers else -1
        if state in done:
            squashed = _without(squashed, log, _SECOND)
            continue
        done.add(state)
        there = [item for item in squashed.files if item.path == target]
        if options.all_layers:
            there = [item for item in there if item.layer <= log.layer]
        found = _together(log, target, max((item.layer for item in there), default=None), layers, readers, dispatch)
        squashed = _replaced(squashed, log, found, there, options.all_layers)
    return squashed


def _together(
    log: Located,
    target: str,
    position: int | None,
    layers: Sequence[LayerSource],
    readers: Readers,
    dispatch: Dispatch,
) -> list[Located]:
    """What the parsers of the target say of it with its log; nothing where one of them cannot be read again.

    A file that says nothing without its log was not kept with its position (None), and is looked for from the top.
    """
    changes, _ = _content(log.path, log.layer, layers, readers)
    content, layer = _content(target, position, layers, readers)
    if content is None or not changes:
        return []
    file = File(target, content, log=changes)
    parsers = [parser for parser in dispatch.wants(target) if not parser.by_path and len(content) <= parser.max_size]
    read = [(parser, readers.read(parser, file)) for parser in parsers]
    return [Located(target, max(layer, log.layer), found, parser.name) for parser, found in read]


def _content(
    path: str, position: int | None, layers: Sequence[LayerSource], readers: Readers
) -> tuple[Content | None, int]:
    """The content of a file in one layer, or in the topmost that has it; and that layer's position."""
    wanted = Dispatch(()).only({path: (_KEEP,)})
    for source in reversed(layers):
        if position is not None and source.layer.position != position:
            continue
        read = read_layer(source, wanted, readers, paths=False)
        for item in read.files:
            content = item.found.facts.get(_CONTENT)
            if item.path == path and content is not None:
                return content, source.layer.position  # type: ignore[return-value]  # `keep` has put it there
        if _hides(read, path):
            break
    return None, -1


def _hides(layer: LayerFindings, path: str) -> bool:
    return any(path == gone or path.startswith(f"{gone}/") for gone in layer.whiteouts) or any(
        path.startswith(f"{folder}/" if folder else "") for folder in layer.opaque
    )


def _replaced(
    squashed: Squashed, log: Located, found: Sequence[Located], alone: Sequence[Located], all_layers: bool
) -> Squashed:
    """The findings without those of the file alone, unless both together are broken and the file alone is not."""
    told = {skip for item in found for skip in _skips(item)}
    listed = any(item.found.components for item in found)
    if not found or (told and not listed and any(item.found.components for item in alone)):
        gone: Sequence[Located] = (log,)
        found, told = (), {*told, Skipped(log.path, _UNREAD, log.layer)}
    else:
        gone = (log, *(item for item in alone if not all_layers or item.layer == log.layer))
    files = [*(item for item in squashed.files if not any(item is other for other in gone)), *found]
    files.sort(key=lambda item: (item.path, -item.layer, item.parser))
    skipped = {*squashed.skipped}.difference(*(_skips(item) for item in gone)) | told
    return squashed._replace(files=tuple(files), skipped=tuple(sorted(skipped)))


def _without(squashed: Squashed, log: Located, reason: str) -> Squashed:
    skipped = {*squashed.skipped, Skipped(log.path, reason, log.layer)}
    files = tuple(item for item in squashed.files if item is not log)
    return squashed._replace(files=files, skipped=tuple(sorted(skipped)))


def _skips(item: Located) -> Iterator[Skipped]:
    return (replace(skip, layer=item.layer) for skip in item.found.skipped)
