"""``jsonpatch.escapeKey`` for paths of JSON patches (k8s.io/apiserver/pkg/cel/library/jsonpatch.go)."""

from __future__ import annotations

from assay.engines.policy.cel.library import Library

PATCHES = Library(
    "patches", {"jsonpatch.escapeKey(string): string": lambda key: key.replace("~", "~0").replace("/", "~1")}
)
