"""Components: the packages, programs, files and systems that an artifact is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from operator import attrgetter

from assay.model.digest import Digest
from assay.model.license import License
from assay.model.making import quickly_made
from assay.model.purl import Purl


class ComponentType(StrEnum):
    """The kinds of component, by their CycloneDX 1.7 names."""

    APPLICATION = "application"
    FRAMEWORK = "framework"
    LIBRARY = "library"
    CONTAINER = "container"
    PLATFORM = "platform"
    OPERATING_SYSTEM = "operating-system"
    DEVICE = "device"
    DEVICE_DRIVER = "device-driver"
    FIRMWARE = "firmware"
    FILE = "file"
    MACHINE_LEARNING_MODEL = "machine-learning-model"
    DATA = "data"
    CRYPTOGRAPHIC_ASSET = "cryptographic-asset"


class Presence(StrEnum):
    """Whether a component is there (`installed`) or only asked for by a manifest or lock file (`declared`)."""

    INSTALLED = "installed"
    DECLARED = "declared"


class Scope(StrEnum):
    """What a component is needed for, by the CycloneDX names; `excluded` are development dependencies."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class ExternalReference:
    """Where more is to be found; `type` by the CycloneDX names (website, vcs, distribution, issue-tracker ...)."""

    type: str
    url: str
    comment: str = ""
    digests: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """A place where a component was seen.

    `path` is relative to the root of the artifact, ``!/`` steps into an archive
    (``opt/app.war!/WEB-INF/lib/a.jar``); `layer` is the position of the layer from 0, or -1; `found_by` names the
    parser; `line` counts from 1, 0 for none.
    """

    path: str
    layer: int = -1
    found_by: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Property:
    """A fact that has no field of its own: ``assay:deb:section = libs``."""

    name: str
    value: str


@quickly_made
@dataclass(frozen=True, slots=True)
class Component:
    """A package, program, file or system.

    `version` is an exact version, `version_range` what a manifest asks for where no exact one is known: never both.
    `namespace` is the group, scope or vendor (``org.apache.logging.log4j``, ``@babel``, ``debian``).
    `ref` overrides the identity: parsers use it for names that only hold within one file (the catalog replaces
    them), readers of SBOMs for the document's own references. `owned_by` is the `id` of the operating-system
    package that brought this component's files. `extra` holds the unknown fields of a document that was read, by
    format: ``{"cyclonedx": {...}}``.
    """

    name: str
    version: str = ""
    type: ComponentType = ComponentType.LIBRARY
    namespace: str = ""
    ecosystem: str = ""
    purl: Purl | None = None
    ref: str = ""
    presence: Presence = Presence.INSTALLED
    scope: Scope = Scope.REQUIRED
    version_range: str = ""
    licenses: tuple[License, ...] = ()
    digests: tuple[Digest, ...] = ()
    supplier: str = ""
    author: str = ""
    description: str = ""
    copyright: str = ""
    cpes: tuple[str, ...] = ()
    references: tuple[ExternalReference, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    owned_by: str = ""
    properties: tuple[Property, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)

    def changed(self, **changes: object) -> Component:
        """A copy with other values in some fields: `dataclasses.replace`, in a third of the time."""
        values = list(_values(self))
        for name, value in changes.items():
            values[_PLACES[name]] = value
        return Component(*values)

    @property
    def id(self) -> str:
        """The identity by which edges name this component: `ref`, else the purl, else ecosystem, name and version."""
        if self.ref:
            return self.ref
        if self.purl is not None:
            return str(self.purl)
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.ecosystem or self.type}:{name}@{self.version or self.version_range}"

    @property
    def world(self) -> str:
        """The ecosystem, for people; documents of other tools tell it by the type of the purl alone."""
        return self.ecosystem or (self.purl.type if self.purl else "")


_PLACES = {field.name: place for place, field in enumerate(fields(Component))}
_values = attrgetter(*_PLACES)
