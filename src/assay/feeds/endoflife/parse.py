"""endoflife.date: how long releases of systems are maintained, as JSON by product or for one product.

::

    {"alpine-linux": [{"releaseCycle": "3.20", "releaseDate": "2024-05-22", "eol": "2026-04-01"}]}
    [{"cycle": "12", "codename": "Bookworm", "releaseDate": "2023-06-10", "support": "2026-06-10", "eol": "2028-06-30"}]
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.formats.json import Object, as_list, as_object, as_text, load
from assay.model.advisory import Record, Release
from assay.model.feed import Document
from assay.model.sbom import Skipped

_PRODUCTS = {
    "alpine-linux": "alpine",
    "amazon-linux": "amzn",
    "rocky-linux": "rocky",
    "oracle-linux": "ol",
    "opensuse": "opensuse-leap",
    "azure-linux": "azurelinux",
    "centos": "centos",
    "redhat": "rhel",
}


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The releases of a file; a list is about the product that the file is named after."""
    value = load(document.content)
    products = value if isinstance(value, dict) else {document.name.rpartition("/")[2].partition(".")[0]: value}
    for product, releases in products.items():
        for number, item in enumerate(as_list(releases), 1):
            found = _read(_PRODUCTS.get(product, product), as_object(item))
            yield found if found is not None else Skipped(f"{document.name}: {product} {number}", "no release cycle")


def _read(product: str, item: Object) -> Release | None:
    cycle = as_text(item.get("releaseCycle")) or as_text(item.get("cycle")) or as_text(item.get("name"))
    if not cycle:
        return None
    return Release(
        product,
        cycle,
        as_text(item.get("releaseDate")),
        _day(item, "eoas", "support"),
        _day(item, "eol"),
        _day(item, "eoes", "extendedSupport"),
        as_text(item.get("codename")),
    )


def _day(item: Object, *names: str) -> str:
    """A day, or ``true`` and ``false`` as they stand there."""
    value = next((item[name] for name in names if name in item), None)
    return str(value).lower() if isinstance(value, bool) else as_text(value)
