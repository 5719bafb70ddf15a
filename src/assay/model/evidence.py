"""Evidence: a document about a subject, kept with who made it and when.

One body of evidence holds what every command found: SBOMs, and later scans, verifications and decisions.
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.model.digest import Digest


@dataclass(frozen=True, slots=True)
class Evidence:
    """An entry of the evidence store; the document itself is read by its `digest`.

    `subject` is the digest of what the document is about, `name` what people call that; `kind` is one lower-case
    word (``sbom``); `producer` names program and version; `time` is RFC 3339 in UTC; `size` is that of the document
    in bytes.
    """

    subject: Digest
    kind: str
    time: str
    producer: str
    digest: Digest
    size: int
    name: str = ""
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class EvidenceQuery:
    """Which entries are meant: all fields that are not empty must fit.

    `subject` and `digest` are digests or the beginnings of their hexadecimal part, `since` is RFC 3339 in UTC and
    inclusive, `limit` counts entries, newest first.
    """

    subject: str = ""
    kind: str = ""
    since: str = ""
    digest: str = ""
    limit: int = 1000
