"""A value of a YAML document is changed; comments, order and layout stay."""

from __future__ import annotations

from typing import Any

import pytest

from assay.errors import Malformed
from assay.formats import manifest, yaml_edit

BLOCK = """# who may run
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
---
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy   # ours
metadata:
  name: release
spec:
  action: enforce
  rollout:            # agreed in SEC-1
    stages:
      # the brave first
      - namespaces: [dev, "lab"]   # small
        auditUntil: 2026-12-01
      - percent: 10
    grace: 30d        # a month
  registries: [a.example]
"""
ROLLOUT: dict[str, Any] = {
    "stages": [{"namespaces": ["dev", "lab"], "auditUntil": "2026-12-01"}, {"percent": 10}],
    "grace": "30d",
}


def changed(text: str, value: dict[str, Any], quoted: bool = False) -> str:
    """The last document of `text` with another rollout, read again."""
    line = manifest.read(text, "")[-1].line
    found = yaml_edit.replaced(text, "policy.yaml", line, ("spec", "rollout"), value, quoted)
    before: dict[str, Any] = dict(manifest.read(text, "")[-1].object)
    assert manifest.read(found, "")[-1].object == {**before, "spec": {**before["spec"], "rollout": value}}
    return found


def test_a_scalar_is_replaced_and_nothing_else() -> None:
    stages = [{**ROLLOUT["stages"][0], "auditUntil": "2026-11-26T21:00:00Z"}, {"percent": 10}]
    found = changed(BLOCK, {**ROLLOUT, "stages": stages})
    assert found == BLOCK.replace("2026-12-01", "2026-11-26T21:00:00Z")


def test_keys_are_put_in_where_they_were_not() -> None:
    hold = {"since": "2026-11-26T21:00:00Z", "reason": 'the "year": ends #1'}
    found = changed(BLOCK, {**ROLLOUT, "hold": hold})
    assert '    hold: {since: 2026-11-26T21:00:00Z, reason: "the \\"year\\": ends #1"}\n    stages:\n' in found
    assert all(line in found for line in BLOCK.splitlines())
    assert changed(found, ROLLOUT) == BLOCK
    stages = [ROLLOUT["stages"][0], {"auditUntil": "2026-11-26T21:00:00Z", "percent": 10}]
    assert "      - auditUntil: 2026-11-26T21:00:00Z\n        percent: 10\n" in changed(
        BLOCK, {**ROLLOUT, "stages": stages}
    )


def test_the_last_key_of_a_block_is_taken_out() -> None:
    text = BLOCK.replace("    grace: 30d        # a month\n", "    hold:\n      since: 2026-01-01\n      reason: x\n")
    found = changed(text, {"stages": ROLLOUT["stages"]})
    assert found == text.replace("    hold:\n      since: 2026-01-01\n      reason: x\n", "")


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("{grace: 30d}  # c", {"hold": {"since": "2026"}, "grace": "30d"}, '{hold: {since: "2026"}, grace: 30d}  # c'),
        ("{hold: {since: a}, grace: 30d}", {"grace": "30d"}, "{grace: 30d}"),
        ("{grace: 30d, hold: {since: a}}", {"grace": "30d"}, "{grace: 30d}"),
        ("{}", {"grace": "1d"}, "{grace: 1d}"),
        ('{"grace": "30d"}', {"grace": "1d"}, '{"grace": 1d}'),
    ],
)
def test_flow_mappings(before: str, value: dict[str, Any], after: str) -> None:
    text = "kind: A\nspec: {action: enforce, rollout: %s}\n"
    assert (
        changed(text.replace("}\n", " }\n") % before.split("  #")[0], value)
        == text.replace("}\n", " }\n") % (after.split("  #")[0])
    )


def test_a_policy_without_a_rollout_gets_one() -> None:
    text = "kind: A\nspec:\n  action: enforce\n"
    found = changed(text, {"hold": {"since": "2026-01-01", "reason": "x"}})
    assert found == "kind: A\nspec:\n  rollout: {hold: {since: 2026-01-01, reason: x}}\n  action: enforce\n"


def test_json_stays_json() -> None:
    import json

    text = json.dumps({"kind": "A", "spec": {"rollout": {"grace": "30d"}}}, indent=2)
    found = changed(text, {"grace": "1d", "hold": {"since": "2026-01-01", "reason": "x"}}, quoted=True)
    assert json.loads(found)["spec"]["rollout"] == {"grace": "1d", "hold": {"since": "2026-01-01", "reason": "x"}}


@pytest.mark.parametrize(
    "text",
    [
        "kind: A\nspec:\n  rollout: &one\n    grace: 30d\n  other: *one\n",
        "kind: A\nspec:\n  rollout: {grace: 30d}\n  other: [b?]\n",
        "kind: List\nitems:\n- kind: A\n  spec: {rollout: {grace: 30d}}\n",
    ],
)
def test_what_cannot_be_changed_alone_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(Malformed, match="cannot be changed without rewriting") as caught:
        yaml_edit.replaced(text, "p.yaml", 1, ("spec", "rollout"), {"grace": "1d"})
    assert caught.value.remedy == 'write spec.rollout: {"grace":"1d"}'
