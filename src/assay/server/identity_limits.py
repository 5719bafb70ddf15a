"""How often somebody may log: by the identity in a certificate of this instance, else by the key.

A certificate of anybody else proves no identity, and counts by its key: nobody uses up another one's share.
"""

from __future__ import annotations

import hashlib

from assay.app.sigstore import Instance
from assay.errors import Malformed, Refused
from assay.formats import certificate, rekor_entry, strict_json
from assay.model.bundle import LogEntry
from assay.model.certificate import Certificate
from assay.model.transparency import NewLeaf
from assay.server.limits import Buckets
from assay.trust import certificates, keys


class EntryLimit:
    """Raises `assay.server.limits.TooMany` for a leaf whose signer has logged too many."""

    def __init__(self, buckets: Buckets, instance: Instance) -> None:
        self._buckets, self._instance = buckets, instance

    def __call__(self, leaf: NewLeaf) -> None:
        """Count one entry."""
        for name, who in sorted({self._name(item) for item in _verifiers(leaf.data)}):
            self._buckets.require(name, who)

    def _name(self, verifier: bytes) -> tuple[str, str]:
        key = keys.spki(keys.load(verifier))
        try:
            read = certificate.read(verifier)
            if self._issued(read):
                found = certificates.identity(read)
                return f"{found.issuer} {' '.join(found.names)}", "by this identity"
        except Malformed:
            pass
        return f"key {hashlib.sha256(key).hexdigest()}", "with this key"

    def _issued(self, read: Certificate) -> bool:
        for item in self._instance.material.authorities:
            try:
                keys.check_certificate(read, certificate.read(item.chain[0]).public_key)
            except (Refused, Malformed):
                continue
            return True
        return False


def _verifiers(body: bytes) -> tuple[bytes, ...]:
    """Whose signatures an entry of ours bears."""
    read = strict_json.Reader(strict_json.load(body, "the log entry"), "the log entry")
    return rekor_entry.read(LogEntry(0, b"", read.text("kind"), read.text("apiVersion"), body)).verifiers
