"""cosign's private key files: PKCS #8 in a secretbox (XSalsa20, Poly1305) whose key scrypt derives from a password.

::

    -----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----      (cosign 1: ENCRYPTED COSIGN PRIVATE KEY)
    base64 of {"kdf": {"name": "scrypt", "params": {"N": 65536, "r": 8, "p": 1}, "salt": "…"},
               "cipher": {"name": "nacl/secretbox", "nonce": "…"}, "ciphertext": "…"}
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64encode

from assay.errors import LimitExceeded, Malformed, Refused
from assay.formats import pem, strict_json
from assay.formats.strict_json import Reader

LABELS = ("ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY")
_MAX_MEMORY = 256 << 20
_N, _R, _P = 65536, 8, 1


def is_key(data: bytes) -> bool:
    """Whether a file is one of these."""
    return any(f"-----BEGIN {label}-----".encode() in data for label in LABELS)


def read(data: bytes, password: bytes) -> bytes:
    """The PKCS #8 key (DER).

    Raises `Malformed` for another file, `LimitExceeded` for one that would take too much memory to open, `Refused` for
    a wrong password.
    """
    found = [content for label, content in pem.blocks(data) if label in LABELS]
    if len(found) != 1:
        raise Malformed(f"{len(found)} encrypted private keys are in the file, where one belongs")
    whole = Reader(strict_json.load(found[0], "the private key"), "the private key")
    cipher = whole.object("cipher")
    if cipher.text("name") != "nacl/secretbox":
        raise Malformed(f"the private key is encrypted with {cipher.text('name')[:40]!r}, which is not known")
    key = _derived(whole.object("kdf"), password)
    return _opened(key, cipher.binary("nonce"), whole.binary("ciphertext"))


def _derived(kdf: Reader, password: bytes) -> bytes:
    if kdf.text("name") != "scrypt":
        raise Malformed(f"the private key is derived with {kdf.text('name')[:40]!r}, which is not known")
    params = kdf.object("params")
    n, r, p = (params.integer(name) for name in ("N", "r", "p"))
    if n < 2 or n & (n - 1) or r < 1 or p < 1:
        raise Malformed("the parameters of scrypt are none")
    if 128 * n * r + 128 * r * p > _MAX_MEMORY or p > 16:
        raise LimitExceeded(f"the private key wants scrypt with N={n}, r={r}, p={p}, more than assay grants")
    return _scrypt(password, kdf.binary("salt"), (n, r, p))


def _scrypt(password: bytes, salt: bytes, params: tuple[int, int, int]) -> bytes:
    n, r, p = params
    try:
        return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=_MAX_MEMORY * 2, dklen=32)
    except (ValueError, MemoryError) as error:
        raise Malformed(f"scrypt refuses: {error}") from error


def _opened(key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    from nacl.exceptions import CryptoError
    from nacl.secret import SecretBox

    if len(nonce) != SecretBox.NONCE_SIZE or len(sealed) < SecretBox.MACBYTES:
        raise Malformed("the nonce or the ciphertext of the private key has a wrong length")
    try:
        return bytes(SecretBox(key).decrypt(sealed, nonce))
    except CryptoError:
        raise Refused("the password does not open the private key", "check COSIGN_PASSWORD") from None


def write(pkcs8: bytes, password: bytes) -> str:
    """A key file that cosign reads."""
    from nacl.secret import SecretBox

    salt, nonce = secrets.token_bytes(32), secrets.token_bytes(SecretBox.NONCE_SIZE)
    sealed = SecretBox(_scrypt(password, salt, (_N, _R, _P))).encrypt(pkcs8, nonce).ciphertext
    value = {
        "kdf": {"name": "scrypt", "params": {"N": _N, "r": _R, "p": _P}, "salt": b64encode(salt).decode()},
        "cipher": {"name": "nacl/secretbox", "nonce": b64encode(nonce).decode()},
        "ciphertext": b64encode(sealed).decode(),
    }
    return pem.write(LABELS[0], json.dumps(value, separators=(",", ":")).encode())
