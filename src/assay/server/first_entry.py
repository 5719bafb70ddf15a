"""The first entry of a log is its own: the origin, signed with the key of its checkpoints.

JSON of protobuf leaves zeros out, and some clients miss them in the bundles of others. So no client gets number 0.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode

from assay.engines.log import requests_v2
from assay.model.transparency import NewLeaf
from assay.server.log_shards import Shard


def of(shard: Shard) -> NewLeaf:
    """The entry: a ``hashedrekord`` over the bytes of the origin, as everybody may put in."""
    origin = shard.log.origin.encode()
    key = {"publicKey": {"rawBytes": _base64(shard.v1.public_key)}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
    signature = {"content": _base64(shard.v1.sign(origin)), "verifier": key}
    request = {"digest": _base64(hashlib.sha256(origin).digest()), "signature": signature}
    return requests_v2.admit(json.dumps({"hashedRekordRequestV002": request}).encode()).leaf


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
