"""What every document of ours says about its making: the tool and the time; and how it becomes evidence."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from assay import __version__
from assay.errors import UsageError
from assay.model.digest import Algorithm, Digest
from assay.model.sbom import Sbom, Tool
from assay.ports import Ledger

TOOL = Tool("assay", __version__)


def timestamp() -> str:
    """Now, or ``SOURCE_DATE_EPOCH`` (reproducible-builds.org), as RFC 3339 in UTC.

    Raises `UsageError` for an epoch that is no number.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        moment = datetime.now(UTC)
    else:
        try:
            moment = datetime.fromtimestamp(int(epoch), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise UsageError(f"SOURCE_DATE_EPOCH is {epoch!r}, no time", "set it to seconds since 1970") from error
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def record(ledger: Ledger, kind: str, found: Sbom, document: bytes, media_type: str) -> None:
    """Keep a document in the evidence store, by the digest of the subject.

    A directory has no digest of its own: what was found in it stands for it, whatever the time.
    """
    subject = found.subject.digests[0] if found.subject.digests else content_digest(found)
    producer = f"{TOOL.name} {TOOL.version}"
    ledger.record(kind, subject, document, producer=producer, name=found.subject.name, media_type=media_type)


def content_digest(found: Sbom) -> Digest:
    """A digest over the ids of all components and their digests."""
    import hashlib

    state = hashlib.sha256()
    for component in found.components:
        state.update(f"{component.id} {' '.join(map(str, component.digests))}\n".encode("utf-8", "surrogateescape"))
    return Digest(Algorithm.SHA256, state.hexdigest())
