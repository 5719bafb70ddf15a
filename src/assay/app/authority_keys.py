"""What an authority asks for, as a part of the key of a verdict."""

from __future__ import annotations

import hashlib

from assay.model.image_policy import Authority


class Frozen:
    """Authorities as keys: equal where they ask for the same. Each is looked at once while its policy is there."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Authority, str]] = {}

    def __call__(self, authority: Authority) -> str:
        """The key."""
        known = self._known.get(id(authority))
        if known is None or known[0] is not authority:
            if len(self._known) > _MAX_FROZEN:
                self._known = {}
            text = hashlib.sha256(repr(_parts(authority)).encode()).hexdigest()
            known = self._known[id(authority)] = (authority, text)
        return known[1]


def _parts(authority: Authority) -> tuple[object, ...]:
    identities = tuple(
        (*(getattr(item, name) for name in _IDENTITY), tuple(sorted(item.extensions.items())))
        for item in authority.identities
    )
    return (
        *(getattr(authority, name) for name in _AUTHORITY),
        identities,
        tuple(sorted(authority.annotations.items())),
    )


frozen = Frozen()
_MAX_FROZEN = 20_000
_IDENTITY = ("issuer", "issuer_regexp", "subject", "subject_regexp", "wildcards")
_AUTHORITY = (
    "key",
    "hash_algorithm",
    "certificate",
    "chain",
    "roots",
    "rekor_key",
    "ct_key",
    "tsa_chain",
    "ignore_log",
    "ignore_sct",
    "repository",
    "tag_prefix",
    "form",
    "trust_root",
)
