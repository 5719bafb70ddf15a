"""The software bill of materials: a subject, its components, how they depend on each other, and what was missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from assay.model.component import Component, Property
from assay.model.digest import Digest


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of an image; `position` counts from 0 at the base.

    `digest` is that of the blob as it is stored (compressed), `diff_id` that of the tar inside; `size` in bytes as
    stored.
    """

    position: int
    digest: str = ""
    diff_id: str = ""
    created_by: str = ""
    media_type: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """Something that could not be read, and why: an entry of the document, never only a log line."""

    path: str
    reason: str
    layer: int = -1


@dataclass(frozen=True, slots=True)
class Distribution:
    """The operating system, as os-release(5) names it: ``Distribution(id="debian", version_id="12", ...)``."""

    id: str
    version_id: str = ""
    name: str = ""
    pretty_name: str = ""
    version_codename: str = ""
    id_like: tuple[str, ...] = ()
    variant_id: str = ""
    cpe_name: str = ""
    home_url: str = ""


class Lifecycle(StrEnum):
    """The generation context, by the CycloneDX names of the phases."""

    DESIGN = "design"
    PRE_BUILD = "pre-build"
    BUILD = "build"
    POST_BUILD = "post-build"
    OPERATIONS = "operations"
    DISCOVERY = "discovery"
    DECOMMISSION = "decommission"


class Completeness(StrEnum):
    """How much of the truth a document claims to hold (CycloneDX `compositions.aggregate`)."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    FIRST_PARTY_ONLY = "incomplete_first_party_only"
    FIRST_PARTY_PROPRIETARY_ONLY = "incomplete_first_party_proprietary_only"
    FIRST_PARTY_OPENSOURCE_ONLY = "incomplete_first_party_opensource_only"
    THIRD_PARTY_ONLY = "incomplete_third_party_only"
    THIRD_PARTY_PROPRIETARY_ONLY = "incomplete_third_party_proprietary_only"
    THIRD_PARTY_OPENSOURCE_ONLY = "incomplete_third_party_opensource_only"
    UNKNOWN = "unknown"
    NOT_SPECIFIED = "not_specified"


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that had a part in making a document."""

    name: str
    version: str = ""
    vendor: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Attached:
    """An SBOM that hangs on an image as a referrer."""

    digest: str
    media_type: str
    artifact_type: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Sbom:
    """A software bill of materials.

    `subject` is the root component (what the document is about) and not one of `components`, which are sorted by
    `Component.id`. `dependencies` maps the id of a component (the subject's too) to the sorted ids that it needs
    directly. `timestamp` is RFC 3339 in UTC, or empty. `extra` holds the unknown top-level fields of a document
    that was read, by format; `source_format` names that format (``cyclonedx-json@1.6``), empty for a fresh one.
    `serial` is the document's own identity where it was read (CycloneDX serialNumber, SPDX namespace).
    """

    subject: Component
    components: tuple[Component, ...] = ()
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    distribution: Distribution | None = None
    layers: tuple[Layer, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    attached: tuple[Attached, ...] = ()
    tools: tuple[Tool, ...] = ()
    authors: tuple[str, ...] = ()
    supplier: str = ""
    timestamp: str = ""
    lifecycles: tuple[Lifecycle, ...] = ()
    completeness: Completeness = Completeness.UNKNOWN
    properties: tuple[Property, ...] = ()
    digests: tuple[Digest, ...] = ()
    serial: str = ""
    source_format: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)
