"""Where policies are, where their rollout is recorded, and how a change of theirs is written."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assay.cli import Context
from assay.cli.policy import _cluster
from assay.cli.policy._moment import moment
from assay.errors import InputError, UsageError

if TYPE_CHECKING:
    from assay.adapters.kubernetes.client import Cluster
    from assay.app.policy_rollout import Changed, Known, Staged
    from assay.formats.manifest import Manifest


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that name them."""
    parser.add_argument("--policies", metavar="PATH", type=Path, action="append", default=[], help="files or folders")
    _cluster.add_flags(parser, "the AssayPolicies of the cluster")
    parser.add_argument("--database", metavar="URL", default="", help="the controller's PostgreSQL, not its file here")
    parser.add_argument("--at", metavar="DATE", help="as if it were then")


class Place(NamedTuple):
    """Everything that a command needs."""

    manifests: list[Manifest]
    cluster: Cluster | None
    known: Known
    now: datetime

    def write(self, item: Staged, changed: Changed) -> str:
        """Write a change where the policy is from, and say where that was."""
        from assay.app import policy_rollout

        if self.cluster is not None:
            from assay.model.policy import GroupVersionKind

            kind = GroupVersionKind.of(item.manifest.object)
            self.cluster.patch(kind, "", item.policy.name, policy_rollout.patch(item, changed))
            return f"AssayPolicy {item.policy.name} of the cluster"
        return _into_file(item, changed)


def place(arguments: argparse.Namespace, context: Context) -> Place:
    """What the flags name; raises `UsageError` where they name nothing, or files and a cluster."""
    from assay.app import own_policies

    cluster = _cluster.cluster(arguments)
    if bool(arguments.policies) == (cluster is not None):
        raise UsageError("name where the policies are", "either --policies PATH, or --cluster or --kubeconfig FILE")
    if cluster is None:
        manifests, problems = own_policies.manifests(arguments.policies)
        if problems:
            raise problems[0]
    else:
        manifests = _of_cluster(cluster)
    now = moment(arguments.at) or datetime.now(UTC)
    return Place(manifests, cluster, _known(manifests, cluster, context, arguments.database), now)


def _of_cluster(cluster: Cluster) -> list[Manifest]:
    from assay.app.cluster_policies import place as named
    from assay.engines.policy.native.description import GROUP, VERSION
    from assay.formats.manifest import Manifest
    from assay.model.policy import GroupVersionKind

    found = cluster.list(GroupVersionKind(GROUP, VERSION, "AssayPolicy"))
    return [Manifest(item, named(item), 1) for item in found]


def _known(manifests: list[Manifest], cluster: Cluster | None, context: Context, address: str) -> Known:
    """The record of the controller: in its database, or as it told it in the status of the objects."""
    from assay.app.policy_rollout import Known

    if cluster is not None and not address:
        from assay.app.told_rollouts import ToldRollouts

        told = ToldRollouts([item.object for item in manifests])
        return Known(told, told, "the status of the policies") if told else Known()
    folder = context.data_dir(context.settings()) / "admission"
    if not address and not (folder / "admission.db").is_file():
        return Known()
    from assay.adapters.admission_store import opened
    from assay.adapters.admission_store.rollouts import RolloutReader

    reader = RolloutReader(opened(folder, address))
    return Known(reader, reader, "the database" if address else str(folder / "admission.db"))


def _into_file(item: Staged, changed: Changed) -> str:
    from assay.adapters import output
    from assay.formats import yaml_edit

    path = Path(item.manifest.file)
    if not path.is_file():
        raise InputError(f"{item.manifest.file} is no file that could be changed", "change it where it is made")
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    found = yaml_edit.replaced(
        text, str(path), item.manifest.line, ("spec", "rollout"), changed.rollout, path.suffix == ".json"
    )
    with output.writing(path) as written:
        written.write(found.encode())
    return str(path)
