"""in-toto statements v0.1 and v1: what is claimed (the predicate) about which artifacts (the subjects)."""

from __future__ import annotations

from typing import NamedTuple

from assay.errors import Malformed
from assay.formats import strict_json
from assay.formats.json import Json
from assay.formats.strict_json import Reader

_TYPES = frozenset(("https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"))
MAX_SUBJECTS = 1024

PREDICATES = {
    "slsaprovenance": ("https://slsa.dev/provenance/v0.2",),
    "slsaprovenance02": ("https://slsa.dev/provenance/v0.2",),
    "slsaprovenance1": ("https://slsa.dev/provenance/v1",),
    "spdx": ("https://spdx.dev/Document",),
    "spdxjson": ("https://spdx.dev/Document",),
    "cyclonedx": ("https://cyclonedx.org/bom",),
    "link": ("https://in-toto.io/Link/v1",),
    "vuln": ("https://cosign.sigstore.dev/attestation/vuln/v1",),
    "openvex": ("https://openvex.dev/ns", "https://openvex.dev/ns/v0.2.0"),
    "custom": ("https://cosign.sigstore.dev/attestation/v1",),
}
"""cosign's short names of predicate types."""
SIGNED_IMAGE = "https://sigstore.dev/cosign/sign/v1"
"""The predicate type of a statement that only signs an image."""


class Statement(NamedTuple):
    """A statement: subjects as name and digests by algorithm."""

    subjects: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    predicate_type: str
    predicate: Json = None

    def names(self, algorithm: str, digest: str) -> bool:
        """Whether one of the subjects has that digest."""
        return any((algorithm, digest) in digests for _, digests in self.subjects)


def read(payload: bytes) -> Statement:
    """The statement; raises `Malformed` for what is none."""
    value = Reader(strict_json.load(payload, "the statement"), "the statement")
    kind = value.text("_type")
    if kind not in _TYPES:
        raise Malformed(f"the payload is of the type {kind[:80]!r}, no in-toto statement")
    subjects = value.objects("subject")
    if not subjects or len(subjects) > MAX_SUBJECTS:
        raise Malformed(f"the statement has {len(subjects)} subjects")
    found = []
    for item in subjects:
        digests = item.object("digest").value
        pairs = tuple((name, text) for name, text in digests.items() if isinstance(text, str))
        if not pairs:
            raise Malformed("a subject of the statement has no digest")
        found.append((item.text("name", ""), pairs))
    return Statement(tuple(found), value.text("predicateType"), value.value.get("predicate"))


def wanted(name: str) -> tuple[str, ...]:
    """The predicate types that a short name or an address means."""
    return PREDICATES.get(name.lower(), (name,))
