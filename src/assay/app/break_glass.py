"""Broken glass: a signed statement that one digest may run for a while, by whoever is named for that.

::

    {"_type": "https://in-toto.io/Statement/v1", "subject": [{"digest": {"sha256": "9f86..."}}],
     "predicateType": "https://assay.dev/break-glass/v1",
     "predicate": {"reason": "outage 42", "until": "2026-12-01T12:00:00Z", "namespaces": []}}
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from assay.engines.policy.native.description import API_VERSION
from assay.engines.policy.shape import moment
from assay.engines.verify import Artifact, Options, verify
from assay.errors import AssayError, Malformed, Refused
from assay.formats import intoto_writer, sigstore_bundle, strict_json
from assay.formats.image_reference import ImageReference
from assay.formats.json import Object, as_list, as_object
from assay.model.assay_policy import BreakGlass

PREDICATE = "https://assay.dev/break-glass/v1"
LONGEST = timedelta(days=7)
"""For which glass may be broken, from the verified time of signing."""


class Glasses:
    """Verifies what breaks glass; `options` says by whose signatures."""

    def __init__(
        self,
        options: Callable[[], Options],
        longest: timedelta = LONGEST,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._options, self._longest, self._now = options, longest, now

    def verified(self, glass: BreakGlass, place: str) -> BreakGlass:
        """The same with its signer; raises `Malformed` for one that is not signed so, or open for too long."""
        try:
            return replace(glass, signer=self._signer(glass))
        except AssayError as error:
            raise Malformed(f"{place}: BreakGlass {glass.name}: {error.what}", error.remedy) from error

    def _signer(self, glass: BreakGlass) -> str:
        bundle = sigstore_bundle.read(glass.bundle.encode())
        artifact = Artifact(digests=[(str(glass.image.algorithm), glass.image.value)])
        options = self._options()._replace(predicate_types=(PREDICATE,))
        found = verify(bundle, artifact, options)
        predicate = as_object(strict_json.load(found.payload, "the statement").get("predicate"))
        self._same(glass, predicate)
        signed = min((datetime.fromisoformat(text) for text in found.times), default=self._now())
        if glass.until - signed > self._longest:
            raise Refused(
                f"it is open until {glass.until}, longer than {self._longest.days} days", "sign a shorter one"
            )
        return str(found.identity) if found.identity is not None else "a key"

    def _same(self, glass: BreakGlass, predicate: Object) -> None:
        """What the object says is what was signed."""
        signed = (
            predicate.get("reason"),
            moment(predicate.get("until"), "until"),
            tuple(as_list(predicate.get("namespaces"))),
        )
        if signed != (glass.reason, glass.until, glass.namespaces):
            raise Refused("the object says something else than what was signed", "make it again")


def statement(image: ImageReference, reason: str, until: datetime, namespaces: Sequence[str]) -> bytes:
    """What is signed to break glass for an image, which has a digest."""
    algorithm, _, value = image.digest.partition(":")
    predicate: Object = {"reason": reason, "until": until.isoformat(), "namespaces": list(namespaces)}
    return intoto_writer.write([(image.name, algorithm, value)], PREDICATE, predicate)


def written(name: str, image: ImageReference, payload: bytes, bundle: bytes) -> Object:
    """The BreakGlass object around a signed statement."""
    predicate = as_object(strict_json.load(payload, "the statement").get("predicate"))
    spec = {"image": f"{image.name}@{image.digest}", **predicate, "bundle": bundle.decode()}
    return {"apiVersion": API_VERSION, "kind": "BreakGlass", "metadata": {"name": name}, "spec": spec}
