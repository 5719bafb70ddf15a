"""Makes ``src/assay/formats/cyclonedx/fields.json`` out of the JSON schemas of the specification.

``python tools/cyclonedx_fields.py SCHEMA_DIR [TARGET]`` with the ``bom-*.schema.json`` of cyclonedx-python-lib or of
the specification. The table says, for each object of CycloneDX, since which version each field is there, what object it
holds, since when each value of an enumeration is known, and which fields are required.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
NAMES = {
    "component.licenses": "licenseChoice",
    "service.licenses": "licenseChoice",
    "componentEvidence.identity": "componentIdentityEvidence",
    "componentEvidence.identity.methods": "componentIdentityEvidence.methods",
    "license.licensing": "licensing",
    "license.licensing.licensee": "licensing.licensee",
    "license.licensing.licensor": "licensing.licensor",
    "license.licensing.purchaser": "licensing.purchaser",
}
"""Objects that later versions know by another name."""

TARGET = Path(__file__).parents[1] / "src/assay/formats/cyclonedx/fields.json"


class Schema:
    """One version's schema, walked into the common table."""

    def __init__(self, version: str, document: dict[str, Any], table: dict[str, Any]) -> None:
        self.version = version
        self.document = document
        self.table = table
        self.seen: set[str] = set()

    def object(self, name: str, node: dict[str, Any], sole: bool = True) -> None:
        """Notes the fields of an object, and walks on; only one that has no alternative requires anything."""
        entry = self.table.setdefault(name, {"fields": {}, "required": {}})
        entry["required"].setdefault(self.version, set()).update(node.get("required", ()) if sole else ())
        for field, child in node["properties"].items():
            found = entry["fields"].setdefault(field, {"since": self.version})
            found["until"] = self.version
            self.value(f"{name}.{field}", child, found)

    def value(self, path: str, node: Any, found: dict[str, Any], sole: bool = True) -> None:
        """Notes what a field holds: another object (by name), values of an enumeration, or nothing of note."""
        if not isinstance(node, dict):
            return
        reference = node.get("$ref", "")
        if reference.startswith("#/definitions/"):
            name = reference.rpartition("/")[2]
            if name not in self.seen and "enum" not in self.definition(name):
                self.seen.add(name)
                self.value(name, self.definition(name), self.table.setdefault("", {"fields": {}})["fields"])
            self.alias(name, found)
        if isinstance(node.get("properties"), dict) and node["properties"]:
            name = NAMES.get(path, path)
            self.object(name, node, sole)
            hold(found, name)
        for value in node.get("enum", ()):
            found.setdefault("values", {}).setdefault(str(value), self.version)
        items = node.get("items", [])
        for child in items if isinstance(items, list) else [items]:
            self.value(path, child, found, sole)
        for child in self.branches(node):
            self.value(path, child, found, False)

    def alias(self, name: str, found: dict[str, Any]) -> None:
        """A definition that is an object is held by name; one that is an enumeration or a list is read through."""
        definition = self.definition(name)
        if name in self.table and isinstance(definition.get("properties"), dict):
            hold(found, name)
        elif "$ref" not in definition or definition["$ref"].startswith("#"):
            self.value(name, definition, found)

    def definition(self, name: str) -> dict[str, Any]:
        """A definition of this schema."""
        found: dict[str, Any] = self.document["definitions"][name]
        return found

    @staticmethod
    def branches(node: dict[str, Any]) -> list[Any]:
        """The alternatives of a node."""
        return [child for word in ("oneOf", "anyOf", "allOf") for child in node.get(word, ())]


def hold(found: dict[str, Any], name: str) -> None:
    """One more object that a field can hold."""
    if name not in found.setdefault("holds", []):
        found["holds"].append(name)


def main() -> None:
    """Writes the table."""
    table: dict[str, Any] = {}
    for version in VERSIONS:
        names = (f"bom-{version}-strict", f"bom-{version}")
        suffixes = (".SNAPSHOT.schema.json", ".schema.json")
        paths = [Path(sys.argv[1], name + suffix) for name in names for suffix in suffixes]
        document = json.loads(next(path for path in paths if path.is_file()).read_text())
        Schema(version, document, table).object("bom", document)
    table.pop("", None)
    lines = [f"{json.dumps(name)}: {json.dumps(compact(table[name]), sort_keys=True)}" for name in sorted(table)]
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else TARGET
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def compact(entry: dict[str, Any]) -> dict[str, Any]:
    """Only what differs from the first version is said."""
    for field in entry["fields"].values():
        if field["since"] == VERSIONS[0]:
            del field["since"]
        if field["until"] == VERSIONS[-1]:
            del field["until"]
        values = field.get("values", {})
        if set(values.values()) <= {field.get("since", VERSIONS[0])}:
            field.pop("values", None)
    newest = max(entry["required"], default=VERSIONS[-1])
    return {"fields": entry["fields"], "required": sorted(entry["required"].get(newest, ()))}


main()
