"""From a path to the parsers that want it, in well under a microsecond for the many that nobody wants.

Each glob is filed under the most telling literal part of its last segment: the whole name, else the extension, else
the first characters; a bare ``*`` under the folder that it lies in. A path is looked up in those tables; only the few
candidates meet a regular expression, which is compiled when first needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from assay.model.ecosystem import Ecosystem, Parser

if TYPE_CHECKING:
    from assay.model.executable import Executable

_WILD = re.compile(r"[*?\[]")
_FRAGMENT = re.compile(r"\*\*/|[*?]+|\[[^\]]*\]")
"""What separates the literal parts of a glob."""
_PREFIX = 3
_KNOWN = 4096
"""Names whose parsers are kept in memory, where they do not depend on the folder."""


class Pattern:
    """A glob and the parser that it belongs to."""

    __slots__ = ("_ending", "_literal", "_match", "_name", "by_name", "glob", "parser")

    def __init__(self, glob: str, parser: Parser) -> None:
        self.glob = glob
        self.parser = parser
        self._literal = max(_FRAGMENT.split(glob), key=len)
        rest = glob[3:] if glob.startswith("**/") else ""
        self._name = rest if not _WILD.search(rest) and "/" not in rest else ""
        ending = rest[1:] if rest.startswith("*") else ""
        self._ending = ending if not _WILD.search(ending) and "/" not in ending else ""
        self.by_name = bool(self._name or self._ending)
        self._match: re.Pattern[str] | None = None

    def matches(self, path: str) -> bool:
        """Whether the glob matches the whole path; its longest literal part is looked for first."""
        if self._name:
            return path.endswith(self._name) and path[-len(self._name) - 1 : -len(self._name)] in ("", "/")
        if self._ending:
            return path.endswith(self._ending)
        if self._literal not in path:
            return False
        if self._match is None:
            self._match = re.compile(translate(self.glob))
        return self._match.fullmatch(path) is not None


def translate(glob: str) -> str:
    """The regular expression of a glob as `assay.model.ecosystem.Parser` defines them.

    >>> translate("**/*.dist-info/METADATA")
    '(?s:(?:.*/)?[^/]*\\\\.dist\\\\-info/METADATA)'
    """
    return f"(?s:{_expression(glob, '.', '[^/]')})"


def _expression(glob: str, anything: str, within: str) -> str:
    """`anything` stands for any character of a path, `within` for any of a segment."""
    out = []
    position = 0
    while position < len(glob):
        if glob.startswith("**/", position):
            out.append(f"(?:{anything}*/)?")
            position += 3
        elif glob.startswith("**", position):
            out.append(f"{anything}*")
            position += 2
        elif (char := glob[position]) == "[" and (end := glob.find("]", position + 2)) > 0:
            body = glob[position + 1 : end].replace("\\", "\\\\")
            out.append("[" + ("^\\0" + body[1:] if body[0] == "!" else body) + "]")
            position = end + 1
        else:
            out.append({"*": f"{within}*", "?": within}.get(char, re.escape(char)))
            position += 1
    return "".join(out)


def sieve(globs: Iterable[str]) -> re.Pattern[bytes]:
    """Finds the paths, written as ``\\1/a/b\\0``, that any of the globs matches; each match ends in the NUL of one.

    It finds those with a part that is empty or begins with a dot, too, which a walk has to look at. An automaton
    without backtracking, so that its time does not grow with the number of globs.
    """
    import re2

    ways = [r"/(?:[./][^\x00]*)?"]
    for glob in globs:
        start, rest = ("/", glob[3:]) if glob.startswith("**/") else (r"\x01/", glob)
        ways.append(start + _expression(rest, r"[^\x00]", r"[^/\x00]"))
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # names may be any bytes
    found: re.Pattern[bytes] = re2.compile(rf"(?:{'|'.join(ways)})\x00".encode(), options)
    return found


class Dispatch:
    """The patterns of some ecosystems, ready to be asked."""

    def __init__(self, ecosystems: Iterable[Ecosystem]) -> None:
        self.names: dict[str, list[Pattern]] = {}
        self.extensions: dict[str, list[Pattern]] = {}
        self.prefixes: dict[str, list[Pattern]] = {}
        self.folders: dict[str, list[Pattern]] = {}
        self.anything: list[Pattern] = []
        self.by_section: dict[str, list[Parser]] = {}
        self.by_format: dict[str, list[Parser]] = {}
        self.ecosystem_of: dict[str, Ecosystem] = {}
        self.ecosystems = tuple(ecosystems)
        self.yielding = frozenset(ecosystem.name for ecosystem in self.ecosystems if ecosystem.yields_to_owner)
        self._parsers: dict[str, Parser] = {}
        self._patterns: list[Pattern] = []
        self._sieve: re.Pattern[bytes] | None = None
        self._known: dict[str, tuple[Parser, ...]] = {}
        self._only: Mapping[str, tuple[Parser, ...]] | None = None
        for ecosystem in self.ecosystems:
            for parser in ecosystem.parsers:
                self._add(ecosystem, parser)
        self.sections = frozenset(self.by_section)
        self.executables = bool(self.by_section or self.by_format)

    def _add(self, ecosystem: Ecosystem, parser: Parser) -> None:
        self.ecosystem_of[parser.name] = ecosystem
        self._parsers[parser.name] = parser
        for section in parser.sections:
            self.by_section.setdefault(section, []).append(parser)
        for kind in parser.executables:
            self.by_format.setdefault(kind, []).append(parser)
        for glob in parser.patterns:
            pattern = Pattern(glob, parser)
            self._patterns.append(pattern)
            self._file(pattern)

    def _file(self, pattern: Pattern) -> None:
        last = pattern.glob.rpartition("/")[2]
        wild = _WILD.search(last)
        if wild is None:
            self.names.setdefault(last, []).append(pattern)
            return
        extension = last.rpartition(".")[2]
        if "." in last and not _WILD.search(extension):
            self.extensions.setdefault(extension, []).append(pattern)
        elif wild.start() >= _PREFIX:
            self.prefixes.setdefault(last[:_PREFIX], []).append(pattern)
        elif last == "*" and (folder := pattern.glob.split("/")[-2:-1]) and not _WILD.search(folder[0]):
            self.folders.setdefault(folder[0], []).append(pattern)
        else:
            self.anything.append(pattern)

    def wants(self, path: str) -> tuple[Parser, ...]:
        """The parsers whose patterns match, each once, in the order of their ecosystems."""
        slash = path.rfind("/")
        name = path[slash + 1 :]
        if (
            name in self.names
            or name[name.rfind(".") + 1 :] in self.extensions
            or name[:_PREFIX] in self.prefixes
            or path[path.rfind("/", 0, slash) + 1 : slash] in self.folders
            or self.anything
        ):
            return self._match(path, slash)
        return ()

    def sift(self, paths: bytes) -> Iterable[int]:
        """Of paths written as ``\\1/a/b\\0``, the numbers of those that `wants` may have parsers for, and of those with
        a part that is empty or begins with a dot.

        One automaton passes over all of them, which costs a fifth of looking each one up.
        """
        if self._only is not None:
            return range(paths.count(b"\0"))
        if self._sieve is None:
            self._sieve = sieve(pattern.glob for pattern in self._patterns)
        found, number, at = [], 0, 0
        for match in self._sieve.finditer(paths):
            end = match.end() - 1
            number += paths.count(b"\0", at, end)
            at = end
            found.append(number)
        return found

    def _match(self, path: str, slash: int) -> tuple[Parser, ...]:
        if self._only is not None:
            return self._only.get(path, ())
        name = path[slash + 1 :]
        by_folder = self.folders.get(path[path.rfind("/", 0, slash) + 1 : slash], ())
        if not by_folder and (known := self._known.get(name)) is not None:
            return known
        candidates = [
            *self.names.get(name, ()),
            *self.extensions.get(name[name.rfind(".") + 1 :], ()),
            *self.prefixes.get(name[:_PREFIX], ()),
            *by_folder,
            *self.anything,
        ]
        found = tuple(dict.fromkeys(pattern.parser for pattern in candidates if pattern.matches(path)))
        if all(pattern.by_name for pattern in candidates) and len(self._known) < _KNOWN:
            self._known[name] = found
        return found

    def named(self, names: Iterable[str]) -> tuple[Parser, ...]:
        """Parsers by name, each once."""
        return tuple(self._parsers[name] for name in dict.fromkeys(names))

    def only(self, paths: Mapping[str, tuple[Parser, ...]]) -> Dispatch:
        """A dispatch that wants these paths and nothing else, for a second pass over a layer."""
        chosen = Dispatch(())
        chosen._only = paths
        chosen.names = {path.rpartition("/")[2]: [] for path in paths}
        chosen.by_section, chosen.by_format, chosen.sections = self.by_section, self.by_format, self.sections
        return chosen

    def left(self) -> set[str]:
        """The paths of `only`, to be crossed off; for any other dispatch a set that is never empty."""
        return {""} if self._only is None else set(self._only)

    def of_executable(self, image: Executable) -> list[Parser]:
        """The parsers that want an executable of this format, or with one of its sections, whatever its path."""
        parsers = list(self.by_format.get(image.format, ()))
        for section in self.sections.intersection(image.sections):
            parsers.extend(self.by_section[section])
        return parsers

    def of_sections(self) -> list[Parser]:
        """The parsers that want executables by a section, for one whose sections could not be read."""
        return [parser for parsers in self.by_section.values() for parser in parsers]
