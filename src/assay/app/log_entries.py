"""Entries of a log, found by number, UUID or what they are about; each with a proof that was checked."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.adapters import trust_roots
from assay.adapters.log_source import rekor_v1
from assay.adapters.log_source.rekor_v1 import RekorV1
from assay.app.log_places import LogPlace, Shown
from assay.engines.log import describing
from assay.engines.log.describing import Described
from assay.engines.log.reading import TiledLog
from assay.engines.verify import entries
from assay.errors import Malformed, Refused, UsageError
from assay.formats import pem, tlog_note
from assay.formats.json import Json, Object
from assay.model.bundle import LogEntry
from assay.model.trusted_root import Log, TrustedRoot
from assay.trust import keys, merkle, notes

Advance = Callable[[int], None]
"""Hears how many more entries were looked at."""
MOST = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that is in the tree of `shown`; `integrated` is 0 where the log tells no time, `uuid` empty in tiles."""

    index: int
    body: bytes
    about: Described
    shown: Shown
    hashes: tuple[bytes, ...]
    proof_index: int
    uuid: str = ""
    integrated: int = 0

    def json(self) -> Object:
        """As it is printed."""
        texts = ("digests", "subjects", "issuers", "keys", "certificates")
        about: dict[str, Json] = {name: list(getattr(self.about, name)) for name in texts}
        proof: Object = {
            "logIndex": self.proof_index,
            "treeSize": self.shown.checkpoint.size,
            "rootHash": self.shown.checkpoint.root.hex(),
            "hashes": [item.hex() for item in self.hashes],
            "checkpoint": self.shown.text,
        }
        return {
            "logIndex": self.index,
            "uuid": self.uuid,
            "leafHash": merkle.leaf(self.body).hex(),
            "kind": self.about.kind,
            "version": self.about.version,
            **about,
            "integratedTime": self.integrated,
            "origin": self.shown.checkpoint.origin,
            "witnesses": list(self.shown.witnesses),
            "inclusionProof": proof,
            "body": b64encode(self.body).decode(),
        }


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for; all that is given must fit. `key` is a key or certificate in PEM."""

    hash: str = ""
    identity: str = ""
    key: bytes = b""

    def fits(self, about: Described) -> bool:
        """Whether an entry is about it."""
        held = not self.hash or any(self._same(item) for item in about.digests)
        named = not self.identity or self.identity.lower() in (name.lower() for name in about.subjects)
        return held and named and (not self.key or self._by_key(about))

    def _same(self, digest: str) -> bool:
        return self.hash.lower() in (digest, digest.partition(":")[2])

    def _by_key(self, about: Described) -> bool:
        label, data = pem.blocks(self.key)[0]
        if label == "CERTIFICATE":
            return hashlib.sha256(data).hexdigest() in about.certificates
        return hashlib.sha256(keys.spki(keys.load(data))).hexdigest() in about.keys

    def v1(self) -> Object:
        """As Rekor v1 takes it."""
        found: Object = {"operator": "and"}
        if self.hash:
            found["hash"] = self.hash.lower()
        if self.identity:
            found["email"] = self.identity
        if self.key:
            found["publicKey"] = rekor_v1.key_query(self.key)
        return found


def get(place: LogPlace, wanted: str) -> Found:
    """An entry by its number, in Rekor v1 by its UUID, or the one of a bundle in a file.

    Raises `Refused` where it is not there, or not proved.
    """
    if Path(wanted).is_file():
        return _of_file(place, Path(wanted))
    if len(wanted) in (64, 80) and all(letter in "0123456789abcdef" for letter in wanted.lower()):
        return _by_uuid(place, wanted.lower())
    if not wanted.isascii() or not wanted.isdecimal() or len(wanted) > 19:
        raise UsageError(f"{wanted[:90]!r} is no number, UUID or bundle", "a UUID has 64 or 80 hexadecimal digits")
    if place.has_tiles():
        return Tiled(place).get(int(wanted))
    server = place.v1()
    uuid, entry = server.by_index(int(wanted))
    if entry.log_index != int(wanted):
        raise Refused(f"{server.name} answered with the entry {entry.log_index} in place of {wanted}")
    return of_v1(place, server, uuid, entry)


def _of_file(place: LogPlace, path: Path) -> Found:
    """What the log holds where a bundle says that its entry is; raises `Refused` where that is another one."""
    entry = of_bundle(trust_roots.read_file(path))[0]
    origin = tlog_note.checkpoint(entry.proof.checkpoint).origin if entry.proof and entry.proof.checkpoint else ""
    if entry.proof is not None and (not place.is_remote or (" - " not in origin and place.has_tiles())):
        tree = Tiled(place)
        if origin and " - " not in origin and tree.shown.checkpoint.origin != origin:
            tree = Tiled(place, origin)
        found = tree.get(entry.proof.log_index)
    else:
        found = _by_uuid(place, merkle.leaf(entry.body).hex())
    if found.body != entry.body:
        raise Refused(f"{place.place} holds another entry under the number {found.index} than the bundle says")
    return found


def _by_uuid(place: LogPlace, wanted: str) -> Found:
    if not place.is_remote or place.api == "tiles":
        raise UsageError("tiles are read by number, and a UUID names none", "give the entry's number")
    server = place.v1()
    uuid, entry = server.by_uuid(wanted)
    if uuid.lower()[-64:] != wanted[-64:]:
        raise Refused(f"{server.name} answered with another entry than was asked for: {uuid}")
    return of_v1(place, server, uuid, entry)


class Tiled:
    """The newest tree of a log's tiles."""

    def __init__(self, place: LogPlace, origin: str = "") -> None:
        source = place.tiles(origin)
        self.shown = place.checkpoint(source)
        self.log = TiledLog(self.shown.checkpoint, source)

    def get(self, index: int) -> Found:
        """An entry with its proof, checked."""
        return self.found(index, self.log.entry(index))

    def found(self, index: int, body: bytes) -> Found:
        """The same of an entry that was read already."""
        hashes = self.log.inclusion(index)
        checkpoint = self.shown.checkpoint
        if merkle.root_of(index, checkpoint.size, merkle.leaf(body), hashes) != checkpoint.root:
            raise Refused(f"the entry {index} is not in the tree of {checkpoint.origin}")
        return Found(index, body, describing.described(body), self.shown, tuple(hashes), index)

    def bodies(self, start: int, end: int, advance: Advance) -> Iterator[tuple[int, bytes]]:
        """Entries with their numbers, proved."""
        for index, body in self.log.entries(start, end):
            yield index, body
            advance(1)


def of_v1(place: LogPlace, server: RekorV1, uuid: str, entry: LogEntry) -> Found:
    """An entry of Rekor v1, once its proof and the log's signatures hold."""
    if uuid.lower()[-64:] != merkle.leaf(entry.body).hex():
        raise Refused(f"{server.name} gave the UUID {uuid} to another entry")
    if entry.proof is None or not entry.proof.checkpoint:
        raise Refused(f"{server.name} gave no proof for its entry {entry.log_index}")
    shown = place.believed(entry.proof.checkpoint.encode(), server.name)
    notes.includes(shown.checkpoint, entry)
    if entry.promise:
        by = shown.log._replace(log_id=hashlib.sha256(shown.log.key).digest())
        entries.promised(entry, TrustedRoot(logs=(by,)))
    about, proof = describing.described(entry.body), entry.proof
    return Found(entry.log_index, entry.body, about, shown, proof.hashes, proof.log_index, uuid, entry.integrated)


def search(place: LogPlace, query: Query, bounds: tuple[int, int | None], advance: Advance) -> Iterator[Found]:
    """What fits a query: over Rekor v1's index where there is one, else by reading the entries within `bounds`.

    Nothing is believed: each entry is proved, and must be about what was asked for.
    """
    if place.is_remote and place.api != "tiles" and bounds == (0, None):
        try:
            uuids = place.v1().search(query.v1())
        except Refused:
            if place.api == "v1":
                raise
        else:
            yield from _indexed(place, query, uuids)
            return
    tree = Tiled(place)
    end = tree.log.size if bounds[1] is None else min(bounds[1], tree.log.size)
    for index, body in tree.bodies(bounds[0], end, advance):
        if query.fits(describing.described(body)):
            yield tree.found(index, body)


def _indexed(place: LogPlace, query: Query, uuids: Sequence[str]) -> Iterator[Found]:
    server = place.v1()
    for uuid in list(dict.fromkeys(uuids))[:MOST]:
        if len(uuid) not in (64, 80):
            raise Refused(f"{server.name} answered with what is no UUID: {uuid[:90]!r}")
        found = of_v1(place, server, *server.by_uuid(uuid))
        if found.uuid.lower()[-64:] != uuid.lower()[-64:]:
            raise Refused(f"{server.name} answered with another entry than was asked for")
        if query.fits(found.about):
            yield found


def of_bundle(data: bytes) -> list[LogEntry]:
    """The log entries of a bundle; raises `Malformed`."""
    from assay.formats import sigstore_bundle

    found = list(sigstore_bundle.read(data).entries)
    if not found:
        raise Malformed("the bundle has no log entry")
    return found


def check(entry: LogEntry, logs: Sequence[Log]) -> str:
    """Which log holds the entry of a bundle; raises `Refused`."""
    return entries.included(entry, TrustedRoot(logs=tuple(logs)), ()).url
