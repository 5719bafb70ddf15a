"""Write `src/assay/formats/purl_types.json` from the type definitions of the purl specification.

    python tools/purl_types.py ../shared/data/purl/types > src/assay/formats/purl_types.json

Only facts are kept, a line per type: whether a namespace is needed, which parts are lower-cased, permitted
characters, and the qualifiers a type cannot do without. What equals the default (`DEFAULTS`) is left out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PARTS = ("namespace", "name", "version", "subpath")
DEFAULTS = {"namespace": "optional", "lower": [], "permitted": {}, "qualifiers": []}

# The definition asks for a namespace, but a Go module path may be a single element (Go Modules Reference,
# "Module paths"): the standard library, and local modules. Every producer writes `pkg:golang/stdlib@...` for
# the former.
NAMESPACE = {"golang": "optional"}


def rule(definition: dict[str, Any]) -> dict[str, Any]:
    parts = {part: definition.get(f"{part}_definition") or {} for part in PARTS}
    found = {
        "namespace": NAMESPACE.get(definition["type"], parts["namespace"].get("requirement", "optional")),
        "lower": [part for part, fact in parts.items() if fact.get("case_sensitive") is False],
        "permitted": {
            part: anchored(fact["permitted_characters"])
            for part, fact in parts.items()
            if "permitted_characters" in fact
        },
        "qualifiers": [
            fact["key"] for fact in definition.get("qualifiers_definition", []) if fact.get("requirement") == "required"
        ],
    }
    return {key: value for key, value in found.items() if value != DEFAULTS[key]}


def anchored(pattern: str) -> str:
    """ECMA-262 `$` is the very end, which Python writes as a backslash and Z."""
    return pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern


def main(folder: str) -> None:
    rules = {}
    for path in sorted(Path(folder).glob("*-definition.json")):
        definition = json.loads(path.read_text(encoding="utf-8"))
        rules[definition["type"]] = rule(definition)
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(facts)}" for name, facts in sorted(rules.items()))
    print("{\n" + lines + "\n}")


if __name__ == "__main__":
    main(sys.argv[1])
