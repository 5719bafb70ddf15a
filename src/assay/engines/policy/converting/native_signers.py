"""Attestors and authorities of others as signers of an AssayPolicy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from assay.engines.policy import wildcards
from assay.engines.policy.converting.cel_text import pattern
from assay.engines.policy.converting.losses import Notes, unsayable
from assay.engines.policy.converting.queries import has_variables
from assay.model.policy import Object

_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)


def merged(parts: Iterable[Object], need: int | str) -> Object:
    """One signer of several; raises `Unsayable` where they are trusted in different ways."""
    found: Object = {}
    listed: dict[str, list[Any]] = {"identities": [], "keys": [], "certificates": []}
    for number, part in enumerate(parts):
        shared = {key: value for key, value in part.items() if key not in listed}
        if number and shared != found:
            unsayable("signers with different logs, roots or repositories as alternatives of each other")
        found = shared
        for key, items in listed.items():
            items += part.get(key, [])
    count = sum(map(len, listed.values()))
    wanted = count if need == "all" else int(need)
    signer = {key: items for key, items in listed.items() if items} | found
    return signer if wanted == 1 else {**signer, "require": "all" if wanted == count else wanted}


def trusted(**fields: Any) -> Object:
    """``trust`` with what is said."""
    found = {key: value for key, value in fields.items() if value}
    return {"trust": found} if found else {}


def keys(text: str) -> list[str]:
    """Each key of a PEM text."""
    return [match[0] + "\n" for match in _PEM.finditer(text)] or [text]


def name(word: str, exact: str, expression: str) -> Object:
    """An identity or an issuer: exactly, with wildcards, or as an expression that may stand anywhere."""
    if expression:
        anchored = expression.startswith("^") and expression.endswith("$") and "|" not in expression
        return {f"{word}Regexp": expression[1:-1] if anchored else f".*(?:{expression}).*"}
    if wildcards.contains(exact):
        return {f"{word}Regexp": pattern(exact)[1:-1]}
    return {word: exact} if exact else {f"{word}Regexp": ".*"}


def of_entries(notes: Notes, one: Object, repository: str, annotations: Object) -> Object:
    """A set of attestors of ``verifyImages``; raises `Unsayable`."""
    entries = one.get("entries") or []
    count = int(one.get("count") or 0)
    return merged((_entry(notes, entry, repository, annotations) for entry in entries), count or "all")


def _entry(notes: Notes, entry: Object, repository: str, annotations: Object) -> Object:
    if entry.get("attestor"):
        unsayable("attestors in attestors")
    if has_variables(entry):
        unsayable("variables in attestors")
    held = entry.get("keys") or entry.get("certificates") or entry.get("keyless") or {}
    rekor, ctlog = held.get("rekor") or {}, held.get("ctlog") or {}
    found: Object = dict(_materials(entry))
    found |= trusted(
        roots=(entry.get("keyless") or {}).get("roots"),
        rekorKey=rekor.get("pubkey"),
        ctKey=ctlog.get("pubkey"),
        tsaChain=ctlog.get("tsaCertChain"),
        ignoreLog=rekor.get("ignoreTlog"),
        ignoreSct=ctlog.get("ignoreSCT"),
    )
    signed = {**annotations, **(entry.get("annotations") or {})}
    where = entry.get("repository") or repository
    return found | ({"annotations": signed} if signed else {}) | ({"repository": where} if where else {})


def _materials(entry: Object) -> Iterator[tuple[str, list[Any]]]:
    algorithm = entry.get("signatureAlgorithm") or (entry.get("keys") or {}).get("signatureAlgorithm") or "sha256"
    if algorithm != "sha256":
        unsayable(f"signatureAlgorithm {algorithm}")
    if entry.get("keys"):
        text = str(entry["keys"].get("publicKeys") or "")
        if entry["keys"].get("secret") or text.startswith("k8s://"):
            unsayable("keys in a Secret: write the public key into the policy")
        yield "keys", keys(text)
    elif entry.get("certificates"):
        held = entry["certificates"]
        chain = {"chain": held["certChain"]} if held.get("certChain") else {}
        yield "certificates", [{"certificate": held.get("cert"), **chain}]
    else:
        yield "identities", [_identity(entry.get("keyless") or {})]


def _identity(held: Object) -> Object:
    found = name("identity", str(held.get("subject") or ""), str(held.get("subjectRegExp") or ""))
    found |= name("issuer", str(held.get("issuer") or ""), str(held.get("issuerRegExp") or ""))
    claims = held.get("additionalExtensions") or {}
    return {**found, "claims": dict(claims)} if claims else found


def of_authorities(notes: Notes, authorities: list[Object]) -> Object:
    """The authorities of a ClusterImagePolicy, any of which is enough; raises `Unsayable`."""
    return merged((_authority(notes, one) for one in authorities), 1)


def _authority(notes: Notes, item: Object) -> Object:
    if "static" in item:
        unsayable("a static authority")
    keyless, key, log = item.get("keyless") or {}, item.get("key") or {}, item.get("ctlog") or {}
    stamps, sources = item.get("rfc3161timestamp") or {}, item.get("source") or [{}]
    if len(sources) > 1:
        unsayable("several sources of signatures")
    if key.get("hashAlgorithm") not in (None, "", "sha256"):
        unsayable(f"hashAlgorithm {key['hashAlgorithm']}")
    found: Object = {"keys": keys(str(key.get("data") or ""))} if key else {}
    if keyless:
        found["identities"] = [
            name("identity", str(one.get("subject") or ""), str(one.get("subjectRegExp") or ""))
            | name("issuer", str(one.get("issuer") or ""), str(one.get("issuerRegExp") or ""))
            for one in keyless.get("identities") or []
        ]
    logged = bool(log.get("url") or log.get("trustRootRef")) and not stamps.get("trustRootRef")
    found |= trusted(
        root=_root(
            notes, keyless.get("trustRootRef"), log.get("trustRootRef") if logged else "", stamps.get("trustRootRef")
        ),
        roots=(keyless.get("ca-cert") or {}).get("data"),
        ignoreLog=not logged,
        ignoreSct=bool(keyless.get("insecureIgnoreSCT")),
    )
    more = {
        "repository": sources[0].get("oci"),
        "tagPrefix": sources[0].get("tagPrefix"),
        "form": item.get("signatureFormat"),
    }
    return found | {key: value for key, value in more.items() if value}


def _root(notes: Notes, *named: str | None) -> str:
    found = {text for text in named if text}
    if len(found) > 1:
        unsayable("several trust roots for one authority")
    return next(iter(found), "")
