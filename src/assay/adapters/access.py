"""How registries may be spoken to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Access(NamedTuple):
    """Hosts that may be spoken to without TLS, whether certificates go unchecked, and whether nothing may be asked.

    `mirrors` are ``HOST=MIRROR[/PREFIX]``, asked in their order before HOST itself; `authorities` are ``HOST=FILE``
    with the certificates that HOST's may chain to; `clouds` those whose registries this machine's identity opens.
    """

    plain_http: Sequence[str] = ()
    insecure: bool = False
    offline: bool = False
    mirrors: Sequence[str] = ()
    authorities: Sequence[str] = ()
    clouds: Sequence[str] = ()
