"""Which components a peer finds and assay does not, by package URL without what tools write differently."""

from __future__ import annotations

import json
import re
from collections import Counter
from urllib.parse import unquote

_DROPPED_TYPES = ("pkg:oci/", "pkg:docker/")


def purls(document: bytes) -> set[str]:
    """The package URLs of a CycloneDX JSON document in comparable form."""
    found = set()
    for component in json.loads(document).get("components", ()):
        purl = component.get("purl", "")
        if purl and not purl.startswith(_DROPPED_TYPES):
            found.add(comparable(purl))
    return found


def comparable(purl: str) -> str:
    """Without qualifiers and subpath, decoded, lower case, epochs and a leading v dropped from versions."""
    text = unquote(re.split(r"[?#]", purl)[0]).lower()
    name, at, version = text.rpartition("@")
    if not at or "/" in version:
        return text
    version = re.sub(r"^\d+:", "", version).removeprefix("v").removesuffix("+incompatible")
    return f"{name}@{version}"


def missed(ours: set[str], theirs: set[str]) -> Counter[str]:
    """How many of their components assay lacks, by type."""
    return Counter(purl[4:].partition("/")[0] for purl in theirs - ours)
