"""Licences in SPDX documents: valid expressions, and ``LicenseRef-`` ids with a text for what has only a name.

``License(name="BSD-like, see COPYING")`` becomes ``LicenseRef-BSD-like--see-COPYING-5c1f0e2d3a4b`` and an entry of
``hasExtractedLicensingInfos`` (SPDX 2.3, clause 10)::

    {"licenseId": "LicenseRef-...", "name": "BSD-like, see COPYING", "extractedText": "BSD-like, see COPYING"}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from assay.formats import spdx_license
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.formats.spdx.names import short, slug
from assay.model.license import Acknowledgement, License

NOASSERTION = "NOASSERTION"
_REFERENCE = re.compile(r"(?<![:\w.\-])LicenseRef-[A-Za-z0-9.\-]+")
_ONE_REFERENCE = re.compile(r"LicenseRef-([A-Za-z0-9.\-]+)")
_COMPOUND = re.compile(r"\s(?:AND|OR)\s", re.IGNORECASE)


def reference(license_: License) -> str:
    """The ``LicenseRef-`` id of a licence that has only a name (or a text)."""
    name = license_.name or license_.text
    if _ONE_REFERENCE.fullmatch(name):
        return name
    text = slug(name, 40)
    plain = text == name and license_.text in {"", license_.name}
    return f"LicenseRef-{text}" if plain else f"LicenseRef-{text}-{short(name + license_.text)}"


def expression(licenses: Iterable[License]) -> str:
    """All `licenses` at once as one expression; ``NOASSERTION`` for none."""
    parts = [license_.expression or reference(license_) for license_ in licenses]
    parts = list(dict.fromkeys(parts))
    if len(parts) > 1:
        parts = [f"({part})" if _COMPOUND.search(part) else part for part in parts]
    return " AND ".join(parts) or NOASSERTION


def extracted(licenses: Iterable[License]) -> dict[str, Object]:
    """The texts that the ``LicenseRef-`` ids of `licenses` stand for, by id."""
    infos: dict[str, Object] = {}
    for license_ in licenses:
        if license_.expression:
            for name in references(license_.expression):
                infos.setdefault(name, {"licenseId": name, "extractedText": name, "name": name[11:]})
            continue
        info: Object = {"licenseId": reference(license_), "extractedText": license_.text or license_.name}
        if license_.name:
            info["name"] = license_.name
        if license_.url:
            info["seeAlsos"] = [license_.url]
        infos[reference(license_)] = info
    return infos


def references(text: str) -> list[str]:
    """The ``LicenseRef-`` ids in an expression."""
    return _REFERENCE.findall(text)


def texts(infos: Json | object) -> dict[str, Object]:
    """The entries of ``hasExtractedLicensingInfos`` by id."""
    return {as_text(info.get("licenseId")): info for info in map(as_object, as_list(infos))}


def stated(text: str, infos: Mapping[str, Object], concluded: bool = False) -> tuple[License, ...]:
    """The licences that an SPDX field states; none for NOASSERTION and NONE."""
    text = text.strip()
    if text in {"", NOASSERTION, "NONE"}:
        return ()
    acknowledgement = Acknowledgement.CONCLUDED if concluded else Acknowledgement.DECLARED
    single = _ONE_REFERENCE.fullmatch(text)
    if single is not None:
        return (_named(single[1], infos.get(text, {}), acknowledgement),)
    return tuple(License(found.expression, found.name, acknowledgement) for found in spdx_license.normalise(text))


def _named(name: str, info: Object, acknowledgement: Acknowledgement) -> License:
    name = as_text(info.get("name")) or name
    text = as_text(info.get("extractedText"))
    url = next(map(as_text, as_list(info.get("seeAlsos"))), "")
    return License("", name, acknowledgement, "" if text == name or text.startswith("LicenseRef-") else text, url)
