"""Attestors of an ImageValidatingPolicy: whose signatures count, as `Authority`.

Keys and certificates may be expressions, so that an authority is made when it is first asked for.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from assay.engines.policy.cel.environment import Environment, Program
from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.fields import Object, flag, mapping, objects, only, text, wrong
from assay.engines.policy.cel.validations import compiled
from assay.engines.policy.cel.values import Opaque, Value
from assay.engines.policy.world import World
from assay.model.image_policy import Authority, KeylessIdentity
from assay.model.policy import GroupVersionKind

_COSIGN = ("key", "keyless", "certificate", "ctlog", "source", "tuf", "annotations")
_IDENTITY = ("issuer", "issuerRegExp", "subject", "subjectRegExp")
_CTLOG = ("url", "rekorPubKey", "ctLogPubKey", "tsaCertChain", "insecureIgnoreTlog", "insecureIgnoreSCT")
_HASHES = ("sha224", "sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class AttestorValue(Opaque):
    """``attestors.NAME``, as an expression passes it on."""

    cel_type = "kyverno.Attestor"
    name: str
    authority: Authority


@dataclass(frozen=True, slots=True)
class Material:
    """A PEM text: written down, computed, or in a Secret."""

    value: str = ""
    program: Program | None = None
    secret: tuple[str, str] = ("", "")

    def read(self, bindings: Mapping[str, Value], context: object, world: World) -> str:
        """The text; raises `Untold` where there is none."""
        if self.program is not None:
            found = self.program.evaluate(bindings, context)
            if not isinstance(found, str):
                raise Untold("the expression of an attestor gives no text")
            return found
        return _secret(world, *self.secret) if self.secret[1] else self.value


@dataclass(frozen=True, slots=True)
class Attestor:
    """An attestor as it is written."""

    name: str
    authority: Authority
    key: Material = field(default_factory=Material)
    certificate: Material = field(default_factory=Material)
    chain: Material = field(default_factory=Material)

    def value(self, bindings: Mapping[str, Value], context: object, world: World) -> AttestorValue:
        """With its keys read."""
        key, certificate, chain = (
            material.read(bindings, context, world) for material in (self.key, self.certificate, self.chain)
        )
        return AttestorValue(self.name, replace(self.authority, key=key, certificate=certificate, chain=chain))


class Attestors(Opaque):
    """The variable ``attestors``."""

    cel_type = "kyverno.attestors"
    __slots__ = ("_attestors", "_bindings", "_context", "_world")

    def __init__(
        self, attestors: Mapping[str, Attestor], bindings: Mapping[str, Value], context: object, world: World
    ) -> None:
        self._attestors, self._bindings, self._context, self._world = attestors, bindings, context, world

    def select(self, field: str) -> Value:
        """The attestor of that name."""
        if field not in self._attestors:
            raise Untold(f"no such key: {field:.80}")
        return self._attestors[field].value(self._bindings, self._context, self._world)

    def has(self, field: str) -> bool:
        """Whether there is one of that name."""
        return field in self._attestors


def _secret(world: World, namespace: str, name: str) -> str:
    found = world.cluster.get(GroupVersionKind("", "v1", "Secret"), namespace, name) if world.cluster else None
    data = (found or {}).get("data") or {}
    if not data:
        raise Untold(f"the Secret {namespace}/{name} with the key of an attestor is not there")
    chosen = data.get("cosign.pub") or next(iter(data.values()))
    return base64.b64decode(chosen).decode(errors="replace")


def load(spec: Object, environment: Environment, place: str) -> dict[str, Attestor]:
    """``attestors``; raises `Malformed` with the place of what is wrong, or cannot be evaluated."""
    found: dict[str, Attestor] = {}
    for item, where in objects(spec, "attestors", place):
        only(item, ("name", "cosign", "notary"), where)
        if item.get("notary") is not None:
            wrong(f"{where}.notary", "Notary signatures cannot be verified; use cosign")
        name = text(item, "name", where)
        if not name or not mapping(item, "cosign", where):
            wrong(where, "an attestor needs a name and cosign")
        found[name] = _cosign(name, mapping(item, "cosign", where), environment, f"{where}.cosign")
    return found


def _cosign(name: str, value: Object, environment: Environment, place: str) -> Attestor:
    only(value, _COSIGN, place)
    if value.get("tuf"):
        wrong(f"{place}.tuf", "a TUF repository of a policy is not used; configure the trust root of assay instead")
    key, keyless, certificate = (mapping(value, part, place) for part in ("key", "keyless", "certificate"))
    if sum(map(bool, (key, keyless, certificate))) != 1:
        wrong(place, "exactly one of key, keyless and certificate is needed")
    only(certificate, ("cert", "certChain"), f"{place}.certificate")
    authority = _authority(name, value, keyless, place)
    return Attestor(
        name,
        authority if not key.get("hashAlgorithm") else _hashed(authority, key, f"{place}.key"),
        _key(key, environment, f"{place}.key"),
        _material(certificate, "cert", environment, f"{place}.certificate"),
        _material(certificate, "certChain", environment, f"{place}.certificate"),
    )


def _hashed(authority: Authority, key: Object, place: str) -> Authority:

    return replace(authority, hash_algorithm=text(key, "hashAlgorithm", place, _HASHES))


def _key(key: Object, environment: Environment, place: str) -> Material:
    only(key, ("data", "kms", "hashAlgorithm", "expression", "secretRef"), place)
    if key.get("kms"):
        wrong(f"{place}.kms", "keys in a key management service are not read; put the public key into data")
    secret = mapping(key, "secretRef", place)
    only(secret, ("name", "namespace"), f"{place}.secretRef")
    program = compiled(environment, key, "expression", place) if key.get("expression") else None
    found = Material(text(key, "data", place), program, (text(secret, "namespace", place), text(secret, "name", place)))
    if key and not (found.value or program or found.secret[1]):
        wrong(place, "one of data, expression and secretRef is needed")
    return found


def _material(value: Object, name: str, environment: Environment, place: str) -> Material:
    inner, where = mapping(value, name, place), f"{place}.{name}"
    only(inner, ("value", "expression"), where)
    program = compiled(environment, inner, "expression", where) if inner.get("expression") else None
    return Material(text(inner, "value", where), program)


def _authority(name: str, value: Object, keyless: Object, place: str) -> Authority:
    only(keyless, ("identities", "roots", "trustedRoot"), f"{place}.keyless")
    if keyless.get("trustedRoot"):
        wrong(f"{place}.keyless.trustedRoot", "not used; configure the trust root of assay instead")
    log, source = mapping(value, "ctlog", place), mapping(value, "source", place)
    only(log, _CTLOG, f"{place}.ctlog")
    only(source, ("repository", "pullSecrets", "signaturePullSecrets", "tagPrefix"), f"{place}.source")
    identities = tuple(_identities(keyless, f"{place}.keyless"))
    if keyless and not identities:
        wrong(f"{place}.keyless.identities", "at least one identity is needed: anybody could sign otherwise")
    return Authority(
        name=name,
        identities=identities,
        roots=text(keyless, "roots", place),
        rekor_key=text(log, "rekorPubKey", place),
        ct_key=text(log, "ctLogPubKey", place),
        tsa_chain=text(log, "tsaCertChain", place),
        ignore_log=flag(log, "insecureIgnoreTlog", f"{place}.ctlog", False),
        ignore_sct=flag(log, "insecureIgnoreSCT", f"{place}.ctlog", False),
        annotations={str(key): str(item) for key, item in mapping(value, "annotations", place).items()},
        repository=text(source, "repository", place),
        tag_prefix=text(source, "tagPrefix", place),
    )


def _identities(keyless: Object, place: str) -> list[KeylessIdentity]:
    found: list[KeylessIdentity] = []
    for item, where in objects(keyless, "identities", place):
        only(item, _IDENTITY, where)
        issuer, issuer_regexp, subject, subject_regexp = (text(item, part, where) for part in _IDENTITY)
        if not any((issuer, issuer_regexp, subject, subject_regexp)):
            wrong(where, "an identity needs an issuer or a subject")
        found.append(KeylessIdentity(issuer, issuer_regexp, subject, subject_regexp))
    return found
