"""assay's own policies out of their objects: strictly, so that a field that is not known is refused and named."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from assay.engines.policy.native.description import API_VERSION, DENIED, KINDS, whole
from assay.engines.policy.shape import duration, moment
from assay.errors import AssayError, Malformed
from assay.formats import digest as digests
from assay.formats.manifest import Manifest
from assay.model.assay_policy import (
    AssayException,
    AssayPolicy,
    BreakGlass,
    Condition,
    FindingsFrom,
    Gate,
    Hold,
    Scope,
    Signer,
    Stage,
    Tolerance,
    WantedAttestation,
    WantedLevel,
    WantedProvenance,
    WantedSbom,
)
from assay.model.digest import Digest
from assay.model.image_policy import Authority, KeylessIdentity, SignatureForm
from assay.model.policy import Action, Object

_ACTIONS = {"audit": Action.AUDIT, "warn": Action.WARN, "enforce": Action.DENY}
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


def is_native(item: Object) -> bool:
    """Whether an object is one of ours, of whatever version."""
    return str(item.get("apiVersion", "")).startswith("assay.dev/")


def checked(manifest: Manifest) -> tuple[str, str, Object]:
    """Kind, name and ``spec`` of an object; raises `Malformed` with file, line and field for what does not fit."""
    item: Object = manifest.object
    kind = item.get("kind")
    if not isinstance(kind, str) or kind not in KINDS or item.get("apiVersion") != API_VERSION:
        what = f"{manifest.place}: {item.get('apiVersion')}, {kind} is not known"
        raise Malformed(what, f"there are {', '.join(KINDS)} of {API_VERSION}")
    try:
        whole(kind).check(item, kind)
        name = _name(item["metadata"])
        spec: Object = item["spec"]
    except AssayError as error:
        raise Malformed(f"{manifest.place}: {error.what}", error.remedy) from error
    return kind, name, spec


def _name(metadata: Object) -> str:
    name = metadata.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Malformed(f"metadata.name is {name!r:.80}, no name of an object", "small letters, digits and dashes")
    return name


def policy(manifest: Manifest) -> AssayPolicy:
    """An AssayPolicy; raises `Malformed`."""
    _, name, spec = checked(manifest)
    try:
        return _policy(name, manifest.place, spec)
    except AssayError as error:
        raise Malformed(f"{manifest.place}: AssayPolicy {name}: {error.what}", error.remedy) from error


def _policy(name: str, place: str, spec: Object) -> AssayPolicy:
    signers = {key: _signer(key, value) for key, value in spec.get("signers", {}).items()}
    pin = spec.get("digests", {}).get("pin", False)
    on_error = _ACTIONS[spec.get("onError", "enforce")]
    found = AssayPolicy(
        name,
        place,
        _scope(spec),
        signers,
        _texts(spec, "signedBy"),
        tuple(_attestation(item, number) for number, item in enumerate(spec.get("attestations", ()))),
        _sbom(spec.get("sbom")),
        _tolerance(spec.get("vulnerabilities")),
        _provenance(spec.get("provenance")),
        _level(spec.get("slsa")),
        pin,
        spec.get("digests", {}).get("require", pin),
        _texts(spec, "registries"),
        _conditions(spec),
        _ACTIONS[spec.get("action", "audit")],
        _rollout(spec.get("rollout", {})),
        on_error,
        _ACTIONS[spec["onTimeout"]] if "onTimeout" in spec else on_error,
        _duration(spec, "staleIfError") or timedelta(),
        spec.get("onRevocation") == "deny",
        _hold(spec.get("rollout", {}).get("hold")),
        _demands(spec),
    )
    _names_are_known(found)
    return found


def _names_are_known(found: AssayPolicy) -> None:
    """Whoever must have signed something is one of the signers, and somebody asks for something."""
    parts = (found.sbom, found.vulnerabilities, found.provenance, found.slsa, *found.attestations)
    asked = [*found.signed_by, *(name for part in parts if part is not None for name in part.by)]
    asked += found.vulnerabilities.vex_by if found.vulnerabilities is not None else ()
    for name in asked:
        if name not in found.signers:
            known = ", ".join(sorted(found.signers)) or "none"
            raise Malformed(f"there is no signer {name!r}", f"name one of spec.signers; there are: {known}")
    demands = (*asked, *parts, found.registries, found.conditions)
    if not any(demands) and not found.pin and not found.digest_required:
        raise Malformed("it demands nothing", "add signedBy, registries, digests or another demand")


def _scope(spec: Object) -> Scope:
    images, workloads = spec.get("images", {}), spec.get("workloads", {})
    return Scope(
        _texts(images, "include"),
        _texts(images, "exclude"),
        _texts(workloads, "kinds"),
        _texts(workloads, "namespaces"),
        _texts(workloads, "excludedNamespaces"),
        workloads.get("selector"),
        workloads.get("namespaceSelector"),
        _texts(workloads, "operations") or ("CREATE", "UPDATE"),
    )


def _signer(name: str, item: Object) -> Signer:
    base = _base(item)
    trusted = {key: value for key, value in base.items() if value}
    parts = [Authority(name=name, identities=(_identity(one, name),), **trusted) for one in item.get("identities", ())]
    without_roots = {key: value for key, value in trusted.items() if key != "roots"}
    parts += [Authority(name=name, key=text, **without_roots) for text in item.get("keys", ())]
    parts += [
        Authority(name=name, certificate=one["certificate"], chain=one.get("chain", ""), **without_roots)
        for one in item.get("certificates", ())
    ]
    if not parts:
        raise Malformed(f"the signer {name} has no identity, key or certificate", "say who it is")
    need = item.get("require", "any")
    count = len(parts) if need == "all" else 1 if need == "any" else int(need)
    if count > len(parts):
        raise Malformed(f"the signer {name} requires {count} of {len(parts)}", "lower `require`, or name more")
    return Signer(name, tuple(parts), count)


def _base(item: Object) -> dict[str, Any]:
    trust = item.get("trust", {})
    return {
        "trust_root": trust.get("root", ""),
        "roots": trust.get("roots", ""),
        "rekor_key": trust.get("rekorKey", ""),
        "ct_key": trust.get("ctKey", ""),
        "tsa_chain": trust.get("tsaChain", ""),
        "ignore_log": trust.get("ignoreLog", False),
        "ignore_sct": trust.get("ignoreSct", False),
        "annotations": item.get("annotations", {}),
        "repository": item.get("repository", ""),
        "tag_prefix": item.get("tagPrefix", ""),
        "form": SignatureForm(item.get("form", "any")),
    }


def _identity(item: Object, name: str) -> KeylessIdentity:
    subject, subject_regexp = _one_of(item, "identity", name)
    issuer, issuer_regexp = _one_of(item, "issuer", name)
    return KeylessIdentity(issuer, issuer_regexp, subject, subject_regexp, extensions=item.get("claims", {}))


def _one_of(item: Object, word: str, signer: str) -> tuple[str, str]:
    """A name exactly, or the regular expression that its glob or regular expression means."""
    found = [(way, item[word + way]) for way in ("", "Glob", "Regexp") if item.get(word + way)]
    if len(found) != 1:
        what = f"an identity of the signer {signer} has {len(found)} of {word}, {word}Glob and {word}Regexp"
        raise Malformed(what, "an identity is one name and one issuer")
    way, text = found[0]
    if way == "":
        return text, ""
    return "", f"^{glob(text)}$" if way == "Glob" else f"^(?:{text})$"


def glob(text: str) -> str:
    """A glob as a regular expression of RE2: ``*`` stops at ``/``, ``**`` crosses it."""
    kinds = {"**": "(?s:.*)", "*": "[^/]*", "?": "[^/]"}
    return "".join(kinds.get(part) or re.escape(part) for part in re.split(r"(\*\*|\*|\?)", text))


def _attestation(item: Object, number: int) -> WantedAttestation:
    name = item.get("name") or f"attestations[{number}]"
    return WantedAttestation(name, item["type"], _texts(item, "by"), _duration(item, "youngerThan"), _conditions(item))


def _conditions(item: Object) -> tuple[Condition, ...]:
    return tuple(Condition(one["expression"], one.get("message", "")) for one in item.get("conditions", ()))


def _sbom(item: Object | None) -> WantedSbom | None:
    return None if item is None else WantedSbom(_texts(item, "by"), item.get("complete", False))


def _tolerance(item: Object | None) -> Tolerance | None:
    if item is None:
        return None
    source = FindingsFrom(item["from"])
    deny = tuple(word.lower() if word.lower() in DENIED else word for word in item.get("deny", ("critical", "kev")))
    for word in deny:
        if word not in DENIED and "-" not in word:
            raise Malformed(f"vulnerabilities.deny has {word!r}", f"there are {', '.join(DENIED)}, and ids")
    if source is not FindingsFrom.OWN_SCAN and not item.get("by"):
        raise Malformed(f"vulnerabilities.by is missing for {source}", "name the signers of what is attested")
    if source is not FindingsFrom.ATTESTED_SCAN and "youngerThan" in item:
        raise Malformed(f"vulnerabilities.youngerThan means nothing for {source}", "it has maxDataAge")
    return Tolerance(
        source,
        _texts(item, "by"),
        _duration(item, "youngerThan"),
        deny,
        _texts(item, "ignore"),
        _texts(item, "vexBy"),
        _duration(item, "maxDataAge"),
    )


def _provenance(item: Object | None) -> WantedProvenance | None:
    if item is None:
        return None
    source = item["source"].removeprefix("git+").removeprefix("https://")
    words = ("builder", "branch", "tag", "versionedTag")
    return WantedProvenance(_texts(item, "by"), source, *(item.get(word, "") for word in words))


def _level(item: Object | None) -> WantedLevel | None:
    if item is None:
        return None
    return WantedLevel(_texts(item, "by"), item["level"], item["verifier"], item.get("track", "BUILD"))


_NO_DEMANDS = ("description", "action", "rollout", "onError", "onTimeout", "onRevocation")


def _demands(spec: Object) -> str:
    rest = {key: value for key, value in spec.items() if key not in _NO_DEMANDS}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _rollout(item: Object) -> tuple[Stage, ...]:
    gates = _gates(item)
    return (*(_stage(one, gates) for one in item.get("stages", ())), _stage(item, gates))


def _stage(item: Object, gates: tuple[Gate, ...]) -> Stage:
    until = moment(item["auditUntil"], "auditUntil") if "auditUntil" in item else None
    grace = _duration(item, "grace") or timedelta()
    own = _gates(item) if "gates" in item else gates
    return Stage(until, grace, _texts(item, "namespaces"), item.get("percent", 100), own, _hold(item.get("forced")))


def _gates(item: Object) -> tuple[Gate, ...]:
    return tuple(Gate(duration(one["noNewViolationFor"], "noNewViolationFor")) for one in item.get("gates", ()))


def _hold(item: Object | None) -> Hold | None:
    return None if item is None else Hold(moment(item["since"], "since"), item["reason"])


def exception(manifest: Manifest) -> AssayException:
    """An AssayException; raises `Malformed`."""
    _, name, spec = checked(manifest)
    if not spec.get("images") and not spec.get("vulnerabilities"):
        what = f"{manifest.place}: AssayException {name} is bound to no image and no vulnerability"
        raise Malformed(what, "name digests in spec.images, or ids in spec.vulnerabilities")
    return AssayException(
        name,
        _texts(spec, "policies"),
        spec["reason"],
        spec["approver"],
        moment(spec["expires"], "spec.expires"),
        _texts(spec, "checks"),
        tuple(_digest(text, f"{manifest.place}: AssayException {name}") for text in spec.get("images", ())),
        _texts(spec, "vulnerabilities"),
        _texts(spec, "namespaces"),
        spec.get("ticket", ""),
    )


def break_glass(manifest: Manifest) -> BreakGlass:
    """A BreakGlass, whose signature is still to be verified; raises `Malformed`."""
    _, name, spec = checked(manifest)
    image = _digest(spec["image"], f"{manifest.place}: BreakGlass {name}")
    until: datetime = moment(spec["until"], "spec.until")
    return BreakGlass(name, image, spec["reason"], until, spec["bundle"], _texts(spec, "namespaces"))


def _digest(text: str, place: str) -> Digest:
    found = digests.find(text.rpartition("@")[2])
    if found is None or ":" not in text:
        raise Malformed(f"{place}: {text[:100]!r} names no digest", "write sha256:... or HOST/NAME@sha256:...")
    return found


def _texts(item: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(item.get(name, ()))


def _duration(item: Mapping[str, Any], name: str) -> timedelta | None:
    return duration(item[name], name) if name in item else None
