"""``--at DATE`` of the commands about policies."""

from __future__ import annotations

from datetime import UTC, datetime

from assay.errors import UsageError


def moment(text: str | None) -> datetime | None:
    """The time; None where none is named. Raises `UsageError`."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--at {text}: no date", "write it as 2026-12-01 or 2026-12-01T12:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
