"""The evidence store on SQLite: what commands found, by subject digest, durable and safe under concurrent runs."""

from assay.adapters.evidence.store import EvidenceStore

__all__ = ["EvidenceStore"]
