"""Workloads: what runs in a cluster, by the controller on top of it."""

from __future__ import annotations

from typing import NamedTuple


class Workload(NamedTuple):
    """The top controller of a pod (or the pod itself): the same again when it is made again under its name."""

    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.kind}/{self.name}" if self.namespace else f"{self.kind}/{self.name}"
