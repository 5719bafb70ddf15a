"""ClusterImagePolicy and TrustRoot out of their objects; what cannot be evaluated is refused with file and field."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assay.engines.policy.native.conditions import STATEMENT, Compiled
from assay.engines.policy.policy_controller.description import GROUP, KINDS, VERSIONS, whole
from assay.engines.policy.policy_controller.judging import CelJudge, Judge, RegoJudge
from assay.engines.policy.rego import compiling
from assay.engines.policy.rego.source import Module, Source
from assay.errors import AssayError, Malformed
from assay.formats import pem
from assay.formats.manifest import Manifest
from assay.model.assay_policy import Condition
from assay.model.image_policy import Authority, KeylessIdentity, SignatureForm
from assay.model.policy import Action, Object
from assay.model.trusted_root import Authority as Issuer
from assay.model.trusted_root import Log, TrustedRoot
from assay.trust import keys

_GLOB = re.compile(r"[a-zA-Z0-9\-_:/*.]+")
RESULT = ("authorityMatches", "config", "spec", "metadata", "typemeta")
"""What a CEL policy of a whole ClusterImagePolicy sees."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """An attestation that an authority must have made, and what must hold for it."""

    name: str
    predicate_type: str
    judge: Judge | None = None


@dataclass(frozen=True, slots=True)
class CipAuthority:
    """One way to meet a policy: any of `ways` (a key or source each), or the `static` answer."""

    name: str
    ways: tuple[Authority, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    static: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class ClusterImagePolicy:
    """A policy as it is evaluated."""

    name: str
    globs: tuple[str, ...]
    authorities: tuple[CipAuthority, ...]
    match: tuple[Object, ...] = ()
    judge: Judge | None = None
    include: Object | None = None
    action: Action = Action.DENY


def is_ours(item: Object) -> bool:
    """Whether an object is one of policy-controller's."""
    return str(item.get("apiVersion", "")).startswith(f"{GROUP}/")


def checked(manifest: Manifest) -> tuple[str, str, Object]:
    """Kind, name and ``spec``; raises `Malformed` with file, line and field."""
    item: Object = manifest.object
    kind = str(item.get("kind"))
    version = str(item.get("apiVersion")).partition("/")[2]
    if kind not in KINDS or version not in VERSIONS:
        what = f"{manifest.place}: {item.get('apiVersion')}, {kind} is not known"
        raise Malformed(what, f"there are {', '.join(KINDS)} of {GROUP}/{' and '.join(VERSIONS)}")
    try:
        whole(KINDS[kind]).check(item, kind)
    except AssayError as error:
        raise Malformed(f"{manifest.place}: {error.what}", error.remedy) from error
    spec: Object = item["spec"]
    return kind, str(item["metadata"].get("name", "")), spec


def policy(manifest: Manifest) -> ClusterImagePolicy:
    """A ClusterImagePolicy; raises `Malformed`."""
    _, name, spec = checked(manifest)
    try:
        return _policy(name, spec)
    except AssayError as error:
        raise Malformed(f"{manifest.place}: ClusterImagePolicy {name}: {error.what}", error.remedy) from error


def _policy(name: str, spec: Object) -> ClusterImagePolicy:
    globs = tuple(item["glob"] for item in spec["images"])
    for text in globs:
        if not _GLOB.fullmatch(text):
            raise Malformed(f"spec.images has the glob {text!r:.100}", "letters, digits and -_:/*. make a glob")
    authorities = tuple(
        _authority(item, f"authority-{number}") for number, item in enumerate(spec.get("authorities", ()))
    )
    if not authorities:
        raise Malformed("spec.authorities is empty", "say who must have signed")
    own = spec.get("policy")
    action = Action.WARN if spec.get("mode") == "warn" else Action.DENY
    judge = _judge(own, "spec.policy", RESULT) if own else None
    return ClusterImagePolicy(name, globs, authorities, tuple(spec.get("match", ())), judge, own, action)


def _authority(item: Object, default: str) -> CipAuthority:
    name = item.get("name") or default
    attestations = tuple(
        Attestation(one["name"], one["predicateType"], _judge(one.get("policy"), f"{name}.{one['name']}", STATEMENT))
        for one in item.get("attestations", ())
    )
    if "static" in item:
        return CipAuthority(name, static=item["static"]["action"], message=item["static"].get("message", ""))
    ways = tuple(_ways(item, name))
    if not ways:
        raise Malformed(f"the authority {name} has no key, keyless or static", "say who must have signed")
    return CipAuthority(name, ways, attestations)


def _ways(item: Object, name: str) -> Iterator[Authority]:
    """Each key from each source."""
    shared = _shared(item)
    for place in item.get("source") or [{}]:
        if place.get("signaturePullSecrets"):
            raise Malformed(
                f"the authority {name} names signaturePullSecrets, which are not used here",
                "give the registry's credentials to the controller",
            )
        where = {"repository": place.get("oci", ""), "tag_prefix": place.get("tagPrefix", "")}
        for one in _signers(item, name):
            yield Authority(name=name, **one, **where, **shared)


def _signers(item: Object, name: str) -> Iterator[dict[str, Any]]:
    if "key" in item:
        algorithm = item["key"].get("hashAlgorithm", "")
        for block in _keys(item["key"], f"{name}.key"):
            yield {"key": block, "hash_algorithm": algorithm}
    elif "keyless" in item:
        keyless = item["keyless"]
        identities = tuple(_identity(one, name) for one in keyless.get("identities", ()))
        if not identities:
            raise Malformed(f"the authority {name} has no identities", "say whose certificates are accepted")
        roots = "".join(_keys(keyless["ca-cert"], f"{name}.keyless.ca-cert")) if "ca-cert" in keyless else ""
        yield {"identities": identities, "roots": roots, "ignore_sct": keyless.get("insecureIgnoreSCT", False)}


def _identity(item: Object, name: str) -> KeylessIdentity:
    found = KeylessIdentity(
        item.get("issuer", ""), item.get("issuerRegExp", ""), item.get("subject", ""), item.get("subjectRegExp", "")
    )
    if not (found.issuer or found.issuer_regexp) or not (found.subject or found.subject_regexp):
        raise Malformed(f"an identity of the authority {name} lacks issuer or subject", "an identity is both")
    return found


def _keys(item: Object, place: str) -> Iterator[str]:
    for other in ("secretRef", "kms"):
        if item.get(other):
            raise Malformed(f"{place}.{other} is not read here", "write the public key into data")
    if not item.get("data", "").strip():
        raise Malformed(f"{place}.data is missing", "write the public key there, in PEM")
    for label, content in pem.blocks(item["data"].encode()):
        yield pem.write(label, content)


def _shared(item: Object) -> dict[str, Any]:
    """Log, trust root and form; where no log is named no log entry is wanted, as policy-controller has it."""
    log, stamps, keyless = item.get("ctlog", {}), item.get("rfc3161timestamp", {}), item.get("keyless", {})
    logged = bool(log.get("url") or log.get("trustRootRef")) and not stamps.get("trustRootRef")
    own, logs = keyless.get("trustRootRef", ""), log.get("trustRootRef", "")
    parts = (own, logs, stamps.get("trustRootRef", "") or logs or own)
    form = item.get("signatureFormat") or "any"
    trust = "|".join(parts) if any(parts) else ""
    return {"ignore_log": not logged, "trust_root": trust, "form": SignatureForm(form)}


def _judge(item: Object | None, place: str, variables: tuple[str, ...]) -> Judge | None:
    if not item:
        return None
    for other in ("remote", "configMapRef"):
        if item.get(other):
            raise Malformed(f"the policy of {place} is in {other}, which is not read here", "write it into data")
    if item["type"] == "cue":
        raise Malformed(f"the policy of {place} is CUE, which is not evaluated here", "write it in Rego or CEL")
    text = item.get("data", "")
    if item["type"] == "cel":
        return CelJudge(Compiled(Condition(text), variables), variables)
    return RegoJudge(compiling.compile(Source((Module(f"{place}.rego", text),), "isCompliant")))


def trust_root(manifest: Manifest) -> tuple[str, TrustedRoot]:
    """A TrustRoot with its name; raises `Malformed`."""
    _, name, spec = checked(manifest)
    keys_of = spec.get("sigstoreKeys")
    if keys_of is None or spec.get("remote") or spec.get("repository"):
        what = f"{manifest.place}: TrustRoot {name}: spec.remote and spec.repository are not read here"
        raise Malformed(what, "`assay trust-root update` brings one; or write its keys into spec.sigstoreKeys")
    try:
        return name, TrustedRoot(
            tuple(_log(item) for item in keys_of.get("tLogs", ())),
            tuple(_log(item) for item in keys_of.get("ctLogs", ())),
            tuple(_issuer(item) for item in keys_of.get("certificateAuthorities", ())),
            tuple(_issuer(item) for item in keys_of.get("timestampAuthorities", ())),
        )
    except AssayError as error:
        raise Malformed(f"{manifest.place}: TrustRoot {name}: {error.what}", error.remedy) from error


def _log(item: Object) -> Log:
    for _, content in pem.blocks(_decoded(item["publicKey"], "publicKey")):
        key = keys.spki(keys.load(content))
        return Log(item.get("baseURL", ""), key, "", hashlib.sha256(key).digest())
    raise Malformed("publicKey holds no key")


def _issuer(item: Object) -> Issuer:
    chain = pem.certificates(_decoded(item["certChain"], "certChain"))
    return Issuer(item.get("uri", ""), chain)


def _decoded(text: str, place: str) -> bytes:
    """Bytes in a manifest: PEM in base64, or as it is."""
    if "-----BEGIN" in text:
        return text.encode()
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"{place} is neither PEM nor base64") from error
