"""SPDX licence expressions (SPDX 2.3, annex D): whatever a package says becomes a valid expression or a name."""

from __future__ import annotations

from assay.model.license import License


def normalise(text: str) -> tuple[License, ...]:
    """The licences that `text` states: none for an empty one, else one `License`."""
    text = " ".join(text.split())
    return (License(name=text),) if text else ()
