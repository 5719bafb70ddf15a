"""What a package world is to assay: the files it owns, who reads them, and what one file says.

An ecosystem is a folder under `assay.ecosystems` whose ``__init__`` holds one `Ecosystem` named ``ECOSYSTEM``. It
names its parsers as ``"module:function"``, so that importing the folder costs nothing until a file asks for it. A
parser is a pure function ``File -> Found``; it raises `assay.errors.Malformed` for a file that breaks its format,
and returns what it could read with `Found.skipped` for a file of which only a part is broken.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from assay.model.component import Component
from assay.model.sbom import Distribution, Skipped

if TYPE_CHECKING:
    from assay.model.executable import Executable

Content = bytes | mmap.mmap
"""The bytes of a file. Large files (over 8 MiB) come as a read-only memory map: slices and `re` work on both."""

Consult = Callable[[str], bytes | None]
"""The content of a file beside the source, by its relative path; None where there is none. Raises
`assay.errors.InputError` for one that is there and cannot be read."""

COMPLETES = "completes"
"""The key in `Found.facts` by which a file says of which other file it holds the newest changes (a write-ahead log):
the value is the path of that file, which is then read again with this one as `File.log`."""


class Proof(StrEnum):
    """Where the fixtures of an ecosystem come from, hence how far it can be trusted."""

    NATIVE = "native"
    FOREIGN = "foreign"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class File:
    """A file as a parser sees it; `path` is relative to the root, with ``/``, without a leading one.

    `log` is the content of the file that `COMPLETES` it, empty where there is none.
    """

    path: str
    content: Content
    mode: int = 0o644
    executable: Executable | None = None
    log: Content = b""

    @property
    def data(self) -> bytes:
        """The whole content as bytes (a copy where it was a memory map)."""
        return self.content if isinstance(self.content, bytes) else self.content[:]

    @property
    def text(self) -> str:
        """The content as UTF-8 (a byte order mark is dropped, UTF-16 marks are honoured; bad bytes become U+FFFD)."""
        data = self.data
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16", "replace")
        return data.decode("utf-8-sig", "replace")

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The path without its last part; empty at the root."""
        return self.path.rpartition("/")[0]


class Need(NamedTuple):
    """A dependency by name, resolved among the components of the same ecosystem and `Found.scope`.

    `dependent` is the `Component.id` of the one that needs; `names` are alternatives, the first that is there wins.
    """

    dependent: str
    names: tuple[str, ...]


class Owned(NamedTuple):
    """The files that a package brought: `paths` are newline-separated, relative to `Found.root`, as raw bytes.

    `owner` is a name as in `Need.names`.
    """

    owner: str
    paths: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """What one file says.

    `edges` are pairs of `Component.id` (dependent, dependency) within this file. `needs` are dependencies by name
    that may lie in another file of the same `scope` (a site-packages folder, a package database; empty: the whole
    artifact). `provides` adds names under which a component (by id) can be needed; its own name always counts.
    `root` is the folder to which `owns` is relative. `facts` are for the ecosystem's own `assemble`, but for
    `COMPLETES`.
    """

    components: tuple[Component, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    needs: tuple[Need, ...] = ()
    provides: tuple[tuple[str, str], ...] = ()
    scope: str = ""
    owns: tuple[Owned, ...] = ()
    root: str = ""
    skipped: tuple[Skipped, ...] = ()
    distribution: Distribution | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Located:
    """What the file at `path` in the layer at position `layer` (-1: no layers) says."""

    path: str
    layer: int
    found: Found
    parser: str = ""


class Parser(NamedTuple):
    """Who reads which files.

    `name` appears as `Occurrence.found_by`, so ``ecosystem-what``: ``pypi-dist-info``. `reads` is
    ``"module:function"`` with ``function(file: File) -> Found``. `patterns` are globs on the path: ``*`` and ``?``
    stay within one part, a leading ``**/`` means any depth (the root included), ``**`` crosses parts elsewhere.
    `sections` asks for executables that have one of these sections, `executables` for all of these formats
    (``elf``, ``pe``, ``macho``), both whatever their path. Files over `max_size` bytes are skipped and reported.
    `by_path` is set where the path says all: `File.content` is then empty, however large the file.
    """

    name: str
    reads: str
    patterns: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    executables: tuple[str, ...] = ()
    max_size: int = 64 << 20
    by_path: bool = False


class Ecosystem(NamedTuple):
    """A package world.

    `name` is the folder's name. `assemble` is ``"module:function"`` with
    ``function(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]``, for what takes
    several files (hashes in a sum file, parents of a pom, nested node_modules); it runs after hidden files are gone and
    before needs are resolved. `consults` names what a user may put beside the source for it
    (``maven-repository``): where that is there, `assemble` gets a third argument, a `Consult`. `proof` says where the
    fixtures come from and `origin` names the tool or package.
    `osv` are the ecosystem's names in OSV records; there a package is its namespace and name joined by `osv_join`, and
    names are compared as `osv_fold` says: ``lower`` (whatever the case), ``pep503`` (also ``-_.`` alike), or as they
    are. `of_system`: packages of an operating system, which advisories file by distribution and release.
    `yields_to_owner`: a component whose file belongs to an
    operating-system package is only another sight of that package (programs recognised by their bytes).
    """

    name: str
    title: str
    purl_types: tuple[str, ...]
    parsers: tuple[Parser, ...]
    proof: Proof
    origin: str
    assemble: str = ""
    osv: tuple[str, ...] = ()
    osv_join: str = "/"
    osv_fold: str = ""
    of_system: bool = False
    yields_to_owner: bool = False
    consults: str = ""

    def osv_name(self, name: str, namespace: str = "") -> str:
        """The name under which advisories file a package of this ecosystem."""
        whole = f"{namespace}{self.osv_join}{name}" if namespace else name
        if not self.osv_fold:
            return whole
        whole = whole.lower()
        return re.sub("[-_.]+", "-", whole) if self.osv_fold == "pep503" else whole
