"""What an instance tells its clients: the trusted root with all that it has and had, and where to sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.adapters.sigstore_instance.material import Authority, Material
from assay.engines.authority import trust_material
from assay.engines.log import checkpoint
from assay.formats.json import Object
from assay.ports import Signer


def config(material: Material, keys: Mapping[str, Signer]) -> Object:
    """The trust configuration: every log, certificate and spare certificate, each with its time."""
    logs: Sequence[trust_material.LogKey] = [
        trust_material.LogKey(
            shard.url, keys[name], checkpoint.log_id(keys[name], shard.origin), shard.start, shard.end
        )
        for shard in material.logs
        for name in shard.keys
    ]
    promised = [
        trust_material.LogKey(shard.url, keys[name], trust_material.ct_log_id(keys[name]), shard.start, shard.end)
        for shard in material.ct_logs
        for name in shard.keys
    ]
    spare = material.spare
    root = trust_material.trusted_root(
        material.url,
        logs,
        promised,
        [(item.chain, item.start, item.end) for item in (*material.authorities, *_spare(spare, "ca"))],
        [(item.chain, item.start, item.end) for item in (*material.timestampers, *_spare(spare, "tsa"))],
    )
    return trust_material.trust_config(
        root, trust_material.signing_config(material.url, material.url, material.created)
    )


def _spare(spare: Mapping[str, Authority], name: str) -> list[Authority]:
    return [spare[name]] if name in spare else []
