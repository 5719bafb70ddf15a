"""Output formats found by looking into a package: one module each, with its ``FORMAT``."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Generic, Protocol, TypeVar

from assay.errors import InternalError, UsageError


class Described(Protocol):
    """What is asked of a format."""

    @property
    def name(self) -> str:
        """As the module is named, with ``-`` for ``_``."""
        ...

    @property
    def versions(self) -> tuple[str, ...]:
        """Those that can be written."""
        ...

    @property
    def default(self) -> str:
        """The version where none is asked for."""
        ...


F = TypeVar("F", bound=Described)


class FormatModules(Generic[F]):
    """The formats of a package; `kind` is what a ``FORMAT`` there is."""

    def __init__(self, package: ModuleType, kind: type[F]) -> None:
        self._package, self._kind = package, kind

    def names(self) -> tuple[str, ...]:
        """The names of all formats, sorted; no format is imported."""
        files = [file for folder in self._package.__path__ for file in Path(folder).iterdir()]
        found = (file.stem for file in files if file.suffix == ".py" and file.name[0] != "_")
        return tuple(sorted(name.replace("_", "-") for name in found))

    def module(self, name: str) -> ModuleType:
        """The module of a format; raises `UsageError` with the names there are."""
        if name not in self.names():
            from difflib import get_close_matches

            begun = [known for known in self.names() if name and known.startswith(name)]  # `cyclonedx`, `spdx`
            meant = begun or get_close_matches(name, self.names(), 1, 0.6)
            hint = f"did you mean {meant[0]}? " if meant else ""
            raise UsageError(f"unknown output format {name!r}", f"{hint}choose one of: {', '.join(self.names())}")
        return importlib.import_module(f"{self._package.__name__}.{name.replace('-', '_')}")

    def find(self, name: str) -> F:
        """The format of that name; raises `UsageError` with the names there are."""
        module = self.module(name)
        found = module.FORMAT
        if not isinstance(found, self._kind) or found.name != name:
            raise InternalError(f"{module.__name__}.FORMAT is not the format {name!r}")
        return found

    def parse(self, text: str) -> tuple[F, str]:
        """``NAME`` or ``NAME@VERSION``: the format, and the version to be written (empty where it has none)."""
        name, at, version = text.partition("@")
        found = self.find(name)
        if at and version not in found.versions:
            known = f"choose one of: {', '.join(found.versions)}" if found.versions else f"write just {name}"
            raise UsageError(f"{name} has no version {version!r}", known)
        return found, version or found.default
