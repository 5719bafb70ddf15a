"""Writes to an API server: objects are made, replaced, patched, applied and deleted, and their status is set."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from assay.adapters.kubernetes.connection import Connection, Denied
from assay.errors import ExternalError
from assay.formats import json_bytes
from assay.formats.json import as_object, as_text
from assay.model.policy import GroupVersionKind, Object

_MERGE = "application/merge-patch+json"
_APPLY = "application/apply-patch+yaml"


class Writer(Connection):
    """What changes a cluster. Everything raises `ExternalError` where it did not succeed, `Denied` with the status."""

    def create(self, item: Object, dry_run: bool = False) -> Object:
        """Make an object; raises `Conflict` where one of its name is there."""
        kind, namespace, _ = _named(item)
        query = {"dryRun": "All"} if dry_run else {}
        return self._sent("POST", self.needed(kind, namespace), item, query)

    def replace(self, item: Object) -> Object:
        """Put an object in the place of another; raises `Conflict` where its ``resourceVersion`` is an old one."""
        return self._sent("PUT", self._own(item), item)

    def replace_status(self, item: Object) -> Object:
        """Put its status, and nothing else, in the place of what is there; raises `Conflict` as `replace` does."""
        return self._sent("PUT", f"{self._own(item)}/status", item)

    def patch(
        self, kind: GroupVersionKind, namespace: str, name: str, changes: Object, subresource: str = ""
    ) -> Object:
        """Change fields (RFC 7386: null takes one away, lists are replaced as a whole)."""
        path = f"{self.needed(kind, namespace)}/{quote(name, safe='')}{'/' + subresource if subresource else ''}"
        return self._sent("PATCH", path, changes, kind=_MERGE)

    def apply(self, item: Object, manager: str = "assay", force: bool = True) -> Object:
        """Server-side apply: make the object, or set the fields that are given and own them as `manager`.

        Raises `Conflict` where another manager owns one of them, unless by `force`.
        """
        query = {"fieldManager": manager, "force": "true" if force else "false"}
        return self._sent("PATCH", self._own(item), item, query, _APPLY)

    def delete(self, kind: GroupVersionKind, namespace: str, name: str) -> bool:
        """Take an object away; whether there was one."""
        place = self.place(kind, namespace)
        return place is not None and self.json(f"{place}/{quote(name, safe='')}", "DELETE") is not None

    def _own(self, item: Object) -> str:
        kind, namespace, name = _named(item)
        if not name:
            raise ExternalError(f"a {kind.kind} without a name cannot be written", "name it")
        return f"{self.needed(kind, namespace)}/{quote(name, safe='')}"

    def _sent(
        self, method: str, path: str, item: Object, query: dict[str, str] | None = None, kind: str = ""
    ) -> Object:
        whole = f"{path}?{urlencode(query)}" if query else path
        found = self.json(whole, method, json_bytes.encode(item), kind)
        if found is None:
            raise Denied(f"the cluster has no {path}", "make it first", 404)
        return found


def _named(item: Object) -> tuple[GroupVersionKind, str, str]:
    metadata = as_object(item.get("metadata"))
    return GroupVersionKind.of(item), as_text(metadata.get("namespace")), as_text(metadata.get("name"))
