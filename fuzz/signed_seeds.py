"""Seeds out of signed material: the trusted root in the package, and the suites where they are."""

from __future__ import annotations

import json
import os
from pathlib import Path

from assay.adapters.trust_roots import embedded
from assay.errors import AssayError
from assay.formats import sigstore_bundle, sigstore_bundle_writer, trusted_root
from assay.model.bundle import Bundle, Envelope


def _files() -> list[bytes]:
    folder = Path(os.environ.get("ASSAY_SUITES") or Path(__file__).parents[2] / "shared" / "data")
    found = sorted(folder.glob("sigstore-bundles/**/*.sigstore*")) + sorted(folder.glob("cosign/blobs/*.sigstore.json"))
    return [path.read_bytes() for path in found if path.is_file()]


def _read() -> list[Bundle]:
    found = []
    for data in _files():
        try:
            found.append(sigstore_bundle.read(data))
        except AssayError:
            continue
    return found


def bundles() -> list[bytes]:
    """Bundles, payloads and a trusted root."""
    return [b"{}", embedded(), *_files()]


def certificates() -> list[bytes]:
    """Certificates and keys."""
    root = trusted_root.read(embedded())
    chains = [item for authority in root.authorities for item in authority.chain]
    return [*chains, *(log.key for log in root.logs), *(item for one in _read() for item in one.certificates)]


def notes() -> list[bytes]:
    """Checkpoints."""
    proofs = [entry.proof for one in _read() for entry in one.entries]
    return [b"log.example\n1\nAAAA\n\n", *(item.checkpoint.encode() for item in proofs if item and item.checkpoint)]


def timestamps() -> list[bytes]:
    """Timestamps."""
    return [b"0\0", *(item for one in _read() for item in one.timestamps)]


def envelopes() -> list[bytes]:
    """DSSE envelopes."""
    found = [one.content for one in _read() if isinstance(one.content, Envelope)]
    written = [json.dumps(sigstore_bundle_writer.envelope(item)).encode() for item in found]
    return [b'{"payload": "", "payloadType": "x", "signatures": [{"sig": "AA=="}]}', *written]
