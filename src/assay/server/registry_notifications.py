"""Where registries tell what was pushed (``POST /notify``): whoever knows the secret may make assay look at images.

The secret comes as ``Authorization: Bearer SECRET`` (or the bare secret, as Harbor sends it). GitHub signs instead:
``X-Hub-Signature-256``, an HMAC of the body. What is told is a hint; the answer says how many images were taken.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable

from starlette.types import Receive, Scope, Send

from assay.errors import AssayError
from assay.formats import json_bytes, registry_notification
from assay.formats.json import Object
from assay.server import http_bodies

MAX_BODY = 4 << 20


class Notifications:
    """The endpoint; `hint` takes references, and says how many it took."""

    def __init__(
        self, secret: bytes, hint: Callable[[Iterable[str]], int], told: dict[str, float], host: str = ""
    ) -> None:
        """`told` counts the answers by their status."""
        self._secret, self._hint, self._told, self._host = secret, hint, told, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one."""
        try:
            data = await http_bodies.read(receive, MAX_BODY)
        except AssayError as error:
            await self._answer(send, 413, {"message": error.what})
            return
        if not self._is_known(scope, data):
            await self._answer(send, 401, {"message": "the secret is missing, or another"})
            return
        try:
            taken = self._hint(registry_notification.images(data, self._host))
        except AssayError as error:
            await self._answer(send, 400, {"message": error.what})
            return
        await self._answer(send, 200, {"images": taken})

    def _is_known(self, scope: Scope, data: bytes) -> bool:
        shown = http_bodies.header(scope, b"authorization").removeprefix(b"Bearer ")
        signature = http_bodies.header(scope, b"x-hub-signature-256")
        wanted = b"sha256=" + hmac.new(self._secret, data, "sha256").hexdigest().encode()
        return hmac.compare_digest(shown, self._secret) or hmac.compare_digest(signature, wanted)

    async def _answer(self, send: Send, status: int, said: Object) -> None:
        self._told[str(status)] = self._told.get(str(status), 0) + 1
        await http_bodies.answer(send, status, json_bytes.encode(said))
