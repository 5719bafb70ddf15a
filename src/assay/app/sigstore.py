"""A whole instance of Sigstore, put together: made once, then opened with its keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.adapters.sigstore_instance import key_addresses, keyring, published, shared_folder, tuf_repository
from assay.adapters.sigstore_instance import material as materials
from assay.adapters.sigstore_instance.issuer_keys import IssuerKeys
from assay.adapters.sigstore_instance.key_addresses import KeyAddresses
from assay.adapters.sigstore_instance.material import Authority, LogShard, Material
from assay.adapters.sigstore_instance.shared_folder import Storage
from assay.app import sigstore_authorities, sigstore_trust
from assay.app.transparency import open_log, open_shared_log
from assay.engines.authority import issuers
from assay.engines.authority.issuers import Issuers
from assay.engines.authority.issuing import CertificateAuthority
from assay.engines.authority.timestamping import TimestampAuthority
from assay.engines.log.sequencer import Log
from assay.errors import InternalError, UsageError
from assay.formats.json import as_object, load
from assay.model.signature import Scheme
from assay.ports import Signer
from assay.trust import signing
from assay.trust.signing import LocalKey

SERVING = {
    **dict.fromkeys(("ca", "tsa", "ct", "log-v1", "tuf", "ca-2", "tsa-2"), Scheme.ECDSA_P256),
    "log-v2": Scheme.ED25519,
    "oidc": Scheme.RSA_2048,  # cosign's --identity-token takes RS256 only
}
"""The keys with which an instance begins; those with a number are spares."""
_DEV = "oidc-issuers:\n  {url}:\n    issuer-url: {url}\n    client-id: sigstore\n    type: email\n"


@dataclass(frozen=True)
class Making:
    """What an instance is made of; `url` is where clients will find it, without a slash at the end.

    `places` says which keys are on tokens or in key services.
    """

    folder: Path
    root_keys: Path
    url: str
    password: bytes
    root_password: bytes
    now: datetime
    issuers: str = ""
    roots: int = 1
    threshold: int = 1
    storage: Storage | None = None
    places: KeyAddresses = field(default_factory=KeyAddresses)


@dataclass
class Instance:
    """An opened one; what is rotated is taken over by `refresh`. The last of `logs` and `cts` take entries."""

    folder: Path
    url: str
    material: Material
    authority: CertificateAuthority
    timestamper: TimestampAuthority
    logs: list[Log]
    cts: list[Log]
    issuers: Issuers
    keys: IssuerKeys
    online: dict[str, Signer]
    trust_config: dict[str, Any]
    development: bool
    serving: bool
    password: bytes = field(repr=False)

    @property
    def log(self) -> Log:
        """The log that takes entries."""
        return self.logs[-1]

    @property
    def ct(self) -> Log:
        """The certificate log that takes entries."""
        return self.cts[-1]

    def issuer(self, key_hash: bytes) -> tuple[Signer, tuple[bytes, ...]]:
        """The authority, now or before, whose key has that SHA-256: its key and chain; raises `InternalError`."""
        for item in self.material.authorities:
            key = self.online[item.key]
            if hashlib.sha256(key.public_key).digest() == key_hash:
                return key, item.chain
        raise InternalError("the certificate log has an entry of an authority that is not known here")

    @property
    def repository(self) -> Path:
        """The folder of its TUF repository."""
        return self.folder / "repository"

    def newest(self, name: str) -> bytes | None:
        """A file of the repository as another replica may have changed it just now; None where there is no other."""
        return shared_folder.newest(self.folder, f"repository/{name}")

    def publish(self, now: datetime) -> bool:
        """Bring the TUF repository up to date; True if anything was due."""
        found = self.trust_config
        targets = {
            "trusted_root.json": _json(found["trustedRoot"]),
            "signing_config.v0.2.json": _json(found["signingConfig"]),
        }
        with materials.locked(self.folder):
            key = tuf_repository.online_key(self.repository, self.online, self.material.tuf)
            return tuf_repository.publish(self.repository, targets, key, now)


def parse_places(template: str, named: list[str]) -> KeyAddresses:
    """Where keys are, as `assay.adapters.sigstore_instance.key_addresses` has it; raises `UsageError`."""
    return key_addresses.parse(template, named)


def make(making: Making) -> None:
    """All keys, certificates and the first TUF root; raises `UsageError` where there is an instance already."""
    if (making.folder / "instance.json").exists():
        raise UsageError(f"{making.folder} holds an instance already", "name another place: --data-dir DIR")
    if not 1 <= making.threshold <= making.roots:
        raise UsageError("the threshold of the TUF root must be between 1 and the number of its keys")
    if making.storage is not None:
        shared_folder.check_new(making.storage)
    issuers.read(making.issuers or _DEV.format(url=making.url))
    names = [f"tuf-root-{number}" for number in range(1, making.roots + 1)]
    schemes = {"ca-root": Scheme.ECDSA_P384, **dict.fromkeys(names, Scheme.ECDSA_P256)}
    key_addresses.check_names(making.places, (*SERVING, *schemes))
    root_file = making.root_keys / keyring.ROOT_FILE
    stored = keyring.make(root_file, schemes, making.root_password, making.places)
    online = keyring.make(making.folder / keyring.FILE, SERVING, making.password, making.places)
    now, roots = making.now.replace(microsecond=0), [stored[name] for name in names]
    tuf_repository.init(making.folder / "repository", roots, making.threshold, online["tuf"], now)
    chains = sigstore_authorities.chains(stored["ca-root"], online, now)
    if making.issuers:
        (making.folder / "issuers.yaml").write_text(making.issuers)
    held = {name: Authority(name, chain, now) for name, chain in chains.items()}
    materials.write(
        making.folder,
        materials.first(making.url, now, held, {"ca": held["ca-2"], "tsa": held["tsa-2"]}),
    )
    if making.storage is not None:
        shared_folder.create(making.folder, making.storage)


def open_instance(folder: Path, password: bytes, *, development: bool = False, serving: bool = False) -> Instance:
    """Open it; raises `UsageError` where its root keys lie inside.

    Who is `serving` keeps a record of what its logs have shown (`assay.adapters.sigstore_instance.published`).
    """
    inside = keyring.roots_inside(folder)
    if inside is not None:
        raise UsageError(f"the root keys lie in the data directory: {inside}", "move them to another, safe place")
    shared_folder.pull(folder)
    material = materials.read(folder)
    url, keys = material.url, keyring.read(folder / keyring.FILE, password)
    text = (folder / "issuers.yaml").read_text() if (folder / "issuers.yaml").exists() else ""
    trusted = issuers.read(text) if text else Issuers()
    if development:
        own = issuers.read(_DEV.format(url=url))
        trusted = Issuers({**trusted.exact, **own.exact}, trusted.patterns)
    return Instance(
        folder,
        url,
        material,
        _authority(material, keys),
        _timestamper(material, keys),
        [_open(folder, shard, keys, serving) for shard in material.logs],
        [_open(folder, shard, keys, serving) for shard in material.ct_logs],
        trusted,
        IssuerKeys({url: key_set(issuer_key(keys))} if development else {}),
        keys,
        sigstore_trust.config(material, keys),
        development,
        serving,
        password,
    )


def _open(folder: Path, shard: LogShard, keys: dict[str, Signer], serving: bool) -> Log:
    signers = [keys[name] for name in shard.keys]
    storage = shared_folder.read(folder)
    if storage is not None:
        shown = published.Record(folder, shard.folder).keep if serving else lambda _: None
        found = open_shared_log(storage, shard.folder, shard.origin, signers, shown)
        if serving and shard.end is None:
            found.start()
        return found
    if not serving:
        return open_log(folder / shard.folder, shard.origin, signers)
    return open_log(folder / shard.folder, shard.origin, signers, published.Record(folder, shard.folder).keep)


def _authority(material: Material, keys: dict[str, Signer]) -> CertificateAuthority:
    now = material.authorities[-1]
    return CertificateAuthority(keys[now.key], now.chain, keys[material.ct_logs[-1].keys[0]])


def _timestamper(material: Material, keys: dict[str, Signer]) -> TimestampAuthority:
    now = material.timestampers[-1]
    return TimestampAuthority(keys[now.key], now.chain)


def refresh(instance: Instance) -> bool:
    """Take over what was rotated in the folder meanwhile; True if there was something.

    Logs that are open stay as they are; new ones are added behind them, and take entries when their server says so.
    """
    shared_folder.pull(instance.folder)
    material = materials.read(instance.folder)
    if material == instance.material:
        return False
    keys = keyring.read(instance.folder / keyring.FILE, instance.password)
    for open_ones, shards in ((instance.logs, material.logs), (instance.cts, material.ct_logs)):
        new = shards[len(open_ones) :]
        open_ones += [_open(instance.folder, shard, keys, instance.serving) for shard in new]
    instance.authority, instance.timestamper = _authority(material, keys), _timestamper(material, keys)
    instance.online, instance.trust_config = keys, sigstore_trust.config(material, keys)
    instance.material = material
    return True


def issuer_key(keys: Mapping[str, Signer]) -> LocalKey:
    """The key of the development issuer, which is always here; raises `InternalError`."""
    found = keys["oidc"]
    if not isinstance(found, LocalKey):
        raise InternalError("the key of the development issuer is elsewhere")
    return found


def key_set(key: LocalKey) -> dict[str, Any]:
    """The public key of the development issuer as a JSON Web Key Set."""
    from jwt.algorithms import ECAlgorithm, RSAAlgorithm

    algorithm = token_algorithm(key)
    kind = RSAAlgorithm if algorithm == "RS256" else ECAlgorithm
    found = kind.to_jwk(key.private.public_key(), as_dict=True)
    return {"keys": [{**found, "kid": signing.digest(key.public_key)[:16], "use": "sig", "alg": algorithm}]}


def token_algorithm(key: LocalKey) -> str:
    """How the development issuer signs; instances of before have a key for ES256."""
    return "RS256" if key.scheme is Scheme.RSA_2048 else "ES256"


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


def storage(instance: Instance) -> list[tuple[str, str]]:
    """Where an instance with several replicas is kept, and what is wrong there; nothing for one by itself."""
    found = shared_folder.read(instance.folder)
    if found is None:
        return []
    told = sorted(set(map(str, (*instance.log.warnings.values(), *instance.ct.warnings.values()))))
    return [("database", found.database), ("objects", found.objects), *(("storage", text) for text in told)]


def now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode() + b"\n"
