"""Images of many requests in one run: tags are resolved once, verdicts kept as long as it lasts.

A registry that did not answer in time is not waited for again for a while: ten thousand workloads with images of a dead
one must not take ten thousand time-outs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from assay.adapters.admission_store import opened
from assay.adapters.admission_store.verdicts import VerdictStore
from assay.app.image_evidence import Reach, Registries
from assay.app.proofs import NotingImages, Proofs
from assay.app.pull_secrets import PullSecrets
from assay.errors import Late

if TYPE_CHECKING:
    from assay.app.image_evidence import RegistryImages
    from assay.model.digest import Digest
    from assay.model.policy import AdmissionRequest
    from assay.ports import Cluster

Answer = TypeVar("Answer")
PATIENCE = 30.0
"""Seconds that the questions about one request may take."""
REST = 120.0
MAX_TAGS = 100_000


class ReplayedImages:
    """The images; with a cluster they are asked for with the pull secrets that are found there."""

    def __init__(self, reach: Reach, cluster: Cluster | None = None) -> None:
        self._folder = TemporaryDirectory(prefix="assay-")
        self._database = opened(Path(self._folder.name))
        self._registries = Registries(reach, VerdictStore(self._database, fresh=86_400))
        self._cluster, self._proofs = cluster, Proofs()
        self._digests: dict[str, Digest] = {}
        self._dead: dict[str, tuple[float, Late]] = {}

    def of(self, request: AdmissionRequest) -> RegistryImages:
        """Those of one request."""
        if len(self._digests) > MAX_TAGS:
            self._digests = {}
        secrets = PullSecrets(self._cluster, request) if self._cluster is not None else None
        until = time.monotonic() + PATIENCE
        return _Images(self._registries, until, secrets, self._proofs, self._digests, self._dead)

    def close(self) -> None:
        """End the connections, and forget everything."""
        self._registries.close()
        self._database.close()
        self._folder.cleanup()


class _Images(NotingImages):
    def __init__(
        self,
        registries: Registries,
        until: float,
        secrets: PullSecrets | None,
        proofs: Proofs,
        digests: dict[str, Digest],
        dead: dict[str, tuple[float, Late]],
    ) -> None:
        super().__init__(registries, until, secrets, proofs, digests)
        self._dead = dead

    def ask(self, key: Hashable, ask: Callable[[], Answer], host: str) -> Answer:
        """The answer; of a host that was late a moment ago, the same refusal."""
        known = self._dead.get(host)
        if known is not None and time.monotonic() < known[0]:
            raise Late(known[1].what, known[1].remedy)
        try:
            return super().ask(key, ask, host)
        except Late as error:
            self._dead[host] = (time.monotonic() + REST, error)
            raise
