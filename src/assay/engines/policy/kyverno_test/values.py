"""The values of a test: variables for policies, rules and resources, labels of namespaces, subresources.

Example: ``globalValues: {request.operation: CREATE}, policies: [{name: p, rules: [{name: r, values: {x: 1}}]}]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assay.model.policy import GroupVersionKind, Object

PREFIXES = ("", "autogen-", "autogen-cronjob-")


@dataclass(frozen=True, slots=True)
class Values:
    """A Values document."""

    item: Object

    def of_resource(self, policy: str, resource: str) -> dict[str, Any]:
        """Variables for a policy and a resource: the global ones, then its own."""
        found = dict(_mapping(self.item.get("globalValues")))
        for entry in self._policies(policy):
            for one in _objects(entry.get("resources")):
                if one.get("name") == resource:
                    found |= _mapping(one.get("values"))
        return found

    def of_rule(self, policy: str, rule: str) -> tuple[dict[str, Any], dict[str, list[Any]]]:
        """Variables for a rule, and those with a value for every element of a foreach."""
        found: dict[str, Any] = {}
        each: dict[str, list[Any]] = {}
        for entry in self._policies(policy):
            for one in _objects(entry.get("rules")):
                if rule in (f"{prefix}{one.get('name')}" for prefix in PREFIXES):
                    found |= _mapping(one.get("values"))
                    each |= {
                        key: item for key, item in _mapping(one.get("foreachValues")).items() if isinstance(item, list)
                    }
        return found, each

    def _policies(self, policy: str) -> Iterable[Object]:
        return (entry for entry in _objects(self.item.get("policies")) if entry.get("name") == policy)

    def namespaces(self) -> dict[str, Mapping[str, str]]:
        """Labels by namespace."""
        return {
            str(entry.get("name")): {str(key): str(item) for key, item in _mapping(entry.get("labels")).items()}
            for entry in _objects(self.item.get("namespaceSelector"))
        }

    def parent(self, kind: GroupVersionKind) -> tuple[GroupVersionKind, str] | None:
        """The kind that a subresource belongs to, and the subresource's name, for its kind."""
        for entry in _objects(self.item.get("subresources")):
            sub, parent = _mapping(entry.get("subresource")), _mapping(entry.get("parentResource"))
            if _kind(sub) == kind:
                return _kind(parent), str(sub.get("name", "")).partition("/")[2]
        return None


def _kind(item: Mapping[str, Any]) -> GroupVersionKind:
    return GroupVersionKind(*(str(item.get(part) or "") for part in ("group", "version", "kind")))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
