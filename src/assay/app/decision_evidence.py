"""Decisions as evidence: kept by the digest of each image, and by workload where no image is known.

A document of kind ``admission-decision``::

    {"type": "https://assay.dev/admission-decision/v1", "time": "2026-11-26T20:11:04.120Z", "uid": "705ab4f5-...",
     "operation": "CREATE", "kind": "Pod", "apiVersion": "v1", "namespace": "shop", "name": "app",
     "user": "dev@org.example", "verdict": "fail", "action": "deny",
     "images": {"registry.example/app:1": "sha256:9f86..."}, "evidence": ["sha256:...", ...],
     "results": [{"policy": "AssayPolicy/release", "rule": "signedBy", "outcome": "fail", "action": "deny",
                  "message": "...", "details": {"found": "...", "wanted": "...", "mend": "..."}}]}

Its subject is an image's digest; of what runs no image, the SHA-256 of ``workload:NAMESPACE/KIND/NAME``. `evidence` are
the digests of the documents (kind ``image-verification``) that the decision rests on; they are kept, too. The request
itself, for replays, is recorded beside (`assay.formats.recorded_admission`). Everything is written by one thread in
batches, and decisions older than `keep` are forgotten. One that a broken glass let pass is also written before it is
answered, of kind ``break-glass-use``, and never forgotten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from assay import __version__
from assay.adapters.batches import Batches
from assay.adapters.evidence import EvidenceStore
from assay.adapters.recorded_admissions import FOLDER, RecordedAdmissions
from assay.app import decision_entries
from assay.app.companions import Decided, Figure, Proof
from assay.formats import digest as digests
from assay.formats import image_verification, json_bytes, recorded_admission
from assay.model.digest import Algorithm, Digest

TYPE = "https://assay.dev/admission-decision/v1"
KIND = "admission-decision"
GLASS = "break-glass-use"
KEEP = timedelta(days=90)
_FORGET_EVERY = timedelta(minutes=10)
_MAX_WRITTEN = 50_000
_MAX_WAITING, _MAX_PROOFS_WAITING = 1_000, 500
"""Each holds its request, so some ten thousand bytes and more."""


class _Proven(NamedTuple):
    proof: Proof
    document: bytes


class DecisionEvidence:
    """Keeps decisions and what they rest on: `assay.app.companions.Companion`."""

    def __init__(
        self,
        evidence: Path,
        admission: Path,
        keep: timedelta = KEEP,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder, self._keep, self._now = evidence, keep, now
        self._requests = RecordedAdmissions(admission / FOLDER)
        self._batches: Batches[Decided] = Batches("evidence", self._write, _MAX_WAITING, size=200)
        self._proofs: Batches[_Proven] = Batches("proofs", self._write_proofs, _MAX_PROOFS_WAITING, size=50)
        self._forgotten = datetime.min.replace(tzinfo=UTC)
        self._written: dict[str, None] = {}
        self.recorded = 0

    @property
    def figures(self) -> Sequence[Figure]:
        """What is measured."""
        batches, proofs = self._batches, self._proofs
        return (
            Figure("assay_evidence_recorded_total", "Decisions kept.", lambda: self.recorded, "counter"),
            Figure(
                "assay_evidence_dropped_total",
                "Decisions and verifications not kept.",
                lambda: batches.dropped + proofs.dropped,
                "counter",
            ),
            Figure("assay_evidence_waiting", "Decisions to be kept.", lambda: batches.waiting + proofs.waiting),
        )

    @property
    def complaints(self) -> Mapping[str, str]:
        """Why decisions are not kept."""
        problem = self._batches.problem or self._proofs.problem
        return {"decisions": f"they are not kept: {problem}"} if problem else {}

    def start(self) -> None:
        """Begin."""
        self._proofs.start()
        self._batches.start()

    def decided(self, told: Decided) -> None:
        """Keep a decision soon."""
        self._batches.put(told)

    def witness(self, told: Decided) -> None:
        """Keep the use of a broken glass, now: it is on disk when this returns. Raises `AssayError`."""
        with EvidenceStore.open(self._folder, self._now) as store:
            store.record_all(((GLASS, *entry[1:]) for entry in entries(told)), _PRODUCER)

    def proven(self, proof: Proof, document: bytes) -> None:
        """Keep what was verified soon."""
        self._proofs.put(_Proven(proof, document))

    def close(self) -> None:
        """Write what waits."""
        self._batches.close()
        self._proofs.close()

    def _write(self, batch: list[Decided]) -> None:
        self._requests.write([recorded_admission.write(one.time, one.request, one.decision) for one in batch])
        with EvidenceStore.open(self._folder, self._now) as store:
            store.record_all((entry for one in batch for entry in entries(one)), _PRODUCER)
            self.recorded += len(batch)
            if self._now() - self._forgotten > _FORGET_EVERY:
                self._forgotten = self._now()
                store.forget(KIND, (self._now() - self._keep).isoformat())

    def _write_proofs(self, batch: list[_Proven]) -> None:
        new = {one.proof.evidence: one for one in batch if one.proof.evidence not in self._written}
        if not new:
            return
        with EvidenceStore.open(self._folder, self._now) as store:
            known = {evidence for evidence in new if store.has(digests.parse(evidence))}
            store.record_all(
                (
                    (image_verification.KIND, digests.parse(one.proof.image), "", one.document)
                    for evidence, one in new.items()
                    if evidence not in known
                ),
                _PRODUCER,
            )
        if len(self._written) + len(new) > _MAX_WRITTEN:
            self._written = {}
        self._written |= dict.fromkeys(new)


_PRODUCER = f"assay {__version__}"


def entries(told: Decided) -> Iterator[tuple[str, Digest, str, bytes]]:
    """The entries of a decision: kind, subject, name and document."""
    request = told.request
    place = "/".join(filter(None, (request.namespace, request.kind.kind, decision_entries.name(request))))
    document = json_bytes.encode({"type": TYPE, **told.entry})
    subjects = {digest: image for image, digest in told.images.items()}
    for digest, image in subjects.items():
        yield KIND, digests.parse(digest), f"{image} in {place}", document
    if not subjects:
        value = hashlib.sha256(f"workload:{place}".encode()).hexdigest()
        yield KIND, Digest(Algorithm.SHA256, value), place, document
