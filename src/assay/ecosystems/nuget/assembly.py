""".NET assemblies (ECMA-335, partition II, 25): PE files with a CLI header, named by their version resource.

Other PE files are programs of another making and not told here.
"""

from __future__ import annotations

import re
from dataclasses import replace

from assay.ecosystems.nuget.package import component
from assay.errors import Malformed
from assay.formats import pe, pe_version
from assay.model.component import ComponentType, Presence
from assay.model.ecosystem import File, Found

_CLI_HEADER = 14
_PRODUCT = re.compile(r"v?(\d+(?:\.\d+){1,3}(?:-[0-9A-Za-z.-]+)?)")
_FILE = re.compile(r"(\d+(?:\.\d+){1,3})")


def parse(file: File) -> Found:
    """The assembly, by its name and the version of the product it belongs to."""
    try:
        image = pe.headers(file.content)
    except Malformed:
        return Found()
    if not image.directory(_CLI_HEADER)[1]:
        return Found()
    told = pe_version.strings(file.content, image)
    stem, _, suffix = (told.get("OriginalFilename") or told.get("InternalName") or file.name).rpartition(".")
    name = stem if suffix.lower() in ("dll", "exe") else file.name.rpartition(".")[0]
    version = _version(told)
    item = component(name.removesuffix(".resources"), version, Presence.INSTALLED) if version else None
    if item is None:
        return Found()
    kind = ComponentType.APPLICATION if file.name.lower().endswith(".exe") else ComponentType.LIBRARY
    described = replace(item, type=kind, supplier=told.get("CompanyName", ""), copyright=told.get("LegalCopyright", ""))
    return Found((described,))


def _version(told: dict[str, str]) -> str:
    """The product's version without its build details, else the version of the file."""
    product = _PRODUCT.match(told.get("ProductVersion", "").partition("+")[0].strip())
    if product is not None:
        return product[1]
    match = _FILE.match(told.get("FileVersion", "").strip())
    return match[1] if match is not None else ""
