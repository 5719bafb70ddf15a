"""An npm package with its two attestations: both are verified, and held to what is expected and to each other."""

from __future__ import annotations

from collections.abc import Sequence

from assay.engines.provenance import Expected, npm
from assay.engines.verify import Artifact, Options, verify
from assay.errors import Refused
from assay.formats import intoto
from assay.formats.npm_attestations import Pair, RegistryKey
from assay.model.verification import Verification


def verify_pair(
    pair: Pair, artifact: Artifact, options: Options, known: Sequence[RegistryKey], expected: Expected
) -> Verification:
    """The verification of the provenance, with the builder as its last step.

    `artifact` must have its SHA-512. Raises `Refused` (`assay.engines.provenance.Mismatch` for what was expected).
    """
    built = verify(pair.provenance, artifact, options)
    published = verify_publish(pair, artifact, options, known)
    if built.identity is None:
        raise Refused("the provenance was signed with a key, not by a builder")
    publish, provenance = intoto.read(published.payload), intoto.read(built.payload)
    builder = npm.check(publish, provenance, built.identity, expected)
    built.took("provenance", f"built by {builder} from {expected.source}, published by the registry")
    return built


def verify_publish(pair: Pair, artifact: Artifact, options: Options, known: Sequence[RegistryKey]) -> Verification:
    """The verification of what the registry signed, with the key that it names, if that is one of its keys."""
    key = npm.registry_key(tuple(known), pair.publish.key_hint)
    published = verify(pair.publish, artifact, options._replace(key=key.key))
    npm.check_key_held(key, published.times)
    return published
