"""The kinds that the simulated cluster serves: Kubernetes' own, those that assay meets, and what definitions add."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind, and where it is served; `key` is the name of its resource among all objects."""

    group: str
    versions: tuple[str, ...]
    kind: str
    resource: str
    namespaced: bool
    key: str


_VERSIONS = {
    "autoscaling": ("v2", "v1"),
    "admissionregistration.k8s.io": ("v1", "v1beta1"),
}
_CEL = ("ValidatingPolicy", "ImageValidatingPolicy", "MutatingPolicy", "GeneratingPolicy", "DeletingPolicy")
_CUSTOM: tuple[tuple[str, tuple[str, ...], tuple[str, ...], bool], ...] = (
    ("assay.dev", ("v1alpha1",), ("AssayPolicy", "AssayException", "BreakGlass"), False),
    ("wgpolicyk8s.io", ("v1alpha2",), ("PolicyReport",), True),
    ("wgpolicyk8s.io", ("v1alpha2",), ("ClusterPolicyReport",), False),
    ("openreports.io", ("v1alpha1",), ("Report",), True),
    ("openreports.io", ("v1alpha1",), ("ClusterReport",), False),
    ("kyverno.io", ("v1", "v2beta1"), ("ClusterPolicy",), False),
    ("kyverno.io", ("v1", "v2beta1"), ("Policy",), True),
    ("kyverno.io", ("v2", "v2beta1"), ("PolicyException", "CleanupPolicy"), True),
    ("kyverno.io", ("v2", "v2beta1"), ("ClusterCleanupPolicy",), False),
    ("policies.kyverno.io", ("v1", "v1beta1", "v1alpha1"), _CEL, False),
    ("policies.kyverno.io", ("v1", "v1beta1", "v1alpha1"), tuple(f"Namespaced{kind}" for kind in _CEL), True),
    ("policies.kyverno.io", ("v1", "v1beta1", "v1alpha1"), ("PolicyException",), True),
    ("templates.gatekeeper.sh", ("v1", "v1beta1", "v1alpha1"), ("ConstraintTemplate",), False),
    ("mutations.gatekeeper.sh", ("v1", "v1beta1", "v1alpha1"), ("Assign", "AssignMetadata", "ModifySet"), False),
    ("mutations.gatekeeper.sh", ("v1alpha1",), ("AssignImage",), False),
    ("expansion.gatekeeper.sh", ("v1beta1", "v1alpha1"), ("ExpansionTemplate",), False),
    ("config.gatekeeper.sh", ("v1alpha1",), ("Config",), True),
    ("externaldata.gatekeeper.sh", ("v1beta1", "v1alpha1"), ("Provider",), False),
    ("policy.sigstore.dev", ("v1beta1", "v1alpha1"), ("ClusterImagePolicy",), False),
    ("policy.sigstore.dev", ("v1alpha1",), ("TrustRoot",), False),
    ("cert-manager.io", ("v1",), ("Certificate", "Issuer"), True),
)
FOREIGN: tuple[str, ...] = ("kyverno.io", "policies.kyverno.io", "templates.gatekeeper.sh", "mutations.gatekeeper.sh")
FOREIGN += ("expansion.gatekeeper.sh", "config.gatekeeper.sh", "externaldata.gatekeeper.sh", "policy.sigstore.dev")


def plural(kind: str) -> str:
    """The name of a kind's resource."""
    name = kind.lower()
    if name.endswith("y") and name[-2] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch")) else f"{name}s"


@dataclass
class Kinds:
    """What is served now."""

    rows: list[Kind] = field(default_factory=list)

    @classmethod
    def all(cls, without: tuple[str, ...] = ()) -> Kinds:
        """Every kind, but those of some groups."""
        made = cls()
        for group, scopes in json.loads(files("assay.engines.policy").joinpath("kinds.json").read_bytes()).items():
            for scope, kinds in scopes.items() if group != "extensions" else ():
                for kind, resource in kinds.items():
                    made.add(group, _VERSIONS.get(group, ("v1",)), kind, resource, scope == "Namespaced")
        for group, versions, names, namespaced in _CUSTOM:
            for kind in names if group not in without else ():
                made.add(group, versions, kind, plural(kind), namespaced)
        return made

    def add(self, group: str, versions: tuple[str, ...], kind: str, resource: str, namespaced: bool) -> None:
        """Serve a kind; events are the same objects in both of their groups."""
        taken = any(item.resource == resource for item in self.rows) and kind != "Event"
        key = f"{resource}.{group}" if taken else resource
        self.rows.append(Kind(group, versions, kind, resource, namespaced, key))

    def define(self, definition: Object) -> None:
        """Serve what a CustomResourceDefinition says, in place of what was of that name."""
        spec = definition["spec"]
        self.undefine(definition)
        versions = tuple(item["name"] for item in spec["versions"] if item.get("served", True))
        names = spec["names"]
        self.add(spec["group"], versions, names["kind"], names["plural"], spec["scope"] == "Namespaced")

    def undefine(self, definition: Object) -> None:
        """Serve it no more."""
        spec = definition["spec"]
        gone = spec["group"], spec["names"]["plural"]
        self.rows = [item for item in self.rows if (item.group, item.resource) != gone]

    def of(self, item: Object) -> Kind:
        """The kind of an object; an unknown one is no object of this cluster."""
        group, _, _ = item["apiVersion"].rpartition("/")
        for row in self.rows:
            if row.kind == item["kind"] and row.group == group:
                return row
        raise KeyError(f"{item['apiVersion']} {item['kind']} is not served")

    def at(self, group: str, version: str, resource: str) -> Kind | None:
        """What a path names."""
        for row in self.rows:
            if (row.group, row.resource) == (group, resource) and version in row.versions:
                return row
        return None

    def groups(self) -> dict[str, list[str]]:
        """Versions by group, the preferred one first (as Kubernetes ranks them)."""
        found: dict[str, set[str]] = {}
        for row in self.rows:
            found.setdefault(row.group, set()).update(row.versions)
        return {group: sorted(names, key=_rank, reverse=True) for group, names in found.items()}


def _rank(version: str) -> tuple[int, int, int]:
    """``v2`` before ``v1`` before ``v1beta1`` before ``v1alpha1``."""
    stages = {"alpha": 0, "beta": 1}
    for stage, value in stages.items():
        if stage in version:
            major, _, minor = version[1:].partition(stage)
            return value, int(major), int(minor)
    return 2, int(version[1:]), 0
