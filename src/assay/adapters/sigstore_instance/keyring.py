"""Private keys in one file, encrypted with one password as cosign encrypts a key (scrypt, secretbox).

Keys on tokens and in key services are not in it, but their addresses in a file beside it (`key_addresses`); whoever
reads the keys gets both.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from assay.adapters import output
from assay.adapters.sigstore_instance import key_addresses, material
from assay.adapters.sigstore_instance.key_addresses import KeyAddresses
from assay.errors import InputError, Malformed, UsageError
from assay.formats import cosign_key
from assay.model.signature import Scheme
from assay.ports import Signer
from assay.trust import signing
from assay.trust.signing import LocalKey

FILE = "keys.pem"
ROOT_FILE = "root-keys.pem"
ROOT_FILES = "root-keys*.pem"
_HERE = KeyAddresses()


def make(path: Path, schemes: Mapping[str, Scheme], password: bytes, places: KeyAddresses = _HERE) -> dict[str, Signer]:
    """New keys, by name, where `places` has them; the file must be new."""
    made = {name: key_addresses.made(places, name, scheme) for name, scheme in schemes.items()}
    keys = {name: key for name, (key, _) in made.items()}
    write(path, keys, password)
    elsewhere = {name: address for name, (_, address) in made.items() if address or name in places.keys}
    if elsewhere:
        key_addresses.write(key_addresses.path_beside(path), KeyAddresses(elsewhere, places.template))
    return keys


def add(path: Path, keys: dict[str, Signer], name: str, scheme: Scheme = Scheme.ECDSA_P256) -> Signer:
    """A new key, put among `keys`: where the others are, or into the file when that is replaced."""
    beside = key_addresses.path_beside(path)
    places = key_addresses.read(beside)
    keys[name], address = key_addresses.made(places, name, scheme)
    if address:
        key_addresses.write(beside, KeyAddresses({**places.keys, name: address}, places.template))
    return keys[name]


def write(path: Path, keys: Mapping[str, Signer], password: bytes) -> None:
    """All keys under their names; the file must be new, and is for its owner alone."""
    text = _written(keys, password)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path.parent} cannot be made: {error.strerror}", "name another place") from error
    output.new(path, text, 0o600)


def replace(path: Path, keys: Mapping[str, Signer], password: bytes) -> None:
    """Write a file anew that is there already: durably, and as a whole or not at all."""
    material.replace(path, _written(keys, password).encode(), 0o600)


def _written(keys: Mapping[str, Signer], password: bytes) -> str:
    here = {name: key for name, key in keys.items() if isinstance(key, LocalKey)}
    texts = {name: base64.b64encode(signing.pkcs8(key)).decode() for name, key in here.items()}
    return cosign_key.write(json.dumps(texts).encode(), password)


def read(path: Path, password: bytes) -> dict[str, Signer]:
    """The keys; raises `assay.errors.Refused` for a wrong password, and what a token or a key service complains of."""
    return {**_read(path, password), **key_addresses.opened(key_addresses.read(key_addresses.path_beside(path)))}


def _read(path: Path, password: bytes) -> dict[str, Signer]:
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
    return next(folder.rglob(ROOT_FILES), None)


def read_roots(folders: Sequence[Path], password: bytes) -> list[dict[str, Signer]]:
    """The root keys that lie in these folders, by file; raises `InputError` where there are none."""
    paths = [path for folder in folders for path in sorted(folder.glob(ROOT_FILES))]
    if not paths:
        where = ", ".join(map(str, folders)) or "no folder"
        raise InputError(f"there are no root keys in {where}", "--root-keys DIR names where `init` put them")
    return [read(path, password) for path in paths]
