"""CSAF 2.0 (OASIS): the product tree, and the status of vulnerabilities in its products.

::

    {"document": {"category": "csaf_vex", "tracking": {"id": "CVE-2023-0001", "current_release_date": "…"}},
     "product_tree": {"branches": [{"category": "product_version", "name": "…", "product": {"product_id": "P1",
        "name": "app 1.0", "product_identification_helper": {"purl": "pkg:pypi/app@1.0"}}}],
      "relationships": [{"category": "default_component_of", "product_reference": "P2",
        "relates_to_product_reference": "P1", "full_product_name": {"product_id": "P1:P2"}}]},
     "vulnerabilities": [{"cve": "CVE-2023-0001", "product_status": {"known_not_affected": ["P1"]},
        "flags": [{"label": "vulnerable_code_not_present", "product_ids": ["P1"]}]}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from assay.errors import Malformed
from assay.formats.json import Object, as_list, as_object, as_text, load_object

MAX_DEPTH = 50


class TreeProduct(NamedTuple):
    """A product of the tree: its ids (purls, CPEs) and name; `part_of` is the product that it is a component of.

    `versions` is what a branch of the category ``product_version_range`` says (``vers:pypi/<2``, or any text).
    """

    ids: tuple[str, ...]
    name: str = ""
    part_of: str = ""
    component: str = ""
    versions: str = ""


def is_csaf(value: Object) -> bool:
    """Whether a document is CSAF."""
    return as_text(as_object(value.get("document")).get("csaf_version")).startswith("2.")


def load(data: bytes, origin: str) -> Object:
    """The document; raises `Malformed` for what is none."""
    value = load_object(data)
    if not is_csaf(value):
        raise Malformed(f"{origin}: not CSAF 2")
    return value


def products(value: Object) -> dict[str, TreeProduct]:
    """The products of the tree by their id; a component within a product has both their ids."""
    tree = as_object(value.get("product_tree"))
    found: dict[str, TreeProduct] = {}
    for item in as_list(tree.get("full_product_names")):
        _add(found, as_object(item))
    for branch in as_list(tree.get("branches")):
        for item, versions in _leaves(as_object(branch), 0):
            _add(found, item, versions)
    for item in as_list(tree.get("relationships")):
        relation = as_object(item)
        name = as_object(relation.get("full_product_name"))
        inner, outer = (as_text(relation.get(key)) for key in ("product_reference", "relates_to_product_reference"))
        own = found.get(inner, TreeProduct(()))
        key = as_text(name.get("product_id"))
        found[key] = TreeProduct(own.ids, as_text(name.get("name")), outer, inner, own.versions)
    return found


def _leaves(branch: Object, depth: int) -> Iterator[tuple[Object, str]]:
    if depth > MAX_DEPTH:
        raise Malformed("a product tree nested too deep")
    if isinstance(branch.get("product"), dict):
        ranged = branch.get("category") == "product_version_range"
        yield as_object(branch["product"]), as_text(branch.get("name")) if ranged else ""
    for item in as_list(branch.get("branches")):
        yield from _leaves(as_object(item), depth + 1)


def _add(found: dict[str, TreeProduct], item: Object, versions: str = "") -> None:
    helper = as_object(item.get("product_identification_helper"))
    ids = [as_text(helper.get("purl")), *map(as_text, as_list(helper.get("purls"))), as_text(helper.get("cpe"))]
    name = as_text(item.get("name"))
    found[as_text(item.get("product_id"))] = TreeProduct(tuple(filter(None, ids)), name, versions=versions)


def groups(value: Object) -> dict[str, tuple[str, ...]]:
    """Product groups: the ids of their products."""
    return {
        as_text(as_object(item).get("group_id")): tuple(map(as_text, as_list(as_object(item).get("product_ids"))))
        for item in as_list(as_object(value.get("product_tree")).get("product_groups"))
    }
