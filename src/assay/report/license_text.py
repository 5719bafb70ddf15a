"""The licences of a component in one line: ``MIT AND (Apache-2.0 OR Zlib)``."""

from __future__ import annotations

from collections.abc import Iterable

from assay.model.license import License


def license_text(licenses: Iterable[License]) -> str:
    """Expressions and names joined by AND, each once; alternatives in brackets where there are several."""
    parts = dict.fromkeys(item.expression or item.name for item in licenses)
    return " AND ".join(f"({part})" if len(parts) > 1 and " OR " in part else part for part in parts)
