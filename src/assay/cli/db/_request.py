"""How the advisory data is to be brought up to date, as the settings say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context

if TYPE_CHECKING:
    from assay.adapters.advisories.update import UpdateRequest
    from assay.adapters.configuration import Settings
    from assay.app.advisory_signatures import StoreCheck


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
        check=signature_check(settings, context),
        progress=context.progress,
    )


def signature_check(settings: Settings, context: Context) -> StoreCheck | None:
    """Who must have signed a built store; None where the settings name nobody."""
    key, identity, issuer = (settings.text(name) for name in ("db.key", "db.identity", "db.issuer"))
    if not (key or identity or issuer):
        return None
    from assay.adapters import trust_roots
    from assay.adapters.access import Access
    from assay.app.advisory_signatures import StoreCheck
    from assay.errors import UsageError

    if not key and not (identity and issuer):
        missing = "db.issuer" if identity else "db.identity"
        raise UsageError("an identity is a name and who vouches for it", f"set {missing} as well")
    named = settings.text("db.trusted-root")
    root = trust_roots.load(Path(named)) if named else trust_roots.public_good(context.data_dir(settings))
    return StoreCheck(Access(settings.list("registry.plain-http")), root, key, identity, issuer)
