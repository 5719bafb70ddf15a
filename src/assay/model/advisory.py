"""Advisories: what sources say about packages, releases and vulnerabilities, whatever form they say it in.

A feed turns its files into `Advisory` (which versions of which packages have which problem), `Enrichment` (facts about
a vulnerability that name no package: scores, known exploitation) and `Release` (how long a system is maintained).
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from assay.model.version import Interval


class Kind(StrEnum):
    """What an advisory is about; INFORMATIONAL makes no finding."""

    VULNERABILITY = "vulnerability"
    MALICIOUS = "malicious"
    UNMAINTAINED = "unmaintained"
    """Nobody will mend the package: a finding without severity."""
    INFORMATIONAL = "informational"
    """A notice, a bug fix or an enhancement."""

    __hash__ = str.__hash__  # that of `Enum` is a function in Python


class FixState(StrEnum):
    """What the source says about the mending of an affected package."""

    FIXED = "fixed"
    NOT_FIXED = "not-fixed"
    WONT_FIX = "wont-fix"
    DEFERRED = "deferred"
    END_OF_LIFE = "end-of-life"
    UNDER_INVESTIGATION = "under-investigation"
    NOT_AFFECTED = "not-affected"
    UNKNOWN = "unknown"

    __hash__ = str.__hash__  # as above: a scan asks for thousands


class Level(StrEnum):
    """Severity in words."""

    NONE = "none"
    NEGLIGIBLE = "negligible"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    UNKNOWN = "unknown"

    __hash__ = str.__hash__  # as above

    @classmethod
    def of_score(cls, score: float) -> Level:
        """The word of a CVSS score (CVSS 3.1, section 5); a negative one is none."""
        return _level(score)


@lru_cache(1024)
def _level(score: float) -> Level:
    """Kept: there are a hundred scores."""
    if score < 0:
        return Level.UNKNOWN
    return next((level for least, level in _SCORES if score >= least), Level.NONE)


_SCORES = ((9.0, Level.CRITICAL), (7.0, Level.HIGH), (4.0, Level.MEDIUM), (0.1, Level.LOW))


class Severity(NamedTuple):
    """One judgement of severity: a CVSS `vector` (``CVSS:3.1/AV:N/...``; version 2 without a prefix), or only a word.

    `source` says who judged (``nvd``, ``ghsa``, ``CISA-ADP`` ...); `score` from 0 to 10 is the source's own, -1 for
    none; `level` the source's own word, UNKNOWN for none.
    """

    source: str
    vector: str = ""
    score: float = -1.0
    level: Level = Level.UNKNOWN


TAGS = "tags"
"""The `Affected.channel` of versions that break their ecosystem's conventions, as tags of Go's programs may."""


class Affected(NamedTuple):
    """The versions of one package that have the problem.

    `ecosystem` is an OSV ecosystem name with its release (``PyPI``, ``Debian:12``, ``AlmaLinux:9``, ``Alpine:3.20``,
    ``Ubuntu:22.04``), or ``cpe`` (``jvm`` for Java runtimes) with ``a:vendor:product`` as `name`. `name` is written as
    the source does; operating systems name the source package unless `binary`. `intervals` and `versions` (exact ones)
    are united.

    `fixed` are the first versions with the fix, `state` what the source says about the rest. With
    `FixState.NOT_AFFECTED` the source says that the versions named (all, where none are) do not have the problem.
    `module` is an rpm module and stream (``nodejs:18``), `channel` a channel of support in which the fix comes
    (``esm-apps``, ``eus``), or `TAGS`, `arch` architectures, `repository` a third-party repository or GIT URL,
    `platform` what a CPE demands as target software; `note` is a remark of the source about this package (``ignored:
    end of life``).
    `symbols` are the functions and import paths that have it.

    `requirements` are affected versions in the requirement language of the ecosystem, `patched` those that are not
    affected (everything else is); None where the source does not say it that way.
    """

    ecosystem: str
    name: str
    intervals: tuple[Interval, ...] = ()
    versions: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    state: FixState = FixState.UNKNOWN
    binary: bool = False
    module: str = ""
    channel: str = ""
    arch: tuple[str, ...] = ()
    repository: str = ""
    platform: str = ""
    note: str = ""
    severities: tuple[Severity, ...] = ()
    symbols: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    patched: tuple[str, ...] | None = None


class Reference(NamedTuple):
    """Where to read more; `type` is OSV's (``ADVISORY``, ``FIX``, ``WEB`` ...)."""

    url: str
    type: str = "WEB"


class Advisory(NamedTuple):
    """What a source says about one problem.

    `aliases` are other ids of the same problem; `upstream` are the vulnerabilities that an advisory of a distribution
    deals with (each is a problem of its own); `related` only resemble it. Dates are RFC 3339 or ``YYYY-MM-DD`` as in
    the source, empty for none; `withdrawn` is the date or the reason.
    """

    id: str
    aliases: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    kind: Kind = Kind.VULNERABILITY
    published: str = ""
    modified: str = ""
    withdrawn: str = ""
    summary: str = ""
    severities: tuple[Severity, ...] = ()
    weaknesses: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    affected: tuple[Affected, ...] = ()


class Exploited(NamedTuple):
    """An entry of a catalogue of known exploited vulnerabilities; `ransomware`: known to be used in such campaigns."""

    added: str = ""
    due: str = ""
    ransomware: bool = False
    name: str = ""


class Likelihood(NamedTuple):
    """EPSS: the probability of exploitation in the next 30 days, its percentile (both 0 to 1), and the model's day."""

    probability: float
    percentile: float = 0.0
    day: str = ""


class Enrichment(NamedTuple):
    """Facts about a vulnerability (`id`: ``CVE-...``) that name no package.

    `ssvc` are decision points and their values (``("Exploitation", "active")``); `rejected` is the reason why the id is
    no vulnerability.
    """

    id: str
    severities: tuple[Severity, ...] = ()
    weaknesses: tuple[str, ...] = ()
    exploited: Exploited | None = None
    likelihood: Likelihood | None = None
    ssvc: tuple[tuple[str, str], ...] = ()
    rejected: str = ""
    published: str = ""
    modified: str = ""
    summary: str = ""
    aliases: tuple[str, ...] = ()


class Release(NamedTuple):
    """How long a release of a system is maintained; dates ``YYYY-MM-DD``, or ``true``/``false`` as the source has it.

    `product` is the ``ID`` of os-release (``debian``, ``alpine``, ``almalinux`` ...), `cycle` its version (``12``,
    ``3.20``). `support` ends active support, `end` all free support, `extended` what is paid for.
    """

    product: str
    cycle: str
    released: str = ""
    support: str = ""
    end: str = ""
    extended: str = ""
    codename: str = ""


Record = Advisory | Enrichment | Release
