"""What the controller does in its cluster beside answering: it leads or follows, keeps the webhooks' configuration and
certificates, and tells the status of policies. A thread goes round; what fails is told, and tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Event, Thread
from typing import TYPE_CHECKING

from assay.app.companions import Decided, Figure
from assay.app.leadership import Leadership
from assay.errors import AssayError

if TYPE_CHECKING:
    from assay.app.admission import Controller
    from assay.app.cluster_policies import ClusterPolicies
    from assay.app.policy_status import Statuses
    from assay.app.webhook_certificates import Certificates
    from assay.app.webhook_registration import Registration

_ROUND = 1.0


class ClusterDuties:
    """An `assay.app.companions.Companion`: all of it as far as it is asked for."""

    def __init__(
        self,
        controller: Controller,
        leadership: Leadership,
        policies: ClusterPolicies | None = None,
        statuses: Statuses | None = None,
        registration: Registration | None = None,
        certificates: Certificates | None = None,
        pause: float = _ROUND,
    ) -> None:
        self._controller, self.leadership, self._policies = controller, leadership, policies
        self._statuses, self._registration, self._certificates = statuses, registration, certificates
        self._pause = pause
        self._told: dict[str, str] = {}
        self._ended = Event()
        self._thread: Thread | None = None

    @property
    def figures(self) -> Sequence[Figure]:
        """Who leads."""
        return (
            Figure("assay_admission_leader", "Whether this replica leads.", lambda: float(self.leadership.is_leader)),
        )

    @property
    def complaints(self) -> Mapping[str, str]:
        """What could not be done."""
        lease = {"lease": self.leadership.complaint} if self.leadership.complaint else {}
        return {**(self._policies.complaints if self._policies is not None else {}), **lease, **self._told}

    def start(self) -> None:
        """Begin."""
        self.leadership.start()
        self._thread = Thread(target=self._run, name="cluster duties", daemon=True)
        self._thread.start()

    def decided(self, told: Decided) -> None:
        """Decisions are of no concern here."""

    def close(self) -> None:
        """End, and hand the lease over."""
        self._ended.set()
        if self._policies is not None:
            self._policies.close()
        if self._thread is not None:
            self._thread.join(10)
        self.leadership.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            self.round()
            self._ended.wait(self._pause)

    def round(self) -> None:
        """Do once what there is to do."""
        leads = self.leadership.is_leader
        if self._certificates is not None:
            self._try("certificates", lambda: self._keep(leads))
        if leads and self._controller.ready:
            self._try("webhooks", self._register)
            self._try("status of policies", self._tell)

    def _keep(self, leads: bool) -> None:
        if self._certificates is None:
            return
        since = self._registration.seconds_in_force if self._registration is not None else None
        self._certificates.round(leads, since)

    def _register(self) -> None:
        if self._registration is not None:
            self._registration.round(self._controller.manifests, self._controller.wrongs)

    def _tell(self) -> None:
        if self._statuses is not None and self._policies is not None and self._controller.current:
            self._statuses.tell(self._policies.own(), self._controller.wrongs)

    def _try(self, name: str, what: Callable[[], None]) -> None:
        try:
            what()
            self._told.pop(name, None)
        except AssayError as error:
            self._told[name] = f"{name}: {error.what}"
