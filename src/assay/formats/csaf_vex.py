"""CSAF documents as VEX statements: profiles 4 (security advisory) and 5 (VEX) of CSAF 2.0."""

from __future__ import annotations

from collections.abc import Iterator

from assay.formats import csaf
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.vex import Product, Statement, Status, VexDocument

_STATUS = {
    "known_not_affected": Status.NOT_AFFECTED,
    "known_affected": Status.AFFECTED,
    "first_affected": Status.AFFECTED,
    "last_affected": Status.AFFECTED,
    "fixed": Status.FIXED,
    "first_fixed": Status.FIXED,
    "under_investigation": Status.UNDER_INVESTIGATION,
}
_WRITTEN = {
    Status.NOT_AFFECTED: "known_not_affected",
    Status.AFFECTED: "known_affected",
    Status.FIXED: "fixed",
    Status.UNDER_INVESTIGATION: "under_investigation",
}


def read(data: bytes, origin: str) -> VexDocument:
    """The statements; raises `assay.errors.Malformed` for what is no CSAF."""
    return of(csaf.load(data, origin), origin)


def of(value: Object, origin: str) -> VexDocument:
    """The statements of a loaded document."""
    document = as_object(value.get("document"))
    tracking = as_object(document.get("tracking"))
    author = as_text(as_object(document.get("publisher")).get("name"))
    time = as_text(tracking.get("current_release_date"))
    known, groups = csaf.products(value), csaf.groups(value)
    statements = [
        statement
        for item in as_list(value.get("vulnerabilities"))
        for statement in _statements(as_object(item), known, groups, (time, author, origin))
    ]
    initial = as_text(tracking.get("initial_release_date"))
    return VexDocument("csaf", as_text(tracking.get("id")), author, "", initial, time, 1, tuple(statements))


def _statements(
    item: Object,
    known: dict[str, csaf.TreeProduct],
    groups: dict[str, tuple[str, ...]],
    about: tuple[str, str, str],
) -> Iterator[Statement]:
    time, author, origin = about
    names = [as_text(item.get("cve")), *(as_text(as_object(name).get("text")) for name in as_list(item.get("ids")))]
    flags = _by_product(item.get("flags"), "label", groups)
    threats = _by_product(
        [one for one in as_list(item.get("threats")) if _category(one) == "impact"], "details", groups
    )
    mends = _by_product(item.get("remediations"), "details", groups)
    for key, products in as_object(item.get("product_status")).items():
        status = _STATUS.get(key)
        if status is None:
            continue
        for name in map(as_text, as_list(products)):
            yield Statement(
                vulnerability=tuple(filter(None, names)),
                status=status,
                products=(_product(name, known),),
                justification=flags.get(name, "") if status is Status.NOT_AFFECTED else "",
                impact=threats.get(name, "") if status is Status.NOT_AFFECTED else "",
                action=mends.get(name, "") if status is Status.AFFECTED else "",
                time=time,
                author=author,
                origin=origin,
            )


def _category(item: Json) -> str:
    return as_text(as_object(item).get("category"))


def _by_product(items: Json | None, key: str, groups: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """The text under `key` for each product that an item names, itself or through a group."""
    result: dict[str, str] = {}
    for item in map(as_object, as_list(items)):
        names = [*map(as_text, as_list(item.get("product_ids")))]
        names += [name for group in as_list(item.get("group_ids")) for name in groups.get(as_text(group), ())]
        for name in names:
            result.setdefault(name, as_text(item.get(key)))
    return result


def _product(name: str, known: dict[str, csaf.TreeProduct]) -> Product:
    """A product; a component of another one is a subcomponent of it."""
    item = known.get(name, csaf.TreeProduct((), name))
    own = item.ids or ((item.name,) if item.name else (name,))
    outer = known.get(item.part_of)
    if outer is not None and (outer.ids or outer.name):
        return Product(outer.ids or (outer.name,), (own,))
    return Product(own)


def write(document: VexDocument) -> bytes:
    """A CSAF 2.0 document of the VEX profile."""
    from assay.formats import json_bytes

    ids: dict[tuple[str, ...], str] = {}
    vulnerabilities: dict[str, Object] = {}
    for statement in document.statements:
        name = statement.vulnerability[0] if statement.vulnerability else "unknown"
        entry = vulnerabilities.setdefault(name, _entry(name))
        for product in statement.products:
            for key in product.subcomponents or (product.ids,):
                ids.setdefault(key, f"P{len(ids) + 1}")
                _put(entry, statement, ids[key])
    time = document.updated or document.time
    value: Object = {
        "document": _head(document, time),
        "product_tree": {"full_product_names": [_full_name(number, key) for key, number in ids.items()]},
        "vulnerabilities": list(vulnerabilities.values()),
    }
    return json_bytes.dump(value)


def _entry(name: str) -> Object:
    notes: Object = {"notes": [{"category": "summary", "text": name}]}
    if name.startswith("CVE-"):
        return {"cve": name, **notes, "product_status": {}}
    return {"ids": [{"system_name": "id", "text": name}], **notes, "product_status": {}}


def _put(entry: Object, statement: Statement, product: str) -> None:
    status = as_object(entry["product_status"])
    listed = as_list(status.setdefault(_WRITTEN[statement.status], []))
    if product not in listed:
        listed.append(product)
    extra: list[tuple[str, Object]] = []
    if statement.justification:
        extra.append(("flags", {"label": statement.justification, "product_ids": [product]}))
    if statement.impact:
        extra.append(("threats", {"category": "impact", "details": statement.impact, "product_ids": [product]}))
    if statement.action or statement.status is Status.AFFECTED:
        text = statement.action or "no remedy is known"
        kind = "vendor_fix" if statement.action else "none_available"
        extra.append(("remediations", {"category": kind, "details": text, "product_ids": [product]}))
    for key, item in extra:
        as_list(entry.setdefault(key, [])).append(item)


def _full_name(number: str, ids: tuple[str, ...]) -> Object:
    purl = next((name for name in ids if name.startswith("pkg:")), "")
    helper: Object = {"product_identification_helper": {"purl": purl}} if purl else {}
    return {"product_id": number, "name": ids[0] if ids else number, **helper}


def _head(document: VexDocument, time: str) -> Object:
    release: Object = {"date": time, "number": "1", "summary": "first release"}
    return {
        "category": "csaf_vex",
        "csaf_version": "2.0",
        "publisher": {
            "category": "vendor",
            "name": document.author or "unknown",
            "namespace": "https://vex.example",
        },
        "title": f"VEX {document.id}",
        "tracking": {
            "id": document.id or "VEX",
            "status": "final",
            "version": "1",
            "initial_release_date": document.time,
            "current_release_date": time,
            "revision_history": [release],
        },
    }
