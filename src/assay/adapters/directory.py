"""A directory as a source: one tree, nothing outside of it is read, special files are never opened."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from assay.adapters import content
from assay.errors import InputError
from assay.model.component import Component, ComponentType
from assay.model.ecosystem import Content
from assay.model.executable import MAGIC
from assay.model.sbom import Attached, Layer, Skipped
from assay.ports import Entry, EntryKind, LayerSource, Wants

if TYPE_CHECKING:
    from assay.adapters.tar_layer import PathLog

_MACHINE_CODE = re.compile(r"\.(so|exe|dll|dylib|node|ko|bin|pyd|jnilib)(\.|$)", re.IGNORECASE)
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Directory:
    """A `assay.ports.Source` over a tree of files; `exclude` are globs on the relative path."""

    attached: Sequence[Attached] = ()

    def __init__(self, path: str, exclude: Sequence[str] = ()) -> None:
        if not os.path.isdir(path):
            raise InputError(f"{path} is no directory", "name a directory, or leave the dir: prefix away")
        self._path = path
        self._excluded = excluder(exclude)
        name = os.path.basename(os.path.realpath(path)) or "root"
        self.subject = Component(name, type=ComponentType.APPLICATION)

    @property
    def layers(self) -> Sequence[LayerSource]:
        """The one tree."""
        return (_Tree(self._path, self._excluded),)


class _Tree:
    layer = Layer(-1)

    def __init__(self, root: str, excluded: Callable[[str], bool]) -> None:
        self._root = root
        self._excluded = excluded

    def walk(self, wants: Wants, *, executables: bool, paths: bool) -> DirectoryWalk:
        return DirectoryWalk(self._root, self._excluded, wants, executables)


class DirectoryWalk:
    """One pass over a tree (`assay.ports.Walk`), in sorted order."""

    paths = b""

    def __init__(self, root: str, excluded: Callable[[str], bool], wants: Wants, executables: bool) -> None:
        self.skipped: list[Skipped] = []
        self.symlinks = b""
        self._root = root
        self._excluded = excluded
        self._wants = wants.wants
        self._executables = executables
        self._links: PathLog | None = None

    def stop(self) -> None:
        """Nothing is saved here by ending early: what nobody wants is not read."""

    def __iter__(self) -> Iterator[Entry]:
        """The wanted entries; what cannot be read is skipped with its reason."""
        pending = [""]
        while pending:
            folder = pending.pop()
            folders = []
            for item in self._list(folder):
                path = f"{folder}/{item.name}" if folder else item.name
                if self._excluded(path):
                    continue
                if item.is_dir(follow_symlinks=False):
                    folders.append(path)
                elif (entry := self._entry(path, item)) is not None:
                    yield entry
            pending.extend(reversed(folders))
        self.symlinks = self._links.finish() if self._links else b""

    def _list(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(f"{self._root}/{folder}" if folder else self._root) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not folder:
                raise InputError(f"{self._root} cannot be read: {error.strerror}", "check its permissions") from error
            self._skip(folder, error)
            return []

    def _skip(self, path: str, error: OSError) -> None:
        self.skipped.append(Skipped(path, error.strerror or str(error)))

    def _entry(self, path: str, item: os.DirEntry[str]) -> Entry | None:
        parsers = self._wants(path)
        if item.is_symlink():
            return self._symlink(path, item, parsers)
        if not item.is_file(follow_symlinks=False):
            if parsers:
                self.skipped.append(Skipped(path, "not a regular file"))
            return None
        if not parsers and not (self._executables and self._is_executable(path, item)):
            return None
        try:
            status = item.stat(follow_symlinks=False)
        except OSError as error:
            self._skip(path, error)
            return None
        read, view = partial(self._read, path), partial(self._read, path, looks=True)
        return Entry(path, EntryKind.FILE, parsers, status.st_mode, status.st_size, read=read, view=view)

    def _symlink(self, path: str, item: os.DirEntry[str], parsers: tuple[object, ...]) -> Entry | None:
        try:
            target = os.readlink(item.path)
        except OSError as error:
            self._skip(path, error)
            return None
        if self._links is None:
            from assay.adapters.tar_layer import PathLog

            self._links = PathLog()
        self._links.link(path, target)
        if not parsers:
            return None
        real, root = os.path.realpath(item.path), os.path.realpath(self._root)
        if not os.path.exists(real) or os.path.commonpath((real, root)) != root:
            if not self._is_of_environment(path):
                self.skipped.append(Skipped(path, f"links to {target}, which is not there or outside"))
            return None
        return Entry(path, EntryKind.SYMLINK, self._wants(path), target=target)

    def _is_of_environment(self, path: str) -> bool:
        """Whether a link is the interpreter of a virtual environment (PEP 405), which is that of the machine."""
        environment = path.rpartition("/")[0].rpartition("/")[0]
        return os.path.isfile(f"{self._root}/{environment}/pyvenv.cfg")

    def _is_executable(self, path: str, item: os.DirEntry[str]) -> bool:
        """Whether the file begins like machine code; only likely ones are opened."""
        name = item.name
        if "." in name and not _MACHINE_CODE.search(name):
            try:
                if not item.stat(follow_symlinks=False).st_mode & 0o111:
                    return False
            except OSError:
                return False
        try:
            descriptor = os.open(item.path, _OPEN)
        except OSError as error:
            self._skip(path, error)
            return False
        try:
            return os.read(descriptor, 4) in MAGIC
        except OSError as error:
            self._skip(path, error)
            return False
        finally:
            os.close(descriptor)

    def _read(self, path: str, *, looks: bool = False) -> Content:
        """The content, or only its beginning for who looks for an executable and it is none.

        Symbolic links and special files are refused by the opening itself.
        """
        try:
            descriptor = os.open(f"{self._root}/{path}", _OPEN)
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise InputError("not a regular file")
                if looks and (start := os.pread(descriptor, 4, 0)) not in MAGIC:
                    return start
                return content.load(descriptor, status.st_size)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise InputError(error.strerror or str(error)) from error


def excluder(globs: Sequence[str]) -> Callable[[str], bool]:
    """Whether a relative path (or a folder above it) is left out: ``*.md``, ``docs/**``, ``./node_modules``."""
    if not globs:
        return lambda path: False
    import fnmatch

    patterns = []
    for glob in globs:
        clean = glob.removeprefix("./").rstrip("/")
        patterns.append(clean.removesuffix("/**"))
        if not clean.startswith(("**/", "/")) and "/" not in clean:
            patterns.append(f"*/{clean}")
        if clean.startswith("**/"):
            patterns.append(clean.removeprefix("**/").removesuffix("/**"))
    ways = (fnmatch.translate(pattern.lstrip("/"))[: -len(r"\Z")] for pattern in patterns if pattern)
    expression = re.compile(rf"(?s:(?:{'|'.join(ways)})(?:/.*)?)\Z")
    return lambda path: expression.match(path) is not None
