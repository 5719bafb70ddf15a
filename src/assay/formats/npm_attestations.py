"""The attestations of an npm package, as its registry hands them out: who published it, and how it was built.

::

    {"attestations": [
       {"predicateType": "https://github.com/npm/attestation/tree/main/specs/publish/v0.1", "bundle": {…}},
       {"predicateType": "https://slsa.dev/provenance/v1", "bundle": {…}}]}

A registry answers so to ``GET /-/npm/v1/attestations/NAME@VERSION``; its keys are the target
``HOST/keys.json`` of Sigstore's TUF repository.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from assay.errors import Malformed
from assay.formats import sigstore_bundle, strict_json, trusted_root
from assay.formats.json import Json
from assay.formats.strict_json import Reader
from assay.model.bundle import Bundle
from assay.model.trusted_root import Validity

PUBLISH = "https://github.com/npm/attestation/tree/main/specs/publish/"
PROVENANCE = frozenset(("https://slsa.dev/provenance/v0.2", "https://slsa.dev/provenance/v1"))
MAX = 64
_USAGE = "npm:attestations"


class Pair(NamedTuple):
    """What the registry signed, and what the builder did."""

    publish: Bundle
    provenance: Bundle


class RegistryKey(NamedTuple):
    """A key with which a registry signs attestations (DER)."""

    key_id: str
    key: bytes
    validity: Validity


def is_pair(value: Json) -> bool:
    """Whether JSON is a set of attestations."""
    return isinstance(value, dict) and isinstance(value.get("attestations"), list)


def read(data: bytes) -> Pair:
    """The pair; raises `Malformed` where one is missing or no bundle."""
    whole = Reader(strict_json.load(data, "the attestations"), "the attestations")
    items = whole.objects("attestations")
    if len(items) > MAX:
        raise Malformed(f"{len(items)} attestations (at most {MAX})")
    found: dict[str, Reader] = {}
    for item in items:
        kind = item.text("predicateType")
        name = "provenance" if kind in PROVENANCE else "publish" if kind.startswith(PUBLISH) else ""
        if name in found:
            raise Malformed(f"there are two attestations of the kind {name}")
        if name:
            found[name] = item
    missing = [name for name in ("publish", "provenance") if name not in found]
    if missing:
        raise Malformed(f"the attestation of the kind {missing[0]} is missing")
    return Pair(_bundle(found["publish"]), _bundle(found["provenance"]))


def _bundle(item: Reader) -> Bundle:
    return sigstore_bundle.read(json.dumps(item.object("bundle").value).encode())


def keys(data: bytes) -> tuple[RegistryKey, ...]:
    """The keys for attestations in a ``keys.json``; raises `Malformed`."""
    whole = Reader(strict_json.load(data, "the keys"), "the keys")
    found = []
    for item in whole.objects("keys"):
        if item.text("keyUsage", _USAGE) == _USAGE:
            key = item.object("publicKey")
            found.append(RegistryKey(item.text("keyId"), key.binary("rawBytes"), trusted_root.validity(key)))
    return tuple(found)
