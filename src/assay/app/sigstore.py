"""A whole instance of Sigstore, put together: made once, then opened with its keys."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assay.adapters.sigstore_instance import keyring, tuf_repository
from assay.adapters.sigstore_instance.issuer_keys import IssuerKeys
from assay.app.transparency import open_log
from assay.engines.authority import issuers, trust_material, x509
from assay.engines.authority.issuers import Issuers
from assay.engines.authority.issuing import CertificateAuthority
from assay.engines.authority.timestamping import TimestampAuthority
from assay.engines.log import checkpoint
from assay.engines.log.sequencer import Log
from assay.errors import InputError, UsageError
from assay.formats.json import as_object, load
from assay.model.signature import Scheme
from assay.trust import signing
from assay.trust.signing import LocalKey

ONLINE = ("ca", "tsa", "ct", "log-v1", "tuf", "oidc")
_DEV = "oidc-issuers:\n  {url}:\n    issuer-url: {url}\n    client-id: sigstore\n    type: email\n"


@dataclass(frozen=True)
class Making:
    """What an instance is made of; `url` is where clients will find it, without a slash at the end."""

    folder: Path
    root_keys: Path
    url: str
    password: bytes
    root_password: bytes
    now: datetime
    issuers: str = ""
    roots: int = 1
    threshold: int = 1


@dataclass(frozen=True)
class Instance:
    """An opened one."""

    folder: Path
    url: str
    authority: CertificateAuthority
    timestamper: TimestampAuthority
    log: Log
    ct: Log
    issuers: Issuers
    keys: IssuerKeys
    online: dict[str, LocalKey]
    trust_config: dict[str, Any]
    development: bool

    @property
    def repository(self) -> Path:
        """The folder of its TUF repository."""
        return self.folder / "repository"

    def publish(self, now: datetime) -> bool:
        """Bring the TUF repository up to date; True if anything was due."""
        found = self.trust_config
        targets = {
            "trusted_root.json": _json(found["trustedRoot"]),
            "signing_config.v0.2.json": _json(found["signingConfig"]),
        }
        return tuf_repository.publish(self.repository, targets, self.online["tuf"], now)


def make(making: Making) -> None:
    """All keys, certificates and the first TUF root; raises `UsageError` where there is an instance already."""
    if (making.folder / "instance.json").exists():
        raise UsageError(f"{making.folder} holds an instance already", "name another place: --data-dir DIR")
    if not 1 <= making.threshold <= making.roots:
        raise UsageError("the threshold of the TUF root must be between 1 and the number of its keys")
    issuers.read(making.issuers or _DEV.format(url=making.url))
    online = {name: signing.generate() for name in ONLINE}
    online["log-v2"] = signing.generate(Scheme.ED25519)
    roots = [signing.generate() for _ in range(making.roots)]
    root = signing.generate(Scheme.ECDSA_P384)
    stored = {"ca-root": root, **{f"tuf-root-{number}": key for number, key in enumerate(roots, 1)}}
    keyring.write(making.root_keys / keyring.ROOT_FILE, stored, making.root_password)
    keyring.write(making.folder / keyring.FILE, online, making.password)
    now = making.now.replace(microsecond=0)
    tuf_repository.init(making.folder / "repository", roots, making.threshold, online["tuf"], now)
    chains = _chains(root, online, now)
    described = {
        "url": making.url,
        "created": now.isoformat(),
        "chains": {name: [base64.b64encode(item).decode() for item in chain] for name, chain in chains.items()},
    }
    if making.issuers:
        (making.folder / "issuers.yaml").write_text(making.issuers)
    (making.folder / "instance.json").write_bytes(_json(described))


def _chains(root: LocalKey, online: dict[str, LocalKey], now: datetime) -> dict[str, tuple[bytes, ...]]:
    """The certificates of CA and TSA under one root."""
    top, middle, stamps = (
        x509.name("assay", text) for text in ("assay root", "assay intermediate", "assay timestamps")
    )
    signs = x509.key_usage(5, 6)
    anchor = x509.authority(root, root.public_key, (top, top), now, 10, (signs, x509.basic_constraints(None)))
    issues = (signs, x509.extended_usage(x509.CODE_SIGNING), x509.basic_constraints(0))
    issuing = x509.authority(root, online["ca"].public_key, (top, middle), now, 5, issues)
    stamped = (x509.key_usage(0), x509.extended_usage(x509.TIME_STAMPING, critical=True))
    stamping = x509.authority(root, online["tsa"].public_key, (top, stamps), now, 5, stamped)
    return {"ca": (issuing, anchor), "tsa": (stamping, anchor)}


def open_instance(folder: Path, password: bytes, *, development: bool = False) -> Instance:
    """Open it for serving; raises `UsageError` where its root keys lie inside."""
    inside = keyring.roots_inside(folder)
    if inside is not None:
        raise UsageError(f"the root keys lie in the data directory: {inside}", "move them to another, safe place")
    described = _described(folder)
    url, created = described["url"], datetime.fromisoformat(described["created"])
    chains = {name: tuple(map(base64.b64decode, items)) for name, items in described["chains"].items()}
    keys = keyring.read(folder / keyring.FILE, password)
    origin = urlsplit(url).hostname or "localhost"  # sigstore-go wants the host without its port
    log = open_log(folder / "log", origin, (keys["log-v1"], keys["log-v2"]))
    ct = open_log(folder / "ct", f"{origin}/ct", (keys["ct"],))
    text = (folder / "issuers.yaml").read_text() if (folder / "issuers.yaml").exists() else ""
    trusted = issuers.read(text) if text else Issuers()
    if development:
        own = issuers.read(_DEV.format(url=url))
        trusted = Issuers({**trusted.exact, **own.exact}, trusted.patterns)
    config = _trust_config(url, created, chains, keys, origin)
    return Instance(
        folder,
        url,
        CertificateAuthority(keys["ca"], chains["ca"], keys["ct"]),
        TimestampAuthority(keys["tsa"], chains["tsa"]),
        log,
        ct,
        trusted,
        IssuerKeys({url: key_set(keys["oidc"])} if development else {}),
        keys,
        config,
        development,
    )


def _described(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / "instance.json").read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} holds no instance", "make one: assay sigstore init") from error
    return found


def _trust_config(
    url: str, created: datetime, chains: dict[str, tuple[bytes, ...]], keys: dict[str, LocalKey], origin: str
) -> dict[str, Any]:
    logs: Sequence[trust_material.LogKey] = [
        trust_material.LogKey(url, keys[name], checkpoint.log_id(keys[name], origin), created)
        for name in ("log-v1", "log-v2")
    ]
    promised = trust_material.LogKey(f"{url}/ct", keys["ct"], trust_material.ct_log_id(keys["ct"]), created)
    root = trust_material.trusted_root(url, logs, [promised], (chains["ca"], created), (chains["tsa"], created))
    return trust_material.trust_config(root, trust_material.signing_config(url, url, created))


def key_set(key: LocalKey) -> dict[str, Any]:
    """The public key of the development issuer as a JSON Web Key Set."""
    from jwt.algorithms import ECAlgorithm

    found = ECAlgorithm.to_jwk(key.private.public_key(), as_dict=True)
    return {"keys": [{**found, "kid": signing.digest(key.public_key)[:16], "use": "sig", "alg": "ES256"}]}


def write_client_files(instance: Instance, folder: Path) -> None:
    """What clients need, as files: the trust configuration, its two halves, the newest TUF root."""
    folder.mkdir(parents=True, exist_ok=True)
    config = instance.trust_config
    (folder / "trust_config.json").write_bytes(_json(config))
    (folder / "trusted_root.json").write_bytes(_json(config["trustedRoot"]))
    (folder / "signing_config.json").write_bytes(_json(config["signingConfig"]))
    (folder / "root.json").write_bytes(tuf_repository.newest_root(instance.repository)[1])


def health(url: str) -> list[str]:
    """What a serving instance complains of; raises `ExternalError` where it does not serve."""
    from assay.adapters.registry.transport import Policy, Transport

    transport = Transport(Policy(timeout=5, attempts=1))
    transport.require(url)
    answer = transport.request("GET", f"{url}/healthz", {}, follow=False)
    try:
        found = as_object(load(answer.read(1 << 16))).get("warnings")
    finally:
        answer.close()
    return [str(item) for item in found] if isinstance(found, list) else []


def now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode() + b"\n"
