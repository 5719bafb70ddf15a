"""Private keys in one file, encrypted with one password as cosign encrypts a key (scrypt, secretbox)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from assay.adapters import output
from assay.errors import InputError, Malformed, UsageError
from assay.formats import cosign_key
from assay.trust import signing
from assay.trust.signing import LocalKey

FILE = "keys.pem"
ROOT_FILE = "root-keys.pem"


def write(path: Path, keys: Mapping[str, LocalKey], password: bytes) -> None:
    """All keys under their names; the file must be new, and is for its owner alone."""
    texts = {name: base64.b64encode(signing.pkcs8(key)).decode() for name, key in keys.items()}
    text = cosign_key.write(json.dumps(texts).encode(), password)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path.parent} cannot be made: {error.strerror}", "name another place") from error
    output.new(path, text, 0o600)


def read(path: Path, password: bytes) -> dict[str, LocalKey]:
    """The keys; raises `assay.errors.Refused` for a wrong password."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "assay sigstore init makes it") from error
    try:
        found = json.loads(cosign_key.read(text, password))
        return {name: signing.load(base64.b64decode(item)) for name, item in found.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise Malformed(f"{path} is no file of keys") from error


def roots_inside(folder: Path) -> Path | None:
    """A file of root keys that lies where a server could read it."""
    return next(folder.rglob(ROOT_FILE), None)
