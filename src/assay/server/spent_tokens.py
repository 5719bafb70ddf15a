"""Identity tokens that are good for one key only: who steals one that was used cannot have a certificate with it.

Clients that sign several times with one token, as jobs of CI providers do, need a token for each certificate then.
Replicas remember each what they have seen.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from assay.engines.authority.requests import BAD_TOKEN
from assay.engines.authority.tokens import LEEWAY
from assay.errors import ExternalError, Refused

_REMEMBERED = 200_000
_FOR_EVER = 1 << 40


class SpentTokens:
    """Which token was used for which key, until it expires; safe under threads."""

    def __init__(self, clock: Callable[[], float] = time.time, most: int = _REMEMBERED) -> None:
        self._clock, self._most = clock, most
        self._seen: dict[bytes, tuple[float, bytes]] = {}
        self._lock = threading.Lock()

    def spend(self, token: str, claims: Mapping[str, Any], key: bytes) -> None:
        """Note that a token was used for a key (DER); raises `Refused` where it was for another, `ExternalError` full.

        The same key may ask again, as after an answer that did not arrive. Only what was signed names a token: its
        signature can often be written in several ways.
        """
        name = hashlib.sha256(token.rpartition(".")[0].encode()).digest()
        mine = hashlib.sha256(key).digest()
        with self._lock:
            now = self._clock()
            _, used = self._seen.get(name, (0.0, mine))
            if used != mine:
                raise Refused(BAD_TOKEN, "it was used for another key already")
            if len(self._seen) >= self._most and name not in self._seen:
                self._seen = {item: held for item, held in self._seen.items() if held[0] > now}
                if len(self._seen) >= self._most:
                    raise ExternalError(f"{self._most} tokens are remembered already", "try again later")
            self._seen[name] = (min(int(claims["exp"]), _FOR_EVER) + LEEWAY, mine)
