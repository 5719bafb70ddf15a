"""A local repository of Maven beside the source, of which only the models are read that somebody asks for.

::

    org/example/parent/1.2/parent-1.2.pom        GROUP/ARTIFACT/VERSION/ARTIFACT-VERSION.pom

(Maven, "Repositories"; the layout ``default`` of maven-resolver.) A name that is no plain name is no path either.
"""

from __future__ import annotations

import re

from assay.ecosystems.maven.effective import Coordinates
from assay.ecosystems.maven.pom import Pom
from assay.ecosystems.maven.pom import parse as parse_pom
from assay.errors import InputError
from assay.model.ecosystem import Consult

_NAME = re.compile(r"(?!\.+\Z)[A-Za-z0-9_.+~-]{1,200}")
_GROUP = re.compile(r"[A-Za-z0-9_-]{1,200}(?:\.[A-Za-z0-9_-]{1,200}){0,40}")
_MAX_MODELS = 50_000


class Repository:
    """The models of a local repository by their coordinates, each read once."""

    def __init__(self, consult: Consult) -> None:
        self._consult = consult
        self._known: dict[Coordinates, Pom | None] = {}
        self._faults: dict[Coordinates, str] = {}

    def model(self, name: Coordinates) -> Pom | None:
        """The model; None where there is none, and where it cannot be read (`fault`)."""
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def fault(self, name: Coordinates) -> str:
        """Why a model that is there is not used; empty where it is not there."""
        return self._faults.get(name, "")

    def _read(self, name: Coordinates) -> Pom | None:
        where = path(name)
        if not where:
            return None
        if len(self._known) >= _MAX_MODELS:
            self._faults[name] = f"more than {_MAX_MODELS} models were asked for"
            return None
        try:
            data = self._consult(where)
            return parse_pom(data) if data is not None else None
        except InputError as error:
            self._faults[name] = error.what
            return None


def path(name: Coordinates) -> str:
    """Where a repository keeps the model of these coordinates; empty for names that no repository takes.

    >>> path(("org.example", "parent", "1.2"))
    'org/example/parent/1.2/parent-1.2.pom'
    """
    group, artifact, version = name
    if not (_GROUP.fullmatch(group) and _NAME.fullmatch(artifact) and _NAME.fullmatch(version)):
        return ""
    return f"{group.replace('.', '/')}/{artifact}/{version}/{artifact}-{version}.pom"
