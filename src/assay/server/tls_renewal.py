"""Certificates that change while the server serves: new connections get the new one, those that are open stay."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread

from assay.errors import AssayError

SECONDS, EVERY = 1.0, 60


class Renewal:
    """Looks every second whether certificate or key changed; a pair that does not fit is left until it does.

    `renew` is called before every sixtieth look, and may write new ones.
    """

    def __init__(self, context: ssl.SSLContext, certificate: str, key: str, renew: Callable[[], object] | None) -> None:
        self._files, self._renew = (certificate, key), renew
        self._current: ssl.SSLContext | None = None
        context.sni_callback = self._choose
        self._seen = self._stamp()
        self._ended = Event()
        self.renewed = 0
        Thread(target=self._run, name="tls", daemon=True).start()

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        """Let a new connection have the new certificate; a context that is in use is never changed in two steps."""
        if self._current is not None:
            connection.context = self._current

    def close(self) -> None:
        """Look no more."""
        self._ended.set()

    def _stamp(self) -> object:
        found = []
        for name in self._files:
            try:
                status = Path(name).stat()
            except OSError:
                return None
            found.append((status.st_mtime_ns, status.st_ino, status.st_size))
        return tuple(found)

    def _run(self) -> None:
        for number in count():
            if self._ended.wait(SECONDS):
                return
            if self._renew is not None and number % EVERY == 0:
                with suppress(AssayError):  # what is there still holds; the next time tries again
                    self._renew()
            self.look()

    def look(self) -> None:
        """Take over what changed."""
        now = self._stamp()
        if now is None or now == self._seen:
            return
        try:
            fresh = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            fresh.load_cert_chain(*self._files, password="")
        except (OSError, ValueError):
            return  # written in two steps: the next look sees both
        self._current = fresh
        self._seen = now
        self.renewed += 1
