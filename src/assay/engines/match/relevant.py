"""Which claims really concern a component, beyond name and version: role, module stream, architecture, platform.

**Modules** (rpm). One advisory lists the fix of every stream under one name: nodejs 12.22.5 and 14.17.5, both
``.module_el8…``. A modular fix only concerns modular packages and the other way round; of several modular fixes the
ones of the installed stream count (the longest common beginning of the upstream version tells it where no label
does), and who has the lowest of these has the fix: higher ones are later rebuilds for newer minor releases.

**Channels of extended support** (Red Hat's EUS, AUS, E4S ...). A fix for 8.6 EUS (``.el8_6``) has a lower version than
the fix in 8.9, and counts for who has a package of 8.6 only; everybody else is told of the fix in the main channel.
Ubuntu's fixes for ESM and Pro (``+esm1``) come where the release itself gets none any more: who has one has the fix.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from assay.engines.match import go_tags
from assay.engines.match.questions import Asked
from assay.model.advisory import TAGS, FixState
from assay.model.advisory_store import Claim
from assay.model.component import Component

_MODULAR = (".module_", ".module+")


def _is_modular(version: str) -> bool:
    return ".module" in version and any(mark in version for mark in _MODULAR)


def relevant(claims: Iterable[Claim], asked: Sequence[Asked], components: Sequence[Component]) -> list[Claim]:
    """The claims that concern their component; those about modules are narrowed to the installed stream."""
    modular: dict[tuple[int, str, int], list[Claim]] = defaultdict(list)
    channels: dict[tuple[int, str, int], list[Claim]] = defaultdict(list)
    plain = []
    for claim in claims:
        about = asked[claim.question]
        if quiet(claim) or not concerns(claim, about, components):
            continue
        if _is_modular(claim.interval.high):
            modular[claim.question, claim.feed, claim.advisory].append(claim)
        elif about.question.ecosystem.startswith(_WITH_CHANNELS):
            channels[claim.question, claim.feed, claim.advisory].append(claim)
        elif claim.inside:
            plain.append(claim)
    for group in modular.values():
        plain += _of_stream(asked[group[0].question].question.version, group)
    for group in channels.values():
        question = asked[group[0].question].question
        is_ubuntu = question.ecosystem.startswith(_UBUNTU)
        plain += _of_pocket(group) if is_ubuntu else _of_channel(question.version, group)
    return plain


_UBUNTU = "Ubuntu:"
_WITH_CHANNELS = ("Red Hat:", _UBUNTU)
_MINOR = re.compile(r"\.el(\d+_\d+)")


def _of_channel(version: str, group: Sequence[Claim]) -> list[Claim]:
    """The claims of the channel that the installed package is from; those of the main channel where none is."""
    minor = _minor(version)
    same = [claim for claim in group if minor and _minor(claim.interval.high) == minor]
    main = [claim for claim in group if not claim.channel]
    return [claim for claim in same or main or group if claim.inside]


def _of_pocket(group: Sequence[Claim]) -> list[Claim]:
    """What holds of a package of Ubuntu; that the release gets no fix says nothing of one that has ESM's."""
    mended = any(claim.channel and claim.interval.high and not claim.inside for claim in group)
    return [claim for claim in group if claim.inside and (claim.channel or claim.interval.high or not mended)]


def _minor(version: str) -> str:
    match = _MINOR.search(version)
    return match[1] if match else ""


def quiet(claim: Claim) -> bool:
    """Whether a claim makes no finding by itself."""
    return claim.withdrawn or claim.informational or claim.state is _NOT_AFFECTED


_NOT_AFFECTED = FixState.NOT_AFFECTED


def concerns(claim: Claim, asked: Asked, components: Sequence[Component]) -> bool:
    """Whether a claim is about this kind of package at all: its role, platform, architecture, module stream."""
    if not (asked.binary if claim.binary else asked.source):
        return False
    component = components[asked.component]
    if asked.unversioned and not about_all(claim):
        return False
    if claim.channel == TAGS and not go_tags.is_tag(asked.question.name, asked.question.version):
        return False
    if asked.by_cpe and claim.platform and claim.platform not in _ANY_PLATFORM:
        return False
    if claim.arch and not _same_architecture(claim.arch, component):
        return False
    if claim.module and (label := stream(component)):
        return f"{label}:".startswith(f"{claim.module}:")
    if not claim.binary:
        return True
    fixed, version = claim.interval.high, asked.question.version
    if fixed and _release(fixed) and _release(version):
        return (_is_modular(version) or bool(stream(component))) == _is_modular(fixed)
    return True


def about_all(claim: Claim) -> bool:
    """Whether a claim holds every version."""
    return not claim.listed and not claim.interval.high and claim.interval.low in _BEGINNINGS


_BEGINNINGS = frozenset(("", "0", "0.0.0", "0.0.0-0"))
_ANY_PLATFORM = frozenset(("*", "-", "linux", "linux_kernel"))


def _release(version: str) -> str:
    return version.partition("-")[2]


def _same_architecture(wanted: Sequence[str], component: Component) -> bool:
    arch = component.purl.qualifier("arch") if component.purl is not None else ""
    return not arch or arch in wanted or arch in ("all", "noarch")


def stream(component: Component) -> str:
    """The module and stream that a package is of (``nodejs:16:8060020220523160029:ad008a3a``); empty where nobody says.

    Other tools tell it in the purl (``rpmmod``), or in a property of the component.
    """
    told = next((fact.value for fact in component.properties if fact.name in _STREAM_FACTS and fact.value), "")
    return told or (component.purl.qualifier("rpmmod") if component.purl is not None else "")


_STREAM_FACTS = (
    "assay:rpm:modularity-label",
    "syft:metadata:modularityLabel",
    "aquasecurity:trivy:Modularitylabel",
)
"""Our name of the tag of the rpm header, and those of Syft and Trivy in CycloneDX."""


def _of_stream(version: str, group: Sequence[Claim]) -> list[Claim]:
    """The claims of the installed stream, or none when the lowest fix of it is there."""
    common = [_common(version, claim.interval.high) for claim in group]
    stream = [claim for claim, count in zip(group, common, strict=True) if count == max(common)]
    return stream if all(claim.inside for claim in stream) else []


def _common(version: str, other: str) -> int:
    """How many leading numbers of the upstream versions agree, at most three."""
    ours, theirs = _numbers(version), _numbers(other)
    count = 0
    for mine, foreign in zip(ours, theirs, strict=False):
        if mine != foreign:
            break
        count += 1
    return min(count, 3)


def _numbers(version: str) -> list[str]:
    upstream = version.rpartition(":")[2].partition("-")[0]
    return upstream.split(".")


def by_component(claims: Iterable[Claim], asked: Sequence[Asked]) -> Mapping[int, list[Claim]]:
    """The claims by the component they are about."""
    result: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        result[asked[claim.question].component].append(claim)
    return result
