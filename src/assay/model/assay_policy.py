"""assay's own policies as nouns: what images must show, which exceptions there are, and when it comes into force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from assay.model.digest import Digest
from assay.model.image_policy import Authority
from assay.model.policy import Action, Object


class FindingsFrom(StrEnum):
    """Where a policy's findings come from."""

    ATTESTED_SCAN = "attested-scan"
    """A scan that somebody attested; it only ages."""
    ATTESTED_SBOM = "attested-sbom"
    """An attested SBOM, matched again with the controller's own advisories."""
    OWN_SCAN = "own-scan"
    """The image itself, read by the controller and matched with its own advisories."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who signs: of `authorities` as many as `need` must have."""

    name: str
    authorities: tuple[Authority, ...]
    need: int = 1


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in CEL, and what is said where it does not hold."""

    expression: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class WantedAttestation:
    """An attestation that must be there."""

    name: str
    type: str
    by: tuple[str, ...]
    younger_than: timedelta | None = None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedSbom:
    """An SBOM that must be attested."""

    by: tuple[str, ...]
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Which vulnerabilities may not be there: `deny` has words and ids, `ignore` ids."""

    source: FindingsFrom
    by: tuple[str, ...] = ()
    younger_than: timedelta | None = None
    deny: tuple[str, ...] = ("critical", "kev")
    ignore: tuple[str, ...] = ()
    vex_by: tuple[str, ...] = ()
    max_data_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class WantedProvenance:
    """How it must have been built; the fields are those of `assay verify-attestation`."""

    by: tuple[str, ...]
    source: str
    builder: str = ""
    branch: str = ""
    tag: str = ""
    versioned_tag: str = ""


@dataclass(frozen=True, slots=True)
class WantedLevel:
    """A level of SLSA that somebody must have verified."""

    by: tuple[str, ...]
    level: int
    verifier: str
    track: str = "BUILD"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which images and workloads a policy is about."""

    images: tuple[str, ...] = ()
    not_images: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    not_namespaces: tuple[str, ...] = ()
    selector: Object | None = None
    namespace_selector: Object | None = None
    operations: tuple[str, ...] = ("CREATE", "UPDATE")


@dataclass(frozen=True, slots=True)
class Gate:
    """What must hold before a stage leaves the audit: so long without a violation that was not seen before."""

    no_new_violation_for: timedelta


@dataclass(frozen=True, slots=True)
class Hold:
    """The rollout stands still as it was then."""

    since: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """Dates for some workloads: of these namespaces, and so many of a hundred.

    With `forced` the gates do not count: somebody said then, and why, that the stage goes on without them.
    """

    audit_until: datetime | None = None
    grace: timedelta = timedelta()
    namespaces: tuple[str, ...] = ()
    percent: int = 100
    gates: tuple[Gate, ...] = ()
    forced: Hold | None = None

    @property
    def key(self) -> str:
        """Its name in records: ``shop,web 100%``, or ``* 100%`` of the last one."""
        return f"{','.join(self.namespaces) or '*'} {self.percent}%"


@dataclass(frozen=True, slots=True)
class StageRecord:
    """What is known of a stage: since when it is watched, its last new violation and whose, when its gates opened."""

    observed: datetime
    last: datetime | None = None
    by: str = ""
    opened: datetime | None = None


@dataclass(frozen=True, slots=True)
class AssayPolicy:
    """A policy; `action`, `on_error` and `on_timeout` are what happens, once `rollout` has come that far.

    `rollout` holds the stages, the last of which takes every workload.
    """

    name: str
    place: str
    scope: Scope = Scope()
    signers: Mapping[str, Signer] = field(default_factory=dict)
    signed_by: tuple[str, ...] = ()
    attestations: tuple[WantedAttestation, ...] = ()
    sbom: WantedSbom | None = None
    vulnerabilities: Tolerance | None = None
    provenance: WantedProvenance | None = None
    slsa: WantedLevel | None = None
    pin: bool = False
    digest_required: bool = False
    registries: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    action: Action = Action.AUDIT
    rollout: tuple[Stage, ...] = (Stage(),)
    on_error: Action = Action.DENY
    on_timeout: Action = Action.DENY
    stale_if_error: timedelta = timedelta()
    revocation_denies: bool = False
    hold: Hold | None = None
    demands: str = ""
    """A digest of what it demands: with other demands, gates count from the beginning."""


@dataclass(frozen=True, slots=True)
class AssayException:
    """Lets images (digests) or vulnerabilities pass until it expires; `checks` empty: all of the policy's."""

    name: str
    policies: tuple[str, ...]
    reason: str
    approver: str
    expires: datetime
    checks: tuple[str, ...] = ()
    images: tuple[Digest, ...] = ()
    vulnerabilities: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """Lets one digest in until then; `bundle` is the signature over it (not yet verified where this was read)."""

    name: str
    image: Digest
    reason: str
    until: datetime
    bundle: str = ""
    namespaces: tuple[str, ...] = ()
    signer: str = ""
    """Who signed it, once that was verified."""
