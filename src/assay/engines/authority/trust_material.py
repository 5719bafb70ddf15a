"""What clients are told of an instance: ``trusted_root.json``, ``signing_config.v0.2.json``, both in one file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assay.formats.json import Json, Object
from assay.ports import Signer

TRUSTED_ROOT = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
SIGNING_CONFIG = "application/vnd.dev.sigstore.signingconfig.v0.2+json"
TRUST_CONFIG = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"


Chain = tuple[tuple[bytes, ...], datetime, datetime | None]
"""A chain of certificates, and from when until when it counts."""


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key of a log; `log_id` is how entries name it."""

    url: str
    signer: Signer
    log_id: bytes
    start: datetime
    end: datetime | None = None


def trusted_root(
    url: str,
    logs: Sequence[LogKey],
    ct_logs: Sequence[LogKey],
    authorities: Sequence[Chain],
    timestampers: Sequence[Chain],
) -> Object:
    """The trusted root; the authorities are chains (DER, leaf first), each with its time."""
    return {
        "mediaType": TRUSTED_ROOT,
        "tlogs": [_log(item) for item in logs],
        "certificateAuthorities": [_authority(url, *item) for item in authorities],
        "ctlogs": [_log(item) for item in ct_logs],
        "timestampAuthorities": [_authority(f"{url}/api/v1/timestamp", *item) for item in timestampers],
    }


def _log(item: LogKey) -> Object:
    key = item.signer
    return {
        "baseUrl": item.url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": _base64(key.public_key),
            "keyDetails": key.scheme.value,
            "validFor": _valid(item.start, item.end),
        },
        "logId": {"keyId": _base64(item.log_id)},
    }


def _authority(url: str, chain: tuple[bytes, ...], start: datetime, end: datetime | None) -> Object:
    certificates: list[Json] = [{"rawBytes": _base64(item)} for item in chain]
    return {
        "subject": {"organization": "assay", "commonName": "assay sigstore"},
        "uri": url,
        "certChain": {"certificates": certificates},
        "validFor": _valid(start, end),
    }


def _valid(start: datetime, end: datetime | None) -> Object:
    return {"start": _time(start), "end": _time(end)} if end is not None else {"start": _time(start)}


def signing_config(url: str, oidc: str, start: datetime) -> Object:
    """Where to sign: the newest log API first."""

    def service(path: str, version: int) -> Json:
        return {
            "url": path,
            "majorApiVersion": version,
            "validFor": {"start": _time(start)},
            "operator": "assay",
        }

    return {
        "mediaType": SIGNING_CONFIG,
        "caUrls": [service(url, 1)],
        "oidcUrls": [service(oidc, 1)] if oidc else [],
        "rekorTlogUrls": [service(url, 2), service(url, 1)],
        "tsaUrls": [service(f"{url}/api/v1/timestamp", 1)],
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaConfig": {"selector": "ANY"},
    }


def trust_config(root: Object, signing: Object) -> Object:
    """Both in one."""
    return {"mediaType": TRUST_CONFIG, "trustedRoot": root, "signingConfig": signing}


def ct_log_id(signer: Signer) -> bytes:
    """SHA-256 of the key (RFC 6962, 3.2)."""
    return hashlib.sha256(signer.public_key).digest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
