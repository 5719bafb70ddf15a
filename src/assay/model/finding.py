"""Findings: which vulnerability a component has, why we think so, and what was decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from assay.model.advisory import Exploited, FixState, Kind, Level, Likelihood, Reference, Severity
from assay.model.component import Component
from assay.model.sbom import Sbom


class Vulnerability(NamedTuple):
    """A problem under all its ids, with the best source for each fact.

    `id` is the one shown, `ids` are all of the alias group (the shown one first, then sorted), `advisories` are
    ``FEED:ID`` of the records that speak about it. `level`, `score` (-1: none) and `vector` are the severity chosen,
    as `severity_source` judged it; `severities` are all judgements.
    """

    id: str
    ids: tuple[str, ...] = ()
    kind: Kind = Kind.VULNERABILITY
    summary: str = ""
    level: Level = Level.UNKNOWN
    score: float = -1.0
    vector: str = ""
    severity_source: str = ""
    severities: tuple[Severity, ...] = ()
    weaknesses: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    published: str = ""
    modified: str = ""
    exploited: Exploited | None = None
    likelihood: Likelihood | None = None
    ssvc: tuple[tuple[str, str], ...] = ()
    advisories: tuple[str, ...] = ()

    @property
    def cve(self) -> str:
        """The CVE id, or an empty string."""
        return next((name for name in self.ids if name.startswith("CVE-")), "")


class Match(NamedTuple):
    """One record that says a package is affected (or is not), and the comparison that decided it.

    `package` and `version` are what was looked up (the source package for distributions), in `ecosystem`; `interval`
    is the range as written, empty when `listed`: the version is enumerated. `scheme` names the version order.
    `day` is the day of the source's data.
    """

    feed: str
    advisory: str
    ecosystem: str
    package: str
    version: str
    interval: str = ""
    listed: bool = False
    scheme: str = ""
    state: FixState = FixState.UNKNOWN
    fixed: tuple[str, ...] = ()
    day: str = ""
    source_package: bool = False
    by_cpe: str = ""
    module: str = ""
    channel: str = ""
    note: str = ""
    symbols: tuple[str, ...] = ()


class Cause(StrEnum):
    """Who said that a finding does not count."""

    VEX = "vex"
    IGNORE_RULE = "ignore-rule"
    OWNER = "owner"
    """The distribution's fix, for files of a distribution's package."""


class Suppression(NamedTuple):
    """Why a finding is not shown: the statement or rule, where it stands, and until when it holds.

    `status` and `justification` are VEX words (``not_affected``, ``vulnerable_code_not_present`` ...).
    """

    cause: Cause
    reason: str = ""
    origin: str = ""
    expires: str = ""
    status: str = ""
    justification: str = ""


class Analysis(NamedTuple):
    """What a VEX statement adds to a finding that stays: ``affected``, ``under_investigation``, with its words."""

    status: str
    justification: str = ""
    detail: str = ""
    response: str = ""
    origin: str = ""


class Finding(NamedTuple):
    """A component has a vulnerability.

    `matches` are the reasons, the deciding one first. `fixed` are the versions that mend it for this component,
    lowest first, `fixed_since` the day the fix was published. `risk` is from 0 to 100 (`assay.engines.match.risk`).
    `path` leads by component ids from a direct dependency of the root to the component (empty: no graph); `bump` is
    the direct dependency to change (its id), `clears` the lowest version of this component without known findings.
    """

    vulnerability: Vulnerability
    component: Component
    matches: tuple[Match, ...]
    state: FixState = FixState.UNKNOWN
    fixed: tuple[str, ...] = ()
    fixed_since: str = ""
    risk: float = 0.0
    path: tuple[str, ...] = ()
    bump: str = ""
    clears: str = ""
    analysis: Analysis | None = None
    suppression: Suppression | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same finding in two scans: the vulnerability and the component."""
        return self.vulnerability.id, self.component.id


class CoverageState(StrEnum):
    """Whether silence about a package means anything."""

    COVERED = "covered"
    FIXED_ONLY = "fixed-only"
    """The source cannot say "unfixed": silence says nothing."""
    SAMPLE = "sample"
    OUTDATED = "outdated"
    NO_DATA = "no-data"
    UNDECIDABLE = "undecidable"
    """Components without a version, or without an ecosystem that advisories know."""


class SourceDay(NamedTuple):
    """A feed and the day of its data (``YYYY-MM-DD``); `confirmed` is when an update last found it current."""

    feed: str
    day: str
    confirmed: str = ""
    digest: str = ""
    records: int = 0


class Coverage(NamedTuple):
    """What the advisory data can say about one ecosystem or distribution release.

    `message` is for people, empty when all is well: ``no advisory data for alpine 3.20``, ``unknown since 2020-06-08``.
    """

    ecosystem: str
    components: int
    state: CoverageState
    sources: tuple[SourceDay, ...] = ()
    message: str = ""
    end_of_life: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """The answer to "what is wrong with it".

    `findings` count, `suppressed` do not (each says why); both are ordered by risk. `coverage` has an entry for every
    ecosystem of the components; `sources` are the shards that were asked, `manifest` the digest of the store.
    `warnings` are for people: expired rules, end of life, rules from inside the source.
    """

    sbom: Sbom
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    sources: tuple[SourceDay, ...] = ()
    manifest: str = ""
    timestamp: str = ""
    warnings: tuple[str, ...] = ()
    rule_files: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
