"""Package URLs written and read by the rules of each type (purl-spec)."""

from __future__ import annotations

from collections.abc import Mapping

from assay.model.purl import Purl


def build(
    type_: str,
    name: str,
    version: str = "",
    namespace: str = "",
    qualifiers: Mapping[str, str] | None = None,
    subpath: str = "",
) -> Purl:
    """A normalised purl; raises `assay.errors.Malformed` for what its type forbids."""
    kept = tuple(sorted((key.lower(), value) for key, value in (qualifiers or {}).items() if value))
    return Purl(type_.lower(), name, version, namespace.strip("/"), kept, subpath.strip("/"))
