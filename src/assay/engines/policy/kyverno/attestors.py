"""Who must have signed an image: ``attestors`` of ``verifyImages``, with counts, keys, certificates and identities."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from assay.engines.policy.cel.fields import flag, mapping, objects, only, text, wrong
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.kyverno.substitution import Template
from assay.engines.policy.queries.faults import BadQuery
from assay.errors import Refused
from assay.model.image_policy import Authority, KeylessIdentity, SignatureForm
from assay.model.policy import GroupVersionKind, Object

_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)
_ENTRY = ("keys", "certificates", "keyless", "attestor", "annotations", "repository", "signatureAlgorithm")
_KEYS = ("publicKeys", "kms", "secret", "signatureAlgorithm", "rekor", "ctlog")
_KEYLESS = ("issuer", "issuerRegExp", "subject", "subjectRegExp", "roots", "rekor", "ctlog", "additionalExtensions")
_HASHES = ("sha224", "sha256", "sha384", "sha512")
_SECRET = "k8s://"
MAX_NESTING = 8
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Signer:
    """One way in which an image may be signed; what is written with variables is filled in when asked."""

    authority: Authority
    parts: Template
    secret: tuple[str, str] = ("", "")

    def authorities(self, scope: Scope) -> list[Authority]:
        """One for each key; raises `BadQuery` for a key that is not there."""
        parts = self.parts.fill(scope)
        keys = _keys(str(parts.get("key") or ""), self.secret, scope)
        base = replace(
            self.authority,
            certificate=str(parts.get("certificate") or ""),
            chain=str(parts.get("chain") or ""),
            roots=str(parts.get("roots") or ""),
            repository=str(parts.get("repository") or ""),
            identities=tuple(_filled(one, parts) for one in self.authority.identities),
        )
        return [replace(base, key=key) for key in keys] or [base]


def _filled(identity: KeylessIdentity, parts: Object) -> KeylessIdentity:
    return replace(
        identity,
        issuer=str(parts.get("issuer") or ""),
        issuer_regexp=str(parts.get("issuer_regexp") or ""),
        subject=str(parts.get("subject") or ""),
        subject_regexp=str(parts.get("subject_regexp") or ""),
    )


def _keys(given: str, secret: tuple[str, str], scope: Scope) -> list[str]:
    if given.startswith(_SECRET):
        namespace, _, name = given.removeprefix(_SECRET).partition("/")
        secret, given = (namespace, name), ""
    if secret[1]:
        given = _from_secret(secret, scope)
    return [match[0] for match in _PEM.finditer(given)] or ([given] if given else [])


def _from_secret(secret: tuple[str, str], scope: Scope) -> str:
    if scope.world.cluster is None:
        raise BadQuery(f"the key is in the secret {'/'.join(secret)}, and there is no cluster to read it from")
    found = scope.world.cluster.get(GroupVersionKind("", "v1", "Secret"), *secret)
    data = (found or {}).get("data") or {}
    try:
        return base64.b64decode(data["cosign.pub"], validate=True).decode()
    except (KeyError, TypeError, binascii.Error, UnicodeDecodeError) as error:
        raise BadQuery(f"the secret {'/'.join(secret)} has no cosign.pub") from error


@dataclass(frozen=True, slots=True)
class AttestorSet:
    """`count` of the entries must have signed; 0: all."""

    count: int
    entries: tuple[Signer | AttestorSet, ...]

    def verify(self, scope: Scope, ask: Callable[[Authority], Found]) -> list[Found]:
        """What `ask` found for those who signed; raises `Refused` where they are too few."""
        choices: list[Callable[[], list[Found]]] = []
        for entry in self.entries:
            if isinstance(entry, AttestorSet):
                choices.append(lambda entry=entry: entry.verify(scope, ask))  # type: ignore[misc]
                continue
            choices += [lambda one=one: [ask(one)] for one in entry.authorities(scope)]  # type: ignore[misc]
        wanted = self.count or len(choices)
        return _counted(choices, wanted)


def _counted(choices: Sequence[Callable[[], list[Found]]], wanted: int) -> list[Found]:
    found: list[Found] = []
    reasons: list[str] = []
    passed = 0
    for choice in choices:
        try:
            found += choice()
            passed += 1
        except Refused as error:
            reasons.append(error.what)
        if passed >= wanted:
            return found
    raise Refused(f"{passed} of {wanted} attestors have signed: {'; '.join(reasons[:5])}", "sign the image")


def load(holder: Object, place: str, form: SignatureForm, level: int = 0) -> tuple[AttestorSet, ...]:
    """The sets in ``attestors``, all of which must be satisfied; raises `Malformed` with the field's place."""
    return tuple(_set(item, where, form, level) for item, where in objects(holder, "attestors", place))


def _set(item: Object, place: str, form: SignatureForm, level: int) -> AttestorSet:
    if level > MAX_NESTING:
        wrong(place, f"attestors in attestors, over {MAX_NESTING} deep")
    only(item, ("count", "entries"), place)
    entries = tuple(_entry(entry, where, form, level) for entry, where in objects(item, "entries", place))
    count = item.get("count", 0)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        wrong(f"{place}.count", "not a number from 1")
    if not entries:
        wrong(f"{place}.entries", "there are none: anybody could sign")
    return AttestorSet(count, entries)


def _entry(item: Object, place: str, form: SignatureForm, level: int) -> Signer | AttestorSet:
    only(item, _ENTRY, place)
    chosen = [part for part in ("keys", "certificates", "keyless", "attestor") if item.get(part)]
    if len(chosen) != 1:
        wrong(place, "exactly one of keys, certificates, keyless and attestor is needed")
    where = f"{place}.{chosen[0]}"
    value = mapping(item, chosen[0], place)
    if chosen == ["attestor"]:
        return _set(value, where, form, level + 1)
    authority = Authority(
        hash_algorithm=text(item, "signatureAlgorithm", place, _HASHES),
        annotations={str(key): str(one) for key, one in mapping(item, "annotations", place).items()},
        form=form,
    )
    signer = _SIGNERS[chosen[0]](_logged(authority, value, where), value, where)
    repository = text(item, "repository", place)
    return replace(signer, parts=Template({**_document(signer.parts), "repository": repository}))


def _document(parts: Template) -> Object:
    found: Any = parts.source
    return found if isinstance(found, dict) else {}


def _logged(authority: Authority, value: Object, place: str) -> Authority:
    rekor, ctlog = mapping(value, "rekor", place), mapping(value, "ctlog", place)
    only(rekor, ("url", "pubkey", "ignoreTlog"), f"{place}.rekor")
    only(ctlog, ("ignoreSCT", "pubkey", "tsaCertChain"), f"{place}.ctlog")
    return replace(
        authority,
        rekor_key=text(rekor, "pubkey", f"{place}.rekor"),
        ignore_log=flag(rekor, "ignoreTlog", f"{place}.rekor", default=False),
        ct_key=text(ctlog, "pubkey", f"{place}.ctlog"),
        ignore_sct=flag(ctlog, "ignoreSCT", f"{place}.ctlog", default=False),
        tsa_chain=text(ctlog, "tsaCertChain", f"{place}.ctlog"),
    )


def _keyed(authority: Authority, value: Object, place: str) -> Signer:
    only(value, _KEYS, place)
    key, secret = text(value, "publicKeys", place), mapping(value, "secret", place)
    only(secret, ("name", "namespace"), f"{place}.secret")
    if value.get("kms") or ("://" in key and not key.startswith(_SECRET)):
        wrong(f"{place}.kms", "keys in a key management service are not read; put the public key into publicKeys")
    if not key and not secret:
        wrong(place, "one of publicKeys and secret is needed")
    algorithm = text(value, "signatureAlgorithm", place, _HASHES) or authority.hash_algorithm
    named = text(secret, "namespace", place), text(secret, "name", place)
    return Signer(replace(authority, hash_algorithm=algorithm), Template({"key": key}), named)


def _certified(authority: Authority, value: Object, place: str) -> Signer:
    only(value, ("cert", "certChain", "rekor", "ctlog"), place)
    parts = {"certificate": text(value, "cert", place), "chain": text(value, "certChain", place)}
    if not parts["certificate"]:
        wrong(f"{place}.cert", "a chain without a certificate says not who may sign")
    return Signer(authority, Template(parts))


def _keyless(authority: Authority, value: Object, place: str) -> Signer:
    only(value, _KEYLESS, place)
    parts = {
        "issuer": text(value, "issuer", place),
        "issuer_regexp": text(value, "issuerRegExp", place),
        "subject": text(value, "subject", place),
        "subject_regexp": text(value, "subjectRegExp", place),
        "roots": text(value, "roots", place),
    }
    extensions = mapping(value, "additionalExtensions", place)
    if not any(parts[part] for part in ("issuer", "issuer_regexp", "subject", "subject_regexp")) and not extensions:
        wrong(place, "an issuer or a subject is needed: anybody could sign otherwise")
    named = {str(key): str(one) for key, one in extensions.items()}
    identity = KeylessIdentity(wildcards=True, extensions=named)
    return Signer(replace(authority, identities=(identity,)), Template(parts))


_SIGNERS: dict[str, Callable[[Authority, Object, str], Signer]] = {
    "keys": _keyed,
    "certificates": _certified,
    "keyless": _keyless,
}


def verified(sets: Iterable[AttestorSet], scope: Scope, ask: Callable[[Authority], Found]) -> list[Found]:
    """What `ask` found, of all sets; raises `Refused` where one is not satisfied."""
    return [found for one in sets for found in one.verify(scope, ask)]
