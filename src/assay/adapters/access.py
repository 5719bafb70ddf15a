"""How registries may be spoken to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Access(NamedTuple):
    """Hosts that may be spoken to without TLS, whether certificates go unchecked, and whether nothing may be asked."""

    plain_http: Sequence[str] = ()
    insecure: bool = False
    offline: bool = False
