"""Makes ``src/assay/formats/cyclonedx/elements.json`` out of the XML schema of CycloneDX 1.7.

``python tools/cyclonedx_elements.py bom-1.7.xsd [TARGET]``. For each complex type the table holds its attributes, its
child elements in order (name, type, whether it repeats), the kind of its text, and whether it is but a list of its
only child. Scalar kinds are ``s`` text, ``t`` token, ``u`` address, ``b`` boolean, ``i`` integer, ``n`` number.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

XS = "{http://www.w3.org/2001/XMLSchema}"
TARGET = Path(__file__).parents[1] / "src/assay/formats/cyclonedx/elements.json"
KINDS = {
    "boolean": "b",
    "integer": "i",
    "positiveInteger": "i",
    "nonNegativeInteger": "i",
    "decimal": "n",
    "float": "n",
    "double": "n",
    "string": "s",
    "normalizedString": "s",
    "anyURI": "u",
}


class Schema:
    """The schema, by the names of its types."""

    def __init__(self, root: ET.Element) -> None:
        self.complex = {node.get("name"): node for node in root.findall(f"{XS}complexType")}
        self.simple = {node.get("name"): node for node in root.findall(f"{XS}simpleType")}
        self.groups = {node.get("name"): node for node in root.findall(f"{XS}attributeGroup")}
        self.bom = root.find(f"{XS}element[@name='bom']/{XS}complexType")
        self.table: dict[str, Any] = {}

    def kind(self, name: str) -> str:
        """The scalar kind of a simple type."""
        prefix, _, local = name.rpartition(":")
        if prefix == "xs" or local not in self.simple:
            return KINDS.get(local, "t")
        restriction = self.simple[local].find(f"{XS}restriction")
        return self.kind(restriction.get("base", "")) if restriction is not None else "t"

    def type_of(self, node: ET.Element, path: str) -> str:
        """The type of an element or attribute: a complex one by name (noted in the table), or a scalar kind."""
        name = node.get("type", "")
        local = name.rpartition(":")[2]
        if name and not name.startswith("xs:") and local in self.complex:
            if local not in self.table:
                self.note(local, self.complex[local])
            return local
        inner = node.find(f"{XS}complexType")
        if inner is not None:
            self.note(path, inner)
            return path
        if node.find(f"{XS}simpleType/{XS}union") is not None:
            return "u"
        restriction = node.find(f"{XS}simpleType/{XS}restriction")
        return self.kind(name or (restriction.get("base", "") if restriction is not None else ""))

    def note(self, name: str, node: ET.Element) -> None:
        """One complex type into the table."""
        entry: dict[str, Any] = {}
        self.table[name] = entry
        content = node.find(f"{XS}simpleContent/{XS}extension")
        if content is not None:
            entry["text"] = self.kind(content.get("base", ""))
        attributes = self.attributes(content if content is not None else node)
        if attributes:
            entry["attributes"] = attributes
        children: dict[str, list[Any]] = {}
        for child, repeats in self.elements(node, False):
            key = child.get("name", "")
            known = children.pop(key, [key, "", 0])  # in alternatives the last place is the one that fits both
            children[key] = known
            known[1] = self.type_of(child, f"{name}.{key}")
            known[2] |= repeats
        if children:
            entry["children"] = list(children.values())
        if len(children) == 1 and not attributes and next(iter(children.values()))[2]:
            entry["list"] = True

    def attributes(self, node: ET.Element) -> dict[str, str]:
        """The attributes of a type, those of its groups included."""
        found = {str(item.get("name")): self.type_of(item, "") for item in node.findall(f"{XS}attribute")}
        for group in node.findall(f"{XS}attributeGroup"):
            found |= self.attributes(self.groups[group.get("ref", "").rpartition(":")[2]])
        return found

    def elements(self, node: ET.Element, repeats: bool) -> list[tuple[ET.Element, bool]]:
        """The child elements of a model in order, and whether each can come more than once."""
        found = []
        for child in node:
            again = repeats or child.get("maxOccurs", "1") != "1"
            if child.tag == f"{XS}element":
                found.append((child, again))
            elif child.tag in (f"{XS}sequence", f"{XS}choice", f"{XS}all"):
                sole = len(list(child.iter(f"{XS}element"))) == 1 or len(child.findall(f"{XS}element")) == 1
                found += self.elements(child, again and sole)
        return found


def main() -> None:
    """Writes the table."""
    schema = Schema(ET.parse(sys.argv[1]).getroot())
    assert schema.bom is not None
    schema.note("bom", schema.bom)
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(schema.table.items())]
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else TARGET
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
