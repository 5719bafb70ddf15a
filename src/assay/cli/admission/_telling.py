"""What the controller tells besides its answers: flags, and what they set up (`assay.app.companions`)."""

from __future__ import annotations

import argparse
import os
from datetime import timedelta
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.cli.admission import _cluster
from assay.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from assay.adapters.kubernetes.client import Cluster
    from assay.app.admission import Controller
    from assay.app.background_scan import BackgroundScan
    from assay.app.cluster_duties import ClusterDuties
    from assay.app.cluster_events import ClusterEvents
    from assay.app.companions import Companion
    from assay.app.decision_log import DecisionLog
    from assay.app.generated_objects import GeneratedObjects

_TIMEOUT = 20


def add_flags(parser: argparse._ActionsContainer) -> None:
    """The flags."""
    parser.add_argument("--decision-log", metavar="FILE", help="a JSON line for each decision; - is standard output")
    parser.add_argument(
        "--keep-decisions",
        metavar="TIME",
        default="90d",
        help="how long decisions stay in the evidence store; 0 keeps none (default: 90d)",
    )
    parser.add_argument(
        "--background-scan",
        metavar="TIME",
        default="1h",
        help="how often what runs is held to the policies; 0 never (default: 1h)",
    )
    parser.add_argument(
        "--reports",
        metavar="API",
        default="auto",
        help="policy reports of a scan: auto, wgpolicyk8s, openreports or none (default: auto, what is installed)",
    )
    parser.add_argument("--no-events", action="store_true", help="write no Kubernetes events")


def companions(
    arguments: argparse.Namespace,
    context: Context,
    controller: Controller,
    duties: ClusterDuties | None,
) -> list[Companion]:
    """What works beside the webhooks, `duties` among it."""
    from assay.adapters import telemetry

    data = context.data_dir(context.settings())
    found: list[Companion] = [duties] if duties is not None else []
    if telemetry.is_wanted(os.environ):
        from assay.app.review_traces import ReviewTraces

        found.append(ReviewTraces(telemetry.Tracing(os.environ)))
    keep = seconds(arguments.keep_decisions, "--keep-decisions")
    if keep:
        from assay.app.decision_evidence import DecisionEvidence

        evidence = DecisionEvidence(data / "evidence", data / "admission", timedelta(seconds=keep))
        controller.proofs.keep = evidence.proven
        found.append(evidence)
    log = _log(arguments)
    found += [log] if log is not None else []
    cluster = _cluster.client(arguments, _TIMEOUT)
    if cluster is not None:
        found += _InCluster(arguments, controller, cluster, data, log).companions(duties)
    return found


def _log(arguments: argparse.Namespace) -> DecisionLog | None:
    if not arguments.decision_log:
        return None
    from assay.app.decision_log import DecisionLog

    return DecisionLog(arguments.decision_log)


class _InCluster:
    """What is written to the cluster: events and generated objects by each replica, reports by the one that leads."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        controller: Controller,
        cluster: Cluster,
        data: Path,
        log: DecisionLog | None,
    ) -> None:
        self._arguments, self._controller, self._cluster = arguments, controller, cluster
        self._data, self._log = data, log

    def companions(self, duties: ClusterDuties | None) -> Iterator[Companion]:
        """Those that are wanted; who leads is known by `duties`, or found out for them."""
        from assay.app.cluster_duties import ClusterDuties
        from assay.app.cluster_events import ClusterEvents

        events = None if self._arguments.no_events else ClusterEvents(self._controller, self._cluster)
        if events is not None:
            yield events
        every = seconds(self._arguments.background_scan, "--background-scan")
        generates = "kyverno" in self._arguments.enforce
        if duties is None and (every or generates):
            duties = ClusterDuties(self._controller, _cluster.leadership(self._arguments, self._cluster))
            yield duties
        if duties is None:
            return
        generated = self._generated(duties) if generates else None
        if generated is not None:
            yield generated
        if every:
            yield self._scan(every, duties, events, generated)

    def _generated(self, duties: ClusterDuties) -> GeneratedObjects:
        from assay.app.generated_objects import GeneratedObjects

        write = self._log.write if self._log is not None else None
        return GeneratedObjects(self._controller, self._cluster, duties.leadership, write, self._controller.now)

    def _scan(
        self, every: float, duties: ClusterDuties, events: ClusterEvents | None, generated: GeneratedObjects | None
    ) -> BackgroundScan:
        from assay.app.background_scan import SYSTEM, BackgroundScan, ScanSetting
        from assay.app.policy_reports import PolicyReports

        named = self._arguments.webhook_exclude
        setting = ScanSetting(
            self._cluster,
            duties.leadership,
            every,
            excluded=SYSTEM if named is None else frozenset(named),
            advisories=self._data / "advisories",
            violated=events.violated if events is not None else None,
            seen=generated.seen if generated is not None else None,
        )
        reports = PolicyReports(self._cluster, self._arguments.reports, self._controller.now)
        return BackgroundScan(self._controller, setting, reports)


def seconds(text: str, flag: str) -> float:
    """A time as ``1h``, ``90d`` or ``0``; raises `UsageError` for what is none."""
    from assay.engines.policy.shape import duration

    try:
        found = 0.0 if text == "0" else duration(text, flag).total_seconds()
    except InputError as error:
        raise UsageError(f"{flag} {text}: {error.what}", "write 30m, 1h or 90d") from error
    if found < 0:
        raise UsageError(f"{flag} {text} is less than nothing", "write 30m, 1h or 90d")
    return found
