"""Attestors of ``verifyImages`` as those of an ImageValidatingPolicy, and the count of them as a condition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from assay.engines.policy import wildcards
from assay.engines.policy.converting.cel_text import every, pattern
from assay.engines.policy.converting.losses import Notes, unsayable
from assay.engines.policy.converting.queries import has_variables
from assay.model.policy import Object

_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)


@dataclass(slots=True)
class Attestors:
    """What is written down once and named in conditions; `repository` and `annotations` are those of the entry."""

    notes: Notes
    repository: str = ""
    annotations: Object = field(default_factory=dict)
    found: list[Object] = field(default_factory=list)

    def condition(self, sets: list[Object], call: str) -> str:
        """That every set has signed; `call` has a place for the list of attestors."""
        return every(f"{self._count(one, call)} >= {self._wanted(one)}" for one in sets)

    def _wanted(self, one: Object) -> int:
        return int(one.get("count") or 0) or sum(self._size(entry) for entry in one.get("entries") or [])

    def _size(self, entry: Object) -> int:
        return 1 if entry.get("attestor") else len(list(_materials(entry)))

    def _count(self, one: Object, call: str) -> str:
        """How many of a set have signed, those that are sets themselves among them."""
        names = [name for entry in one.get("entries") or [] if not entry.get("attestor") for name in self._named(entry)]
        inner = [entry["attestor"] for entry in one.get("entries") or [] if entry.get("attestor")]
        parts = [call % f"[{', '.join(f'attestors.{name}' for name in names)}]"] if names else []
        parts += [f"({self._count(each, call)} >= {self._wanted(each)} ? 1 : 0)" for each in inner]
        return f"({' + '.join(parts)})" if len(parts) > 1 else parts[0]

    def _named(self, entry: Object) -> Iterator[str]:
        for material in _materials(entry):
            cosign = {**material, **self._shared(entry)}
            known = next((one["name"] for one in self.found if one["cosign"] == cosign), "")
            if not known:
                known = f"signer{len(self.found) + 1}"
                self.found.append({"name": known, "cosign": cosign})
            yield known

    def _shared(self, entry: Object) -> Object:
        held = entry.get("keys") or entry.get("certificates") or entry.get("keyless") or {}
        rekor, ctlog = held.get("rekor") or {}, held.get("ctlog") or {}
        log = {
            "url": rekor.get("url"),
            "rekorPubKey": rekor.get("pubkey"),
            "insecureIgnoreTlog": rekor.get("ignoreTlog"),
            "ctLogPubKey": ctlog.get("pubkey"),
            "insecureIgnoreSCT": ctlog.get("ignoreSCT"),
            "tsaCertChain": ctlog.get("tsaCertChain"),
        }
        annotations = {**self.annotations, **(entry.get("annotations") or {})}
        repository = entry.get("repository") or self.repository
        found: Object = {"ctlog": {key: value for key, value in log.items() if value not in (None, "")}}
        found |= {"annotations": annotations, "source": {"repository": repository} if repository else {}}
        return {key: value for key, value in found.items() if value}


def _materials(entry: Object) -> Iterator[Object]:
    if has_variables(entry):
        unsayable("variables in attestors")
    if entry.get("keys"):
        yield from _keys(entry["keys"], str(entry.get("signatureAlgorithm") or ""))
    elif entry.get("certificates"):
        held = entry["certificates"]
        parts = {"cert": held.get("cert"), "certChain": held.get("certChain")}
        yield {"certificate": {key: {"value": value} for key, value in parts.items() if value}}
    else:
        yield {"keyless": _keyless(entry.get("keyless") or {})}


def _keys(held: Object, algorithm: str) -> Iterator[Object]:
    hashed = held.get("signatureAlgorithm") or algorithm
    more = {"hashAlgorithm": hashed} if hashed else {}
    text, secret = str(held.get("publicKeys") or ""), held.get("secret")
    if text.startswith("k8s://"):
        namespace, _, name = text.removeprefix("k8s://").partition("/")
        secret = {"namespace": namespace, "name": name}
    if secret:
        yield {"key": {"secretRef": secret, **more}}
        return
    for block in [match[0] for match in _PEM.finditer(text)] or [text]:
        yield {"key": {"data": block, **more}}


def _keyless(held: Object) -> Object:
    if held.get("additionalExtensions"):
        unsayable("keyless.additionalExtensions: an attestor has no other claims than issuer and subject")
    identity: Object = {}
    for part in ("issuer", "subject"):
        if held.get(f"{part}RegExp"):
            identity[f"{part}RegExp"] = held[f"{part}RegExp"]
        if held.get(part):
            text = str(held[part])
            identity |= {f"{part}RegExp": pattern(text)} if wildcards.contains(text) else {part: text}
    return {"identities": [identity], **({"roots": held["roots"]} if held.get("roots") else {})}
