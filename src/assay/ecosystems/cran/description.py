"""DESCRIPTION, the description of an R package (Writing R Extensions, 1.1.1 "The DESCRIPTION file").

::

    Package: greeter
    Version: 0.4-1
    Depends: R (>= 3.5)
    Imports: clock (>= 1.0), stats
    License: GPL (>= 2) | MIT + file LICENSE
    Built: R 4.2.2; ; 2026-11-22 22:00:00 UTC; unix

`Built` is written when a package is installed. Continuation lines are indented.
"""

from __future__ import annotations

import re

from assay.ecosystems.cran.terms import licenses
from assay.errors import Malformed
from assay.formats import purl
from assay.model.component import Component, ExternalReference, Presence, Property
from assay.model.ecosystem import File, Found, Need

_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9/@_.-]*):[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_NAME = re.compile(r"\s*([A-Za-z][A-Za-z0-9.]*)")
_PERSON = re.compile(r"([^<,]*)")


def parse(file: File) -> Found:
    """The package with those that it needs to load; files that describe no package say nothing."""
    fields = {match[1]: " ".join(match[2].split()) for match in _FIELD.finditer(file.text)}
    name, version = fields.get("Package", ""), fields.get("Version", "")
    if not name:
        return Found()
    if not version:
        raise Malformed("DESCRIPTION without a version")
    maintainer = _PERSON.match(fields.get("Maintainer", ""))
    component = Component(
        name,
        version,
        purl=purl.attempt(_type(fields), name, version),
        presence=Presence.INSTALLED if "Built" in fields else Presence.DECLARED,
        licenses=licenses(fields.get("License", "")),
        author=maintainer[1].strip() if maintainer else "",
        description=fields.get("Title", ""),
        references=_references(fields),
        properties=(Property("assay:cran:priority", fields["Priority"]),) if "Priority" in fields else (),
    )
    needed = (fields.get(key, "") for key in ("Depends", "Imports", "LinkingTo"))
    names = dict.fromkeys(match[1] for text in needed for item in text.split(",") if (match := _NAME.match(item)))
    needs = tuple(Need(component.id, (item,)) for item in names if item != "R")
    return Found((component,), needs=needs)


def _type(fields: dict[str, str]) -> str:
    """Bioconductor's packages say what views they belong to, and have no other repository."""
    return "bioconductor" if "biocViews" in fields and fields.get("Repository", "") != "CRAN" else "cran"


def _references(fields: dict[str, str]) -> tuple[ExternalReference, ...]:
    urls = [url for url in re.split(r"[,\s]+", fields.get("URL", "")) if "://" in url]
    found = [ExternalReference("website", url) for url in urls[:10]]
    if "://" in fields.get("BugReports", ""):
        found.append(ExternalReference("issue-tracker", fields["BugReports"]))
    return tuple(found)
