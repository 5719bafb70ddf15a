"""How the advisory data is to be brought up to date, as the settings say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from assay.cli import Context

if TYPE_CHECKING:
    from assay.adapters.advisories.update import UpdateRequest
    from assay.adapters.configuration import Settings


def update_request(settings: Settings, context: Context) -> UpdateRequest:
    """What the settings ask for: a built store, sources by name, or the default set."""
    from assay.adapters.advisories.update import UpdateRequest
    from assay.adapters.registry.transport import Policy

    url = settings.text("db.url")
    return UpdateRequest(
        context.cache_dir(settings),
        sources=() if url else settings.list("db.source"),
        own=settings.list("db.feed"),
        url=url,
        environment=os.environ,
        policy=Policy(plain_http=frozenset(settings.list("registry.plain-http"))),
        progress=context.progress,
    )
