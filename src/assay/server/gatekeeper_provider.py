"""``POST /provider``: an existing Gatekeeper asks about images (its external-data provider).

A key is an image; its value is the image with its digest, its error why the policies refuse it. The verdict counts, not
the phase: what a refusal does is for the constraint to say. An image that no policy is about is an error too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.types import Receive, Scope, Send

from assay.engines.policy import deciding
from assay.errors import AssayError
from assay.formats import external_data, image_reference, json, json_bytes
from assay.formats.external_data import Item
from assay.model.decision import Decision
from assay.model.policy import AdmissionRequest, GroupVersionKind, GroupVersionResource, Operation, Outcome
from assay.server import http_bodies

MAX_BODY = 4 << 20
SECONDS = 4.0
"""For an answer; Gatekeeper waits for 3 to 5 s unless the Provider says otherwise."""
Decide = Callable[[AdmissionRequest, float], Awaitable[Decision]]


class Provider:
    """Answers requests; `decide` evaluates a pod with the image, until a time of the event loop."""

    def __init__(self, decide: Decide, seconds: float = SECONDS) -> None:
        self._decide, self._seconds = decide, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        until = asyncio.get_running_loop().time() + self._seconds
        try:
            document = json.load_object(await http_bodies.read(receive, MAX_BODY))
        except AssayError as error:
            await http_bodies.answer(send, 400, json_bytes.encode({"message": error.what}))
            return
        try:
            asked = external_data.keys(document)
            items = await asyncio.gather(*(self._item(key, until) for key in asked))
            found = external_data.answer(document, items)
        except AssayError as error:
            found = external_data.answer(document, (), error.what)
        await http_bodies.answer(send, 200, json_bytes.encode(found))

    async def _item(self, key: str, until: float) -> Item:
        try:
            reference = image_reference.parse(key)
        except AssayError as error:
            return Item(key, error=error.what)
        decision = await self._decide(_pod(key), until)
        results = [item for item in decision.results if not item.details.get("reportsOnly")]
        refused = [item for item in results if item.outcome in (Outcome.FAIL, Outcome.ERROR)]
        if refused:
            return Item(key, error="; ".join(map(deciding.line, refused))[:4096])
        if not results:
            return Item(key, error=f"no policy is about {key}")
        digests = {str(item.details.get("digest") or "") for item in results} - {""}
        whole = str(reference) if reference.digest else f"{reference}@{digests.pop()}" if digests else str(reference)
        return Item(key, whole)


def _pod(image: str) -> AdmissionRequest:
    item = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "image"},
        "spec": {"containers": [{"name": "image", "image": image}]},
    }
    kind, resource = GroupVersionKind("", "v1", "Pod"), GroupVersionResource("", "v1", "pods")
    return AdmissionRequest("", kind, resource, Operation.CREATE, object=item, dry_run=True)
