"""Changes of an instance's keys, certificates and logs; the old ones are published on, with the end of their time.

Everything is written to the instance's folder: new keys first, then what uses them. A server that runs meanwhile takes
over within seconds (`assay.server.maintenance`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from assay.adapters.sigstore_instance import key_addresses, keyring, tuf_repository
from assay.adapters.sigstore_instance import material as materials
from assay.adapters.sigstore_instance.key_addresses import KeyAddresses
from assay.adapters.sigstore_instance.material import Authority, LogShard, Material
from assay.app import sigstore_authorities
from assay.errors import AssayError, Refused, UsageError
from assay.formats import certificate
from assay.model.signature import Scheme
from assay.ports import Signer

WHAT = ("ca", "tsa", "log", "ct", "tuf-root", "tuf-timestamp")
GRACE = timedelta(hours=1)
"""For so long old material still counts: requests under way end, and timestamps come after log entries."""
_MAKE = {"ca": sigstore_authorities.issuing, "tsa": sigstore_authorities.stamping}


@dataclass(frozen=True, slots=True)
class Rotation:
    """Of which instance, when, and for how long what is replaced still counts."""

    folder: Path
    password: bytes
    now: datetime
    grace: timedelta = GRACE

    @property
    def end(self) -> datetime:
        """Until when the old material counts."""
        return (self.now + self.grace).replace(microsecond=0)

    @property
    def start(self) -> datetime:
        """From when the new material counts."""
        return self.now.replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class RootKeys:
    """Where the root keys lie, with their password; new ones of the TUF root are put into `new`.

    `places` says which of the new ones (``tuf-root-1``) are on tokens or in key services.
    """

    folders: Sequence[Path]
    password: bytes
    new: Path | None = None
    count: int = 1
    threshold: int = 1
    places: KeyAddresses = field(default_factory=KeyAddresses)


def rotate(what: str, wanted: Rotation, roots: RootKeys | None = None) -> str:
    """Rotate one of `WHAT`; what there is now, in words. Raises `UsageError` where root keys are needed, `Refused`."""
    with materials.locked(wanted.folder):
        if what in ("ca", "tsa"):
            return _authority(what, wanted, roots)
        if what in ("log", "ct"):
            return _log(what, wanted)
        if roots is None:
            raise UsageError(f"{what} is signed by the root keys", "name where they lie: --root-keys DIR")
        return _tuf_root(wanted, roots) if what == "tuf-root" else _tuf_online(wanted, roots)


def _authority(what: str, wanted: Rotation, roots: RootKeys | None) -> str:
    material = materials.read(wanted.folder)
    held = material.authorities if what == "ca" else material.timestampers
    keys = keyring.read(wanted.folder / keyring.FILE, wanted.password)
    if roots is None:
        if what not in material.spare:
            remedy = f"assay sigstore rotate {what} --root-keys DIR"
            raise UsageError(f"the spare certificate of the {what} is used up, and the root must sign another", remedy)
        new, spare = material.spare[what], None
    else:
        root = _root_key(held[-1].chain[-1], keyring.read_roots(roots.folders, roots.password))
        new = _signed(what, root, held[-1].chain[-1], keys, wanted, sigstore_authorities.YEARS)
        spare = _signed(what, root, held[-1].chain[-1], keys, wanted, sigstore_authorities.ROOT_YEARS)
        keyring.replace(wanted.folder / keyring.FILE, keys, wanted.password)
    changed = (*held[:-1], replace(held[-1], end=wanted.end), new)
    spares = {name: item for name, item in material.spare.items() if name != what}
    spares |= {what: spare} if spare is not None else {}
    if what == "ca":
        materials.write(wanted.folder, replace(material, spare=spares, authorities=changed))
    else:
        materials.write(wanted.folder, replace(material, spare=spares, timestampers=changed))
    return f"{new.key}, until {certificate.read(new.chain[0]).not_after:%Y-%m-%d}"


def _root_key(anchor: bytes, found: Sequence[dict[str, Signer]]) -> Signer:
    public = certificate.read(anchor).public_key
    for keys in found:
        if "ca-root" in keys and keys["ca-root"].public_key == public:
            return keys["ca-root"]
    raise Refused("the root keys are of another instance", "name the folder that `init` made for this one")


def _signed(what: str, root: Signer, anchor: bytes, keys: dict[str, Signer], wanted: Rotation, years: int) -> Authority:
    """A new certificate for a new key, which is added to `keys`."""
    name = _free(what, keys)
    key = keyring.add(wanted.folder / keyring.FILE, keys, name)
    chain = _MAKE[what](root, anchor, key.public_key, wanted.start, years)
    return Authority(name, chain, wanted.start)


def _free(prefix: str, keys: dict[str, Signer]) -> str:
    number = 2
    while f"{prefix}-{number}" in keys:
        number += 1
    return f"{prefix}-{number}"


def _log(what: str, wanted: Rotation) -> str:
    """A new, empty log with keys and an origin of its own; see ADR 13."""
    material = materials.read(wanted.folder)
    keys = keyring.read(wanted.folder / keyring.FILE, wanted.password)
    if what == "log":
        number = len(material.logs) + 1
        names = (f"log-v1-{number}", f"log-v2-{number}")
        keyring.add(wanted.folder / keyring.FILE, keys, names[0])
        keyring.add(wanted.folder / keyring.FILE, keys, names[1], Scheme.ED25519)
        origin, url = shard_place(material, number)
        new = LogShard(f"log-{number}", origin, url, names, wanted.start)
        changed = replace(material, logs=(*_ended(material.logs, wanted), new))
    else:
        number = len(material.ct_logs) + 1
        keyring.add(wanted.folder / keyring.FILE, keys, f"ct-{number}")
        origin, url = f"{material.host}/ct-{number}", f"{material.url}/ct-{number}"
        new = LogShard(f"ct-{number}", origin, url, (f"ct-{number}",), wanted.start)
        changed = replace(material, ct_logs=(*_ended(material.ct_logs, wanted), new))
    keyring.replace(wanted.folder / keyring.FILE, keys, wanted.password)
    materials.write(wanted.folder, changed)
    return new.origin


def _ended(shards: Sequence[LogShard], wanted: Rotation) -> list[LogShard]:
    return [*shards[:-1], replace(shards[-1], end=wanted.end)]


def shard_place(material: Material, number: int) -> tuple[str, str]:
    """Origin and URL of a log shard: ``log2.HOST``, a host of its own below the instance's, with its port.

    sigstore-go takes the host of the URL for the origin; nobody needs to resolve it (an address of numbers with colons
    gets dashes).
    """
    parts = urlsplit(material.url)
    host = f"log{number}.{material.host.replace(':', '-')}"
    return host, f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def _tuf_root(wanted: Rotation, roots: RootKeys) -> str:
    """New keys of the TUF root, signed for by a threshold of the old ones."""
    if not 1 <= roots.threshold <= roots.count:
        raise UsageError("the threshold of the TUF root must be between 1 and the number of its keys")
    repository = wanted.folder / "repository"
    signers = _root_signers(repository, roots)
    version = tuf_repository.newest_root(repository)[0] + 1
    names = {f"tuf-root-{number}": f"tuf-root-{version}-{number}" for number in range(1, roots.count + 1)}
    key_addresses.check_names(roots.places, names)
    place = (roots.new or roots.folders[0]).resolve()
    if place.is_relative_to(wanted.folder.resolve()):
        raise UsageError("the root keys would lie in the data directory", "name another place: --new-root-keys DIR")
    path = place / f"root-keys-{version}.pem"
    places = KeyAddresses({names[role]: address for role, address in roots.places.keys.items()})
    new = keyring.make(path, dict.fromkeys(names.values(), Scheme.ECDSA_P256), roots.password, places)
    try:
        _differ(signers, new)
        tuf_repository.rotate_root(repository, signers, list(new.values()), roots.threshold, wanted.now)
    except AssayError:
        path.unlink()
        key_addresses.path_beside(path).unlink(missing_ok=True)
        raise
    return f"root {version}, its keys in {path}: {roots.threshold} of {roots.count} must sign"


def _differ(old: Sequence[Signer], new: Mapping[str, Signer]) -> None:
    """Raise `UsageError` where a new key is an old one, or two are the same: an address may lead to any."""
    seen = {key.public_key for key in old}
    for name, key in new.items():
        if key.public_key in seen:
            raise UsageError(f"the key of {name} is one of the TUF root already", "name the place of another: --key")
        seen.add(key.public_key)


def _tuf_online(wanted: Rotation, roots: RootKeys) -> str:
    """Another key for targets, snapshot and timestamp, in a new root."""
    repository = wanted.folder / "repository"
    signers = _root_signers(repository, roots)
    material = materials.read(wanted.folder)
    keys = keyring.read(wanted.folder / keyring.FILE, wanted.password)
    name = _free("tuf", keys)
    keyring.add(wanted.folder / keyring.FILE, keys, name)
    keyring.replace(wanted.folder / keyring.FILE, keys, wanted.password)
    version = tuf_repository.rotate_online(repository, signers, keys[name], wanted.now)
    materials.write(wanted.folder, replace(material, tuf=name))
    return f"root {version} with the key {name}"


def _root_signers(repository: Path, roots: RootKeys) -> list[Signer]:
    found = [key for keys in keyring.read_roots(roots.folders, roots.password) for key in keys.values()]
    return tuf_repository.root_signers(repository, found)
