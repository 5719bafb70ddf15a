"""Which trust root counts: the one that a flag names, that of the settings, or the public-good instance's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.adapters.configuration import Settings
    from assay.cli import Context
    from assay.model.trusted_root import TrustedRoot


def root(named: Path | None, settings: Settings, context: Context) -> Callable[[], TrustedRoot]:
    """Reads it when it is first needed; no socket is opened for it."""
    from assay.adapters import trust_roots

    configured = settings.text("verify.trusted-root")
    place = named or (Path(configured) if configured else None)
    if place is not None:
        return lambda: trust_roots.load(place).root
    data = context.data_dir(settings)
    return lambda: trust_roots.public_good(data).root
