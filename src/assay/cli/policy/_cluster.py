"""``--cluster``, ``--kubeconfig`` and ``--in-cluster`` of the commands about policies."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import UsageError

if TYPE_CHECKING:
    from assay.adapters.kubernetes.client import Cluster


def add_flags(parser: argparse.ArgumentParser, about: str) -> None:
    """The flags; `about` says what is done with the cluster."""
    parser.add_argument("--cluster", action="store_true", help=about)
    parser.add_argument("--kubeconfig", metavar="FILE", type=Path, help="the same, of the cluster of this file")
    parser.add_argument("--in-cluster", action="store_true", help="the same, of the cluster of this pod")


def cluster(arguments: argparse.Namespace) -> Cluster | None:
    """The cluster that is named: of ``$KUBECONFIG`` or ``~/.kube/config`` without a file; None where none is."""
    from assay.adapters.kubernetes import access
    from assay.adapters.kubernetes.client import Cluster

    if arguments.in_cluster:
        return Cluster(access.in_cluster())
    if arguments.kubeconfig is not None:
        return Cluster(access.kubeconfig(arguments.kubeconfig))
    return Cluster(access.kubeconfig(_usual())) if arguments.cluster else None


def _usual() -> Path:
    named = [part for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    path = Path(named[0]) if named else Path.home() / ".kube" / "config"
    if not path.is_file():
        raise UsageError(f"--cluster: there is no {path}", "name a cluster: --kubeconfig FILE")
    return path
