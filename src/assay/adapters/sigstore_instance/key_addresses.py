"""Keys of an instance that are on tokens or in key services: their addresses, in a file beside that of the others.

::

    {"template": "pkcs11:token=sigstore;object={role}?pin-source=/run/pin",
     "keys": {"ca": "pkcs11:token=sigstore;object=ca?pin-source=/run/pin", "ct": "awskms:///alias/ct", ...}}

There is no secret in it: an address with a PIN is refused. The template says where new keys are when one is rotated;
on a token they are made, in a key service they must be there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assay.adapters import signers
from assay.adapters.sigstore_instance import material
from assay.errors import AssayError, InputError, Malformed, UsageError
from assay.formats import pkcs11_uri
from assay.model.signature import Scheme
from assay.ports import Signer
from assay.trust import signing

_ROLE = "{role}"
_ECDSA = (Scheme.ECDSA_P256, Scheme.ECDSA_P384)
_SCHEMES = {
    "log-v1": (Scheme.ECDSA_P256,),
    "log-v2": (Scheme.ED25519,),
    "ct": (Scheme.ECDSA_P256,),
    "ca": _ECDSA,
    "tsa": _ECDSA,
    "tuf": _ECDSA,
    "ca-root": _ECDSA,
    "tuf-root": _ECDSA,
}
"""The kinds of keys that serve, by role: what clients read from logs of each version, and what all of them check."""

_SPARES = ("ca-2", "tsa-2")
"""Made with the instance, whose maker says where they are."""


@dataclass(frozen=True, slots=True)
class KeyAddresses:
    """Where keys are, by name (``ca-2``); others, and those that are empty, are in the file of encrypted keys."""

    keys: Mapping[str, str] = field(default_factory=dict)
    template: str = ""


def path_beside(keyring: Path) -> Path:
    """The file that goes with one of encrypted keys."""
    return keyring.with_suffix(".addresses.json")


def parse(template: str, named: list[str]) -> KeyAddresses:
    """What is asked for: a template with ``{role}``, and ``ROLE=ADDRESS`` each; raises `UsageError`."""
    if template and _ROLE not in template:
        raise UsageError("the address of all keys does not tell them apart", "write {role} where their names differ")
    found = {}
    for text in named:
        role, parted, address = text.partition("=")
        if not parted or _base(role) not in _SCHEMES:
            raise UsageError(f"{role[:40]!r} is no role of a key", f"ROLE=ADDRESS, one of {', '.join(_SCHEMES)}")
        found[role] = address
    for address in (*found.values(), template.replace(_ROLE, "ca")):
        _check(address)
    return KeyAddresses(found, template)


def _check(address: str) -> None:
    if pkcs11_uri.is_uri(address):
        if "pin-value" in pkcs11_uri.read(address).query:
            raise UsageError("the PIN would be kept with the instance", "?pin-source=FILE, or COSIGN_PKCS11_PIN")
    elif address and not address.startswith(signers.SERVICES):
        raise UsageError(
            "keys of an instance are in its file, on tokens or in key services", "pkcs11:... or awskms://..."
        )


def _base(role: str) -> str:
    """``ca`` of ``ca-2``, ``log-v1`` of ``log-v1-3``, ``tuf-root`` of ``tuf-root-2-1``; empty for what is no role."""
    found = re.fullmatch(rf"({'|'.join(_SCHEMES)})(-[0-9]{{1,9}})*", role)
    return found[1] if found else ""


def check_names(addresses: KeyAddresses, names: Iterable[str]) -> None:
    """Raise `UsageError` for an address of a key that is not made."""
    unknown = sorted(set(addresses.keys) - set(names))
    if unknown:
        raise UsageError(f"there is no key {unknown[0]} in this instance", f"there are {', '.join(names)}")


def read(path: Path) -> KeyAddresses:
    """Those in a file; none where there is none."""
    try:
        found = json.loads(path.read_bytes())
        keys = {str(name): str(address) for name, address in found["keys"].items()}
        return KeyAddresses(keys, str(found["template"]))
    except FileNotFoundError:
        return KeyAddresses()
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed(f"{path} is damaged: {error}", "restore the instance from a backup") from error


def write(path: Path, addresses: KeyAddresses) -> None:
    """To a file: durably, and as a whole or not at all."""
    data = {"template": addresses.template, "keys": dict(addresses.keys)}
    material.replace(path, json.dumps(data, indent=1).encode() + b"\n")


def opened(addresses: KeyAddresses) -> dict[str, Signer]:
    """The keys at their addresses; raises what their opening raises, with the role."""
    return {role: _opened(role, address) for role, address in addresses.keys.items() if address}


def _opened(role: str, address: str) -> Signer:
    try:
        found = signers.elsewhere(address)
    except AssayError as error:
        raise type(error)(f"the key of {role}: {error.what}", error.remedy) from error
    if found is None:
        raise UsageError(
            f"the address of the key of {role} is of no kind that is known", "name a token or a key service"
        )
    wanted = _SCHEMES.get(_base(role), ())
    if found.scheme not in wanted:
        names = " or ".join(scheme.value for scheme in wanted)
        raise UsageError(f"the key of {role} is {found.scheme.value}, and must be {names}", f"--key {role}=ADDRESS")
    return found


def placed(addresses: KeyAddresses, role: str) -> str:
    """Where a key of that name is or will be; empty for the file of encrypted keys."""
    if role in addresses.keys:
        return addresses.keys[role]
    here = "root" in role or addresses.keys.get(_base(role)) == "" or not _base(role)
    return "" if here else addresses.template.replace(_ROLE, role)


def made(addresses: KeyAddresses, role: str, scheme: Scheme) -> tuple[Signer, str]:
    """A new key for a role with its address: on a token or in a key service if that is where it belongs, else local.

    Raises `UsageError` where other keys of this role are elsewhere and nothing says where the new one is: it must not
    get into a file by itself.
    """
    address = placed(addresses, role)
    if not address:
        if not addresses.template and addresses.keys.get(_base(role)) and role not in _SPARES:
            remedy = "`assay sigstore init --keys` names a place for all; or add it to keys.addresses.json"
            raise UsageError(f"nothing says where the new key {role} is", remedy)
        return signing.generate(scheme), ""
    if pkcs11_uri.is_uri(address) and "object" in pkcs11_uri.read(address).path:
        _make_on_token(address, scheme)
    return _opened(role, address), address


def _make_on_token(address: str, scheme: Scheme) -> None:
    """Make the key, unless it is there."""
    from assay.adapters.signers import making, pkcs11

    try:
        pkcs11.Pkcs11Key(address)
    except InputError:
        making.generate(address, scheme)
