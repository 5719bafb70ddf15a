"""Kubeconfig files for clusters of tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def kubeconfig(folder: Path, url: str, user: Any = None, *, name: str = "kubeconfig", **cluster: Any) -> Path:
    """Write one for the cluster at `url`; `cluster` is what is said of it besides."""
    path = folder / name
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": url, **cluster}}],
        "users": [{"name": "u", "user": user or {}}],
    }
    path.write_text(json.dumps(document))
    return path
