"""Rekor v1 as a reader asks it (rekor ``openapi.yaml``): entries by number and UUID, search, proofs, checkpoints."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from assay.adapters.registry.transport import Policy, Transport, host_of
from assay.adapters.sigstore.services import entry_of_v1
from assay.errors import ExternalError, InputError, Malformed, Refused
from assay.formats import strict_json, tlog_note
from assay.formats.json import Json, Object
from assay.formats.strict_json import Reader
from assay.model.bundle import Checkpoint, LogEntry

_MAX = 16 << 20
AT_ONCE = 10
"""Entries that Rekor gives in one answer."""


class Shown(NamedTuple):
    """A tree as Rekor shows it; `offset` is the number of entries in the trees before it."""

    tree_id: str
    offset: int
    checkpoint: Checkpoint
    text: str


class RekorV1:
    """One server."""

    def __init__(self, url: str, transport: Transport | None = None) -> None:
        self.name = url.rstrip("/")
        self._transport = transport or Transport(Policy(timeout=20, attempts=3, patience=20))
        self._transport.require(url)

    def trees(self) -> list[Shown]:
        """All its trees, the elder ones first."""
        info = self._object("GET", "/api/v1/log")
        found: list[Shown] = []
        for item in (*info.objects("inactiveShards"), info):
            text = item.text("signedTreeHead")
            shown = tlog_note.checkpoint(text)
            offset = found[-1].offset + found[-1].checkpoint.size if found else 0
            found.append(Shown(item.text("treeID"), offset, shown, text))
            if len(found) > 1000:
                raise Refused(f"{self.name} names more than a thousand trees")
        return found

    def consistency(self, tree_id: str, first: int, last: int) -> list[bytes]:
        """The proof that one state of a tree grew out of another."""
        query = f"firstSize={first}&lastSize={last}&treeID={quote(tree_id)}"
        found = self._object("GET", f"/api/v1/log/proof?{query}").value.get("hashes")
        hashes = found if isinstance(found, list) else []
        if len(hashes) > 64:
            raise Refused(f"{self.name} answered with a proof of {len(hashes)} hashes")
        return [strict_json.decode_hex(str(item), "a hash of the proof") for item in hashes]

    def by_index(self, index: int) -> tuple[str, LogEntry]:
        """UUID and entry; raises `Refused` where there is none."""
        return self._one(self._object("GET", f"/api/v1/log/entries?logIndex={index}"))

    def by_uuid(self, uuid: str) -> tuple[str, LogEntry]:
        """The same by UUID."""
        return self._one(self._object("GET", f"/api/v1/log/entries/{quote(uuid)}"))

    def some(self, indexes: Sequence[int]) -> list[tuple[str, LogEntry]]:
        """Some entries, at most `AT_ONCE`, in their order; raises `ExternalError` where one is missing."""
        body: Object = {"logIndexes": list(indexes)}
        data = self._ask("POST", "/api/v1/log/entries/retrieve", body)
        found = [self._one(Reader(item, "an entry")) for item in _items(data, self.name)]
        by_index = {entry.log_index: (uuid, entry) for uuid, entry in found}
        if any(index not in by_index for index in indexes):
            raise ExternalError(f"{self.name} left out an entry that it must have", "ask again; tell its operator")
        return [by_index[index] for index in indexes]

    def search(self, query: Mapping[str, Json]) -> list[str]:
        """The UUIDs of what fits, as the server says."""
        data = self._ask("POST", "/api/v1/index/retrieve", dict(query))
        return [str(item) for item in _items(data, self.name)]

    def _one(self, answer: Reader) -> tuple[str, LogEntry]:
        if len(answer.value) != 1:
            raise ExternalError(f"{self.name} answered with {len(answer.value)} log entries", "look at its log")
        (uuid,) = answer.value
        return uuid, entry_of_v1(answer.object(uuid))

    def _object(self, method: str, path: str) -> Reader:
        where = f"the answer of {host_of(self.name)}"
        return Reader(strict_json.load(self._ask(method, path), where), where)

    def _ask(self, method: str, path: str, body: Object | None = None) -> bytes:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        answer = self._transport.request(method, self.name + path, headers, sent)
        try:
            data = answer.read(_MAX)
        finally:
            answer.close()
        if answer.status == 404:
            raise Refused(f"{self.name} has no such entry", "check the number or UUID, and the address of the log")
        if answer.status in (400, 422):
            raise InputError(f"{self.name} does not understand the question: {_said(data)}", "ask in another way")
        if answer.status != 200:
            raise ExternalError(f"{self.name} answered {answer.status}", "try again later")
        return data


def _items(data: bytes, name: str) -> list[Json]:
    """A list at the top, which the strict reader of objects takes inside of one."""
    found = strict_json.load(b'{"items":' + data + b"}", f"the answer of {name}").get("items")
    if not isinstance(found, list) or len(found) > 100_000:
        raise Malformed(f"{name} did not answer with a list")
    return found


def _said(data: bytes) -> str:
    return " ".join(data[:300].decode("utf-8", "replace").split())


def key_query(pem: bytes) -> Json:
    """How a key or certificate is asked for."""
    return {"format": "x509", "content": b64encode(pem).decode()}
