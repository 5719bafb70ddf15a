"""Writes pairs of key files as cosign names them: PREFIX.key for the owner alone, and PREFIX.pub."""

from __future__ import annotations

from pathlib import Path

from assay.adapters import output
from assay.errors import UsageError
from assay.formats import cosign_key, pem
from assay.trust.signing import LocalKey, pkcs8


def write(key: LocalKey, prefix: str, password: bytes) -> tuple[Path, Path]:
    """Both files; raises `UsageError` where one of them is there already."""
    private, public = Path(f"{prefix}.key"), Path(f"{prefix}.pub")
    for path in (private, public):
        if path.exists():
            raise UsageError(f"{path} is there already", "name others: --output-key-prefix PREFIX")
    output.new(private, cosign_key.write(pkcs8(key), password), 0o600)
    output.new(public, pem.write("PUBLIC KEY", key.public_key), 0o644)
    return private, public
