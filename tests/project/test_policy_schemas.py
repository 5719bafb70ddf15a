"""What is published of assay's own policies is what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tools import policy_schemas

FILES = policy_schemas.files()


@pytest.mark.parametrize("name", sorted(FILES))
def test_published_schemas_are_current(name: str) -> None:
    path = policy_schemas.ROOT / name
    assert path.read_text(encoding="utf-8") == FILES[name], "python -m tools.policy_schemas"


def test_definitions_are_structural() -> None:
    """As apiextensions.k8s.io/v1 wants it: every part has a type, unless it takes numbers and texts."""

    def walk(schema: dict[str, object], place: str) -> None:
        assert "type" in schema or schema.get("x-kubernetes-int-or-string"), place
        for key in ("properties",):
            for name, item in dict(schema.get(key) or {}).items():  # type: ignore[call-overload]
                walk(item, f"{place}.{name}")
        for key in ("items", "additionalProperties"):
            if isinstance(item := schema.get(key), dict):
                walk(item, f"{place}[]")

    for path in sorted(Path(policy_schemas.ROOT, "deploy", "crds").glob("*.yaml")):
        item = yaml.safe_load(path.read_text())
        walk(item["spec"]["versions"][0]["schema"]["openAPIV3Schema"], path.name)
