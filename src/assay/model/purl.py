"""Package URLs (ECMA-427): ``pkg:type/namespace/name@version?qualifiers#subpath``.

This is the noun. `assay.formats.purl` parses the written form and builds normalised ones by the rules of each type.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

_QUOTED_SAFE = ":"  # the colon stays as it is (purl-spec, "character encoding")


@dataclass(frozen=True, slots=True)
class Purl:
    """A package URL whose parts are decoded; `qualifiers` are sorted by key and never empty-valued."""

    type: str
    name: str
    version: str = ""
    namespace: str = ""
    qualifiers: tuple[tuple[str, str], ...] = ()
    subpath: str = ""

    def __str__(self) -> str:
        text = f"pkg:{self.type}/"
        if self.namespace:
            text += "/".join(quote(part, safe=_QUOTED_SAFE) for part in self.namespace.split("/")) + "/"
        text += quote(self.name, safe=_QUOTED_SAFE)
        if self.version:
            text += "@" + quote(self.version, safe=_QUOTED_SAFE)
        if self.qualifiers:
            text += "?" + "&".join(f"{key}={quote(value, safe=_QUOTED_SAFE)}" for key, value in self.qualifiers)
        if self.subpath:
            text += "#" + "/".join(quote(part, safe=_QUOTED_SAFE) for part in self.subpath.split("/"))
        return text

    def qualifier(self, key: str) -> str:
        """The value of a qualifier, or an empty string."""
        return dict(self.qualifiers).get(key, "")
