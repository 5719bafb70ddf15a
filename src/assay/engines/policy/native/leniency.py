"""Exceptions and broken glass: what lets an image pass all the same, by its digest, until it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from assay.engines.policy.wildcards import match as like
from assay.model.assay_policy import AssayException, BreakGlass
from assay.model.policy import Object


@dataclass(frozen=True, slots=True)
class Leniency:
    """Exceptions, and glasses that were broken (verified ones)."""

    exceptions: Sequence[AssayException] = ()
    glasses: Sequence[BreakGlass] = ()


@dataclass(frozen=True, slots=True)
class Lenient:
    """What of it counts for one policy, in one namespace, now."""

    leniency: Leniency
    policy: str
    namespace: str
    now: datetime

    def lets_in(self, rule: str, digest: str) -> tuple[str, Object] | None:
        """Why an image passes a check that it failed, for people and for machines; None where it does not."""
        for glass in self.leniency.glasses:
            if str(glass.image) == digest and self.now < glass.until and self._here(glass.namespaces):
                said = f"glass broken by {glass.signer} until {glass.until:%Y-%m-%d %H:%M} UTC: {glass.reason}"
                return said, {"breakGlass": glass.name, "digest": digest}
        for item in self._open():
            if item.vulnerabilities or digest not in map(str, item.images):
                continue  # one that names vulnerabilities excuses those alone
            if not item.checks or rule in item.checks:
                said = f"excepted by {item.approver} until {item.expires:%Y-%m-%d}: {item.reason}"
                return said, {"exception": item.name, "digest": digest}
        return None

    def excused(self, digest: str) -> frozenset[str]:
        """Ids (in capitals) of vulnerabilities that pass in this image."""
        return frozenset(
            name.upper()
            for item in self._open()
            if not item.images or digest in map(str, item.images)
            for name in item.vulnerabilities
        )

    def _open(self) -> Iterator[AssayException]:
        for item in self.leniency.exceptions:
            named = any(like(pattern, self.policy) for pattern in item.policies)
            if named and self.now < item.expires and self._here(item.namespaces):
                yield item

    def _here(self, namespaces: Sequence[str]) -> bool:
        return not namespaces or any(like(pattern, self.namespace) for pattern in namespaces)
