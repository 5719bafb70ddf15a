"""The demands of a policy on one image, a function each: what was found in words, or `Fault`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from assay.engines.policy.native import asking as types
from assay.engines.policy.native.asking import Asking
from assay.engines.policy.native.conditions import Compiled
from assay.engines.policy.native.faults import Fault
from assay.engines.policy.world import ImageFacts
from assay.errors import AssayError, ExternalError, Refused
from assay.formats import intoto, json_bytes, sbom_document
from assay.formats.json import as_list, as_object, as_text
from assay.model.advisory import Level
from assay.model.assay_policy import FindingsFrom, Tolerance, WantedAttestation
from assay.model.image_flaws import Assessment, Flaw
from assay.model.image_policy import ImageAttestation
from assay.model.policy import Object
from assay.model.sbom import Completeness, Sbom

LEVELS = {"low": 1, "medium": 2, "high": 3, "critical": 4}
_RANK = {Level.LOW: 1, Level.MEDIUM: 2, Level.HIGH: 3, Level.CRITICAL: 4}
_INCOMPLETE = frozenset(
    item
    for item in Completeness
    if item not in (Completeness.COMPLETE, Completeness.UNKNOWN, Completeness.NOT_SPECIFIED)
)
MAX_TOLD = 5


def signed_by(asking: Asking, names: Sequence[str]) -> str:
    """All of these signers signed the image."""
    return "; ".join(f"{name}: {asking.signatures(name)}" for name in names)


def attested(asking: Asking, wanted: WantedAttestation, conditions: Sequence[Compiled]) -> str:
    """There is an attestation of the type, young enough, for which the conditions hold."""
    reason: AssayError | None = None
    for item in asking.attestations(wanted.by, intoto.wanted(wanted.type)):
        try:
            if wanted.younger_than is not None:
                young(item.signature.signed, wanted.younger_than, asking.now, "the attestation was signed")
            _holds(item, conditions, asking)
        except Refused as error:
            reason = reason or error
            continue
        return f"{item.statement.get('predicateType')} by {item.signature.identity}"
    raise reason or Fault("no attestation", wanted.type, "assay attest")


def _holds(item: ImageAttestation, conditions: Sequence[Compiled], asking: Asking) -> None:
    signed = [item.signature.signed.isoformat()] if item.signature.signed is not None else []
    image = {"reference": asking.text, "digest": str(item.signature.image)}
    data = {
        "predicate": item.statement.get("predicate"),
        "statement": item.statement,
        "image": image,
        "signed": signed,
    }
    for condition in conditions:
        try:
            condition.check(data, asking.now)
        except Refused as error:
            raise Fault(error.what, condition.condition.expression[:200], "attest again what holds") from error


def young(moment: datetime | None, most: timedelta, now: datetime, what: str) -> None:
    """Raise `Fault` for a time that is too long ago, in the future or not known."""
    if moment is None:
        raise Fault(f"nobody vouches for when {what}", f"at most {_said(most)} ago", "sign with a log or timestamps")
    if moment > now:
        raise Fault(
            f"{what} in the future, at {moment:%Y-%m-%d %H:%M} UTC", f"at most {_said(most)} ago", "mend the clock"
        )
    if now - moment > most:
        raise Fault(f"{what} {_said(now - moment)} ago", f"at most {_said(most)} ago", "scan and attest again")


def _said(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} hours" if hours >= 1 else f"{int(span.total_seconds() // 60)} minutes"


def has_sbom(asking: Asking, by: Sequence[str], *, complete: bool) -> str:
    """An SBOM is attested; `complete` wants components, a version of each, and nothing said to be missing."""
    found = asking.attestations(by, types.SBOM_TYPES)
    if not complete:
        return f"SBOM by {found[0].signature.identity}"
    reason: Refused | None = None
    for item in found:
        try:
            sbom = read_sbom(item.statement)
            _whole(sbom)
        except Refused as error:
            reason = reason or error
            continue
        return f"SBOM of {len(sbom.components)} components by {item.signature.identity}"
    raise reason or Fault("no SBOM", "an SBOM", "assay attest")


def read_sbom(statement: Object) -> Sbom:
    """The SBOM in a statement; raises `Fault` for what is none."""
    predicate = statement.get("predicate")
    inner = as_object(predicate).get("Data", predicate)
    data = inner.encode() if isinstance(inner, str) else json_bytes.encode(inner)
    try:
        return sbom_document.read(data)
    except AssayError as error:
        raise Fault(
            f"the attested SBOM cannot be read: {error.what}", "CycloneDX or SPDX", "assay sbom IMAGE"
        ) from error


def _whole(sbom: Sbom) -> None:
    wanted, mend = "a complete SBOM", "assay sbom IMAGE -o cyclonedx-json, and attest that"
    if not sbom.components:
        raise Fault("the attested SBOM has no components", wanted, mend)
    if sbom.completeness in _INCOMPLETE:
        raise Fault(f"the attested SBOM says that it is {sbom.completeness}", wanted, mend)
    if sbom.skipped:
        raise Fault(f"the attested SBOM leaves out {len(sbom.skipped)} files", wanted, mend)
    nameless = [item.name or item.id for item in sbom.components if not item.version and item.purl is not None]
    if nameless:
        raise Fault(f"the attested SBOM gives no version of {len(nameless)} components ({nameless[0]})", wanted, mend)


def tolerable(asking: Asking, wanted: Tolerance, facts: ImageFacts | None, excused: frozenset[str]) -> str:
    """Nothing is found that the policy does not tolerate; `excused` are ids of exceptions."""
    if facts is None:
        raise ExternalError("there is no advisory data here to judge vulnerabilities by", "assay db update")
    vex = _vex(asking, wanted.vex_by)
    found = _assessed(asking, wanted, facts, vex)
    ignored = excused | {name.upper() for name in wanted.ignore}
    bad = [(flaw, why) for flaw in found.flaws if (why := _why(flaw, wanted.deny, ignored))]
    source = f"{found.scanner or wanted.source}{f', data of {found.data_day}' if found.data_day else ''}"
    asking.evidence.append(f"{len(found.flaws)} findings by {source}")
    if bad:
        shown = "; ".join(f"{flaw.name} ({why})" for flaw, why in bad[:MAX_TOLD])
        more = f" and {len(bad) - MAX_TOLD} more" if len(bad) > MAX_TOLD else ""
        fixes = [f"{flaw.component} to {flaw.fixed[0]}" for flaw, _ in bad if flaw.fixed]
        mend = f"update {fixes[0]}" if fixes else "assay scan IMAGE".replace("IMAGE", asking.text)
        raise Fault(f"{shown}{more}, by {source}", f"none of {', '.join(wanted.deny)}", mend)
    return f"{len(found.flaws)} findings by {source}, none of them refused"


def _vex(asking: Asking, by: Sequence[str]) -> list[Object]:
    """Attested OpenVEX documents; that there is none is no fault."""
    found = []
    for name in by:
        try:
            items = asking.attestations((name,), types.VEX_TYPES)
        except Refused:
            continue
        found += [as_object(item.statement.get("predicate")) for item in items]
    return found


def _assessed(asking: Asking, wanted: Tolerance, facts: ImageFacts, vex: Sequence[Object]) -> Assessment:
    if wanted.source is FindingsFrom.OWN_SCAN:
        return _fresh(facts.inspected(asking.reference, vex), wanted, asking.now)
    if wanted.source is FindingsFrom.ATTESTED_SBOM:
        newest = asking.attestations(wanted.by, types.SBOM_TYPES)[0]
        return _fresh(facts.matched(newest, vex), wanted, asking.now)
    newest = asking.attestations(wanted.by, types.SCAN_TYPES)[0]
    found = facts.scanned(newest, vex)
    if wanted.younger_than is not None:
        young(_scanned(found, newest, asking), wanted.younger_than, asking.now, "the image was scanned")
    return found


def _scanned(found: Assessment, item: ImageAttestation, asking: Asking) -> datetime | None:
    """The earlier of the end of the scan and the verified time of signing.

    Where nobody vouches for the signing it is unknown, unless the policy wants no log for any of the signers.
    """
    if found.ended is None:
        return None
    if item.signature.signed is not None:
        return min(found.ended, item.signature.signed) if found.ended <= asking.now else found.ended
    wanted = asking.policy.vulnerabilities
    names = wanted.by if wanted is not None else ()
    without = all(part.ignore_log for name in names for part in asking.policy.signers[name].authorities)
    return found.ended if without else None


def _fresh(found: Assessment, wanted: Tolerance, now: datetime) -> Assessment:
    if wanted.max_data_age is None:
        return found
    day = datetime.fromisoformat(f"{found.data_day[:10]}T00:00:00+00:00") if found.data_day else None
    if day is None or now - day > wanted.max_data_age:
        told = f"the advisory data is of {found.data_day or 'no known day'}"
        raise ExternalError(f"{told}, wanted is at most {_said(wanted.max_data_age)} old", "assay db update")
    return found


def _why(flaw: Flaw, deny: Sequence[str], ignored: frozenset[str]) -> str:
    """Which word or id of the policy a flaw meets; empty where it is tolerated."""
    names = {name.upper() for name in flaw.ids}
    if flaw.malicious and not names & ignored:
        return "malicious"
    if flaw.excused or names & ignored:
        return ""
    for word in deny:
        if word in LEVELS and _RANK.get(flaw.level, 0) >= LEVELS[word]:
            return str(flaw.level)
        if word == "kev" and flaw.exploited:
            return "known to be exploited"
        if word == "kev" and flaw.exploited is None and _RANK.get(flaw.level, 0) >= LEVELS["high"]:
            return "whether it is exploited, this scan cannot tell"
        if word == "fixable" and flaw.fixed:
            return "has a fix"
        if word.upper() in names:
            return "named by the policy"
    return ""


def reaches(asking: Asking, by: Sequence[str], track: str, level: int, verifier: str) -> str:
    """A verification summary of that verifier says that the level was reached."""
    reasons: list[Refused] = []
    for item in asking.attestations(by, types.SUMMARY_TYPES):
        predicate = as_object(item.statement.get("predicate"))
        try:
            return _summary(predicate, track, level, verifier)
        except Fault as error:
            reasons.append(error)
    raise reasons[0]


def _summary(predicate: Object, track: str, level: int, verifier: str) -> str:
    who = as_text(as_object(predicate.get("verifier")).get("id"))
    result = as_text(predicate.get("verificationResult"))
    wanted, mend = f"SLSA_{track}_LEVEL_{level} of {verifier}", "have the image verified again"
    if who != verifier:
        raise Fault(f"the summary is of {who or 'nobody'}", wanted, mend)
    if result != "PASSED":
        raise Fault(f"the summary's result is {result or 'missing'}", wanted, mend)
    prefix = f"SLSA_{track}_LEVEL_"
    levels = [as_text(item) for item in as_list(predicate.get("verifiedLevels"))]
    reached = [
        int(item.removeprefix(prefix))
        for item in levels
        if item.removeprefix(prefix).isdecimal() and item.startswith(prefix)
    ]
    if max(reached, default=-1) < level:
        raise Fault(f"the summary says {', '.join(levels) or 'no level'}", wanted, mend)
    return f"SLSA_{track}_LEVEL_{max(reached)} by {who}"


def built(asking: Asking, facts: ImageFacts | None) -> str:
    """Provenance says that it was built from the wanted source by the wanted builder."""
    wanted = asking.policy.provenance
    assert wanted is not None
    if facts is None:
        raise ExternalError("provenance cannot be judged here")
    reasons: list[Refused] = []
    for item in asking.attestations(wanted.by, types.PROVENANCE_TYPES):
        try:
            return f"built by {facts.built(item, wanted)} from {wanted.source}"
        except Refused as error:
            reasons.append(error)
    wished = f"built from {wanted.source} by {wanted.builder or 'a trusted builder'}"
    raise Fault(reasons[0].what, wished, reasons[0].remedy or "build the image there, and attest its provenance")
