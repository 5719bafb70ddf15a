"""One layer read once: every wanted file to its parsers, and what they found kept with its path.

The findings of a layer do not depend on the layers around it, so that they can be cached by its digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from assay.engines.catalog.dispatch import Dispatch
from assay.errors import AssayError, DigestMismatch, ExternalError
from assay.formats import executable
from assay.model.ecosystem import File, Found, Parser
from assay.model.executable import MAGIC, Ends
from assay.model.sbom import Skipped
from assay.ports import Entry, EntryKind, LayerSource


class FileFinding(NamedTuple):
    """What one parser found in one file."""

    path: str
    parser: str
    found: Found


class Link(NamedTuple):
    """A link with a wanted name: `target` as written for a symbolic one, relative to the root for a hard one.

    A `further` name is that of an executable which its `parsers` want whatever it is called.
    """

    path: str
    target: str
    parsers: tuple[str, ...]
    hard: bool = False
    further: bool = False


class LayerFindings(NamedTuple):
    """All that a pass over one layer brought; positions are filled in by the squash, for they are not the layer's."""

    files: tuple[FileFinding, ...] = ()
    links: tuple[Link, ...] = ()
    whiteouts: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
    paths: bytes = b""
    symlinks: bytes = b""
    skipped: tuple[Skipped, ...] = ()


def read_layer(source: LayerSource, dispatch: Dispatch, readers: Readers, *, paths: bool) -> LayerFindings:
    """Walk the layer; `paths` asks for the record of all paths, which layers above others need.

    Of entries with the same path the last one counts, as for everybody who unpacks the layer.
    """
    files: dict[str, list[FileFinding]] = {}
    links: dict[str, list[Link]] = {}
    hidden: dict[EntryKind, list[str]] = {EntryKind.WHITEOUT: [], EntryKind.OPAQUE: []}
    skipped: list[Skipped] = []
    walk = source.walk(dispatch, executables=dispatch.executables, paths=paths)
    left = dispatch.left()
    for entry in walk:
        match entry.kind:
            case EntryKind.FILE:
                files.pop(entry.path, None)
                links.pop(entry.path, None)
                own: list[Link] = []
                if found := read_file(entry, dispatch, readers, skipped, own):
                    files[entry.path] = found
                if own:
                    links[entry.path] = own
            case EntryKind.SYMLINK | EntryKind.HARDLINK:
                files.pop(entry.path, None)
                names = tuple(parser.name for parser in entry.parsers)
                links[entry.path] = [Link(entry.path, entry.target, names, entry.kind is EntryKind.HARDLINK)]
            case EntryKind.WHITEOUT | EntryKind.OPAQUE:
                hidden[entry.kind].append(entry.path)
        left.discard(entry.path)
        if not left:
            walk.stop()
    skipped.extend(replace(item, layer=-1) for item in walk.skipped)
    all_files = tuple(item for found in files.values() for item in found)
    return LayerFindings(
        all_files,
        tuple(_of_interest([link for own in links.values() for link in own], all_files)),
        tuple(hidden[EntryKind.WHITEOUT]),
        tuple(hidden[EntryKind.OPAQUE]),
        walk.paths,
        walk.symlinks,
        tuple(skipped),
    )


def _of_interest(links: Sequence[Link], files: Sequence[FileFinding]) -> Iterator[Link]:
    """The links; of further names of executables those of which something was found, or may be."""
    further = {link.target for link in links if not link.parsers}
    finders: dict[str, dict[str, None]] = {}
    for item in files if further else ():
        if item.path in further:
            finders.setdefault(item.path, {})[item.parser] = None
    for link in links if further else ():
        if link.path in further and link.path == link.target:
            finders.setdefault(link.path, {}).update(dict.fromkeys(link.parsers))
    for link in links:
        if link.parsers:
            yield link
        elif link.target in finders:
            yield link._replace(parsers=tuple(finders[link.target]), further=True)


class Readers:
    """The parser functions, imported when a file first asks for them."""

    def __init__(self) -> None:
        self._functions: dict[str, object] = {}

    def read(self, parser: Parser, file: File) -> Found:
        """What `parser` says of `file`; a fault of the parser itself is told as such and costs only this file."""
        function = self._functions.get(parser.reads)
        if function is None:
            function = self._functions[parser.reads] = load(parser.reads)
        try:
            found = function(file)  # type: ignore[operator]  # load() cannot know the signature
            assert isinstance(found, Found), f"{parser.name} returned {type(found).__name__}"
        except AssayError as error:
            return Found(skipped=(Skipped(file.path, f"{parser.name}: {error.what}"),))
        except (MemoryError, RecursionError) as error:
            return Found(skipped=(Skipped(file.path, f"{parser.name}: {type(error).__name__}"),))
        except Exception as error:
            what = f"{parser.name} failed, a bug in assay: {type(error).__name__}: {error}"
            return Found(skipped=(Skipped(file.path, what),))
        return found


def load(reference: str) -> object:
    """The function that ``"module:function"`` names."""
    from importlib import import_module

    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


def read_file(
    entry: Entry, dispatch: Dispatch, readers: Readers, skipped: list[Skipped], links: list[Link]
) -> list[FileFinding]:
    """Hand a file to the parsers that want it by name, and to those that want it as an executable.

    A large executable of which only the ends were kept becomes a link to itself, to be followed, if anybody wants it.
    """
    wanted: Sequence[Parser] = [parser for parser in entry.parsers if entry.size <= parser.max_size or parser.by_path]
    if len(wanted) < len(entry.parsers):  # each has a bound of its own
        limit = max(parser.max_size for parser in entry.parsers if parser not in wanted)
        skipped.append(Skipped(entry.path, f"{entry.size} bytes, more than the {limit} that are read"))
    findings: list[FileFinding] = []
    told = [parser for parser in wanted if parser.by_path]
    if told:
        findings = _findings(File(entry.path, b"", entry.mode), told, readers)
        wanted = [parser for parser in wanted if not parser.by_path]
    if not wanted and (len(told) < len(entry.parsers) or entry.size > _EXECUTABLE_LIMIT):
        return findings
    if not wanted and (entry.path.endswith(".class") or not (dispatch.by_section or dispatch.by_format)):
        return findings
    try:
        content = entry.read() if wanted or entry.view is None else entry.view()
    except (DigestMismatch, ExternalError):
        raise
    except AssayError as error:
        skipped.append(Skipped(entry.path, error.what))
        return findings
    image = None
    is_executable = (dispatch.by_section or dispatch.by_format) and bytes(content[:4]) in MAGIC
    if is_executable:
        image = executable.read(content, dispatch.sections)
        if image is not None:
            wanted = (*wanted, *dispatch.of_executable(image))
    if isinstance(content, Ends):
        asked = wanted if image is not None or not is_executable else dispatch.of_sections()
        if asked:
            links.append(Link(entry.path, entry.path, tuple(parser.name for parser in asked), True))
        return findings
    if not wanted:
        return findings
    if isinstance(content, memoryview):
        content = bytes(content)
    return findings + _findings(File(entry.path, content, entry.mode, image), wanted, readers)


def _findings(file: File, parsers: Sequence[Parser], readers: Readers) -> list[FileFinding]:
    """What each of the parsers finds, each asked once; nothing is not kept."""
    findings = [FileFinding(file.path, parser.name, readers.read(parser, file)) for parser in dict.fromkeys(parsers)]
    return [finding for finding in findings if finding.found != _NOTHING]


_NOTHING = Found()
_EXECUTABLE_LIMIT = 2 << 30
