"""Sigstore's ``trusted_root.json`` (protobuf-specs ``sigstore_trustroot.proto`` as proto-JSON).

::

    {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1", "tlogs": [{"baseUrl": "https://…",
       "publicKey": {"rawBytes": "…", "keyDetails": "PKIX_ED25519", "validFor": {"start": "…"}},
       "logId": {"keyId": "…"}}],
     "certificateAuthorities": [{"uri": "…", "certChain": {"certificates": [{"rawBytes": "…"}]}, "validFor": {…}}],
     "ctlogs": […], "timestampAuthorities": […]}
"""

from __future__ import annotations

from datetime import UTC, datetime

from assay.errors import LimitExceeded, Malformed
from assay.formats import client_trust
from assay.formats.strict_json import Reader
from assay.model.trusted_root import Authority, Log, TrustedRoot, Validity

_MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot"
MAX = 256


def read(data: bytes) -> TrustedRoot:
    """The trusted root, also out of a client trust configuration; raises `Malformed`."""
    root = client_trust.part(data, "trustedRoot", _MEDIA_TYPE, "the trusted root")
    return TrustedRoot(
        tuple(_log(item) for item in _few(root, "tlogs")),
        tuple(_log(item) for item in _few(root, "ctlogs")),
        tuple(_authority(item) for item in _few(root, "certificateAuthorities")),
        tuple(_authority(item) for item in _few(root, "timestampAuthorities")),
    )


def _few(root: Reader, name: str) -> list[Reader]:
    items = root.objects(name)
    if len(items) > MAX:
        raise LimitExceeded(f"{root.where}.{name} has {len(items)} items (at most {MAX})")
    return items


def _log(item: Reader) -> Log:
    key = item.object("publicKey")
    return Log(
        item.text("baseUrl", ""),
        key.binary("rawBytes"),
        key.text("keyDetails", ""),
        item.object("logId").binary("keyId") if item.has("logId") else b"",
        validity(key),
        item.object("checkpointKeyId").binary("keyId") if item.has("checkpointKeyId") else b"",
    )


def _authority(item: Reader) -> Authority:
    chain = item.object("certChain").objects("certificates")
    return Authority(item.text("uri", ""), tuple(one.binary("rawBytes") for one in chain), validity(item))


def validity(item: Reader) -> Validity:
    """The part ``validFor``; no bounds where it is missing."""
    if not item.has("validFor"):
        return Validity()
    range_ = item.object("validFor")
    return Validity(_moment(range_, "start"), _moment(range_, "end"))


def _moment(range_: Reader, name: str) -> datetime | None:
    text = range_.text(name, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{range_.where}.{name} is {text[:40]!r}, no time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
