"""The files that configuration is read from, and where they are looked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from assay.errors import Malformed, UsageError

NAME = "assay.toml"
_PYPROJECT = "pyproject.toml"
_MAX_BYTES = 1 << 20


class ConfigurationFile(NamedTuple):
    """A file with settings; `of_project` when it was found by walking up from the working directory."""

    path: Path
    of_project: bool = False

    def table(self) -> object:
        """Its settings: the whole file, or ``[tool.assay]`` of a ``pyproject.toml``."""
        document = _read(self.path)
        return _own_table(document) or {} if self.path.name == _PYPROJECT else document


def find(environment: Mapping[str, str], directory: Path, config: str | None) -> Iterator[ConfigurationFile]:
    """The files that count, weakest first."""
    mine = user_file(environment)
    if mine is not None and mine.is_file():
        yield ConfigurationFile(mine)
    named = config or environment.get("ASSAY_CONFIG")
    if named:
        if not Path(named).is_file():
            raise UsageError(f"no configuration file {named}", "--config (or ASSAY_CONFIG) names a TOML file")
        yield ConfigurationFile(Path(named))
        return
    project = project_file(directory)
    if project is not None and (mine is None or project != mine):
        yield ConfigurationFile(project, of_project=True)


def user_file(environment: Mapping[str, str]) -> Path | None:
    """Where the user's own file would be; None for a user without a home."""
    base, home = environment.get("XDG_CONFIG_HOME", ""), environment.get("HOME", "")
    if base.startswith("/"):
        return Path(base, "assay", NAME)
    return Path(home, ".config", "assay", NAME) if home else None


def project_file(directory: Path) -> Path | None:
    """The project's file for a working directory: its own, or that of the nearest folder above."""
    for folder in (directory, *directory.parents):
        if (folder / NAME).is_file():
            return folder / NAME
        if (folder / _PYPROJECT).is_file() and _mentions_assay(folder / _PYPROJECT):
            return folder / _PYPROJECT
    return None


def _mentions_assay(path: Path) -> bool:
    """A foreign pyproject.toml that nobody can read is no configuration of ours."""
    try:
        if b"tool" not in (data := _bytes(path)) or b"assay" not in data:
            return False
        from assay.formats import toml

        return _own_table(toml.load(data)) is not None
    except (Malformed, OSError, UsageError):
        return False


def _own_table(document: Mapping[str, object]) -> object:
    tool = document.get("tool")
    return tool.get("assay") if isinstance(tool, dict) else None


def _read(path: Path) -> dict[str, object]:
    from assay.formats import toml

    try:
        return dict(toml.load(_bytes(path)))
    except Malformed as error:
        raise UsageError(f"{path}: {error.what}", "mend it, or name another with --config") from error
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "mend it, or name another with --config") from error


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise UsageError(f"{path} is larger than {_MAX_BYTES} bytes", "it is no configuration of assay")
    return data
