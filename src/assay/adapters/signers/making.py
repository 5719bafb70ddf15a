"""New keys on a token: they are made there and never leave it."""

from __future__ import annotations

import os
from typing import Any

from assay.adapters.signers import pkcs11 as holding
from assay.adapters.signers import token
from assay.errors import InputError, UsageError
from assay.formats import pkcs11_uri
from assay.formats.pkcs11_uri import Pkcs11Uri
from assay.model.signature import Scheme

_PARAMETERS = {
    Scheme.ECDSA_P256: bytes.fromhex("06082a8648ce3d030107"),
    Scheme.ECDSA_P384: bytes.fromhex("06052b81040022"),
    Scheme.ECDSA_P521: bytes.fromhex("06052b81040023"),
    Scheme.ED25519: bytes.fromhex("06032b6570"),
}


def generate(address: str, scheme: Scheme = Scheme.ECDSA_P256) -> Pkcs11Uri:
    """Make a key pair under the label and id of an address; the address by which it is found without doubt.

    Raises `UsageError` where the token holds a key under these already, `InputError` where it cannot make such keys.
    """
    import pkcs11

    uri = pkcs11_uri.read(address)
    if "object" not in uri.path:
        raise UsageError("the PKCS #11 address does not say how the key is named", "object=LABEL")
    with token.told(uri):
        session = token.opened(uri, writable=True)
        if list(holding.objects(session, uri, pkcs11.ObjectClass.PRIVATE_KEY)):
            raise UsageError(f"the token holds a key already: {uri.shown}", "name another: object=LABEL")
        identifier = uri.id or os.urandom(8)
        _make(session, scheme, uri.text("object") or "", identifier)
        path = {"token": session.token.label.encode(), "object": uri.path["object"], "id": identifier}
    return Pkcs11Uri(path)


def _make(session: Any, scheme: Scheme, label: str, identifier: bytes) -> None:
    import pkcs11

    attribute, flags = pkcs11.Attribute, pkcs11.MechanismFlag
    private = {attribute.SENSITIVE: True, attribute.EXTRACTABLE: False}
    named: dict[str, Any] = {"id": identifier, "label": label, "store": True, "private_template": private}
    named["capabilities"] = flags.SIGN | flags.VERIFY
    if scheme.value.startswith("PKIX_RSA"):
        session.generate_keypair(pkcs11.KeyType.RSA, int(scheme.value.rsplit("_", 2)[1]), **named)
        return
    if scheme not in _PARAMETERS:
        raise InputError(f"keys of the kind {scheme.value} are not made on tokens", "--algorithm ecdsa-p256")
    kind = pkcs11.KeyType.EC_EDWARDS if scheme is Scheme.ED25519 else pkcs11.KeyType.EC
    parameters = {attribute.EC_PARAMS: _PARAMETERS[scheme]}
    session.create_domain_parameters(kind, parameters, local=True).generate_keypair(**named)
