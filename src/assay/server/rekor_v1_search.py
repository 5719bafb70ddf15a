"""What Rekor v1 finds: entries by number, UUID or proposal, and UUIDs by hash, email and key."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from assay.engines.log import requests_v1, verifiers
from assay.errors import AssayError, Malformed, Refused
from assay.formats import strict_json
from assay.formats.json import Json, Object
from assay.formats.strict_json import Reader
from assay.server.log_shards import Shards
from assay.trust import merkle

if TYPE_CHECKING:
    from assay.server.rekor_v1 import RekorV1

MAX_ASKED = 10
MAX_FOUND = 1000
_LENGTHS = {40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}


def retrieve(face: RekorV1, body: bytes) -> list[Json]:
    """The entries that are asked for; those that are not there are left out."""
    query = strict_json.load(body, "the request")
    parts = {name: query.get(name) or [] for name in ("entryUUIDs", "logIndexes", "entries")}
    if not all(isinstance(part, list) and len(part) <= MAX_ASKED for part in parts.values()):
        raise Malformed(f"entryUUIDs, logIndexes and entries are lists of at most {MAX_ASKED}")
    found: list[Json] = []
    for name, part in parts.items():
        assert isinstance(part, list)
        for item in part:
            try:
                found.append(_one(face, name, item))
            except Refused as error:
                if "has no" not in error.what and "is no tree" not in error.what:
                    raise
    return found


def _one(face: RekorV1, name: str, item: Json) -> Object:
    if name == "entryUUIDs" and isinstance(item, str):
        return face.by_uuid(item)
    if name == "logIndexes" and isinstance(item, int) and not isinstance(item, bool):
        return face.by_index(item)
    if name == "entries" and isinstance(item, dict):
        return face.by_uuid(merkle.leaf(requests_v1.propose(item).leaf.data).hex())
    raise Malformed(f"{name} has something that is none")


def search(shards: Shards, body: bytes) -> list[str]:
    """The UUIDs of what fits: all of the parts (``operator`` ``and``), or any."""
    from assay.server.rekor_v1 import uuid_of

    query = Reader(strict_json.load(body, "the query"), "the query")
    terms = _terms(query)
    operator = query.text("operator", "or")
    if not terms or operator not in ("and", "or"):
        raise Malformed("a query has one of email, hash and publicKey, and the operator is and or or")
    found = []
    for shard in shards.all:
        sets = [set(shard.log.search(term, MAX_FOUND)) for term in terms]
        numbers = set.intersection(*sets) if operator == "and" else set.union(*sets)
        found += [uuid_of(shard, shard.log.leaf_hash(number)) for number in sorted(numbers)]
    return found[:MAX_FOUND]


def _terms(query: Reader) -> list[str]:
    terms = []
    if query.has("email"):
        terms.append(f"subject:{query.text('email').lower()}")
    if query.has("hash"):
        terms.append(_hash(query.text("hash").lower()))
    if query.has("publicKey"):
        terms.append(_key(query.object("publicKey")))
    return terms


def _hash(text: str) -> str:
    algorithm, parted, value = text.rpartition(":")
    algorithm = algorithm if parted else _LENGTHS.get(len(value), "")
    if _LENGTHS.get(len(value)) != algorithm:
        raise Malformed("hash is ALGORITHM:HEX, or the digits alone")
    return f"hash:{algorithm}:{strict_json.decode_hex(value, 'the hash').hex()}"


def _key(part: Reader) -> str:
    if part.has("url"):
        raise Malformed("a key is not fetched from a URL: give its content")
    if part.text("format", "x509") != "x509":
        raise Malformed("keys are known in the format x509 alone")
    try:
        verifier = verifiers.from_pem(part.binary("content"))
    except AssayError as error:
        raise Malformed(f"the key in the query: {error.what}") from error
    kind = "certificate" if verifier.is_certificate else "key"
    return f"{kind}:{hashlib.sha256(verifier.der).hexdigest()}"
