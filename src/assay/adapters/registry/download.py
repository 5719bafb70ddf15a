"""A blob as a stream that goes on after a connection broke (RFC 9110, section 14: range requests)."""

from __future__ import annotations

from assay.adapters.registry.session import Session
from assay.adapters.registry.transport import Dropped, Response
from assay.errors import DigestMismatch
from assay.model.image import Descriptor

MAX_RESUMED = 8
"""How often one blob is taken up again."""


class BlobStream:
    """The bytes of a blob, never more than its descriptor promises; whoever reads verifies the digest."""

    def __init__(self, session: Session, item: Descriptor) -> None:
        self._session = session
        self._item = item
        self._at = 0
        self._resumed = 0
        self._response = self._open()

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a part of `buffer`; 0 at the end."""
        while True:
            try:
                count = self._response.readinto(buffer)
                if not count and self._at < self._item.size and self._response.length < 0:
                    raise Dropped(f"{self._session.host} ended {self._item.digest} too early")
            except Dropped as error:
                self._resume(error)
                continue
            self._at += count
            if self._at > self._item.size:
                self.close()
                raise DigestMismatch(
                    f"{self._item.digest} has more than the {self._item.size} bytes that were promised"
                )
            return count

    def _resume(self, error: Dropped) -> None:
        while not error.stalled and self._resumed < MAX_RESUMED:
            self._response.close()
            self._resumed += 1
            try:
                self._response = self._open()
                return
            except Dropped as again:
                error = again
        raise error

    def _open(self) -> Response:
        headers = {"Range": f"bytes={self._at}-"} if self._at else {}
        response = self._session.request("GET", f"blobs/{self._item.digest}", headers)
        whole = response.status == 200
        if not whole and not (response.status == 206 and self._at):
            raise self._session.fail(response, f"blob {self._item.digest}")
        promised = self._item.size if whole else self._item.size - self._at
        if response.length >= 0 and response.length != promised:
            response.close()
            what = f"{self._session.host} sends {response.length} bytes of {self._item.digest}, {promised} are due"
            raise DigestMismatch(what, "push the image again")
        if whole:
            _skip(response, self._at)
        return response

    def close(self) -> None:
        """End the transfer."""
        self._response.close()


def _skip(response: Response, size: int) -> None:
    """Read over what is there already, where the registry knows no ranges."""
    buffer = memoryview(bytearray(min(size, 256 << 10)))
    while size:
        count = response.readinto(buffer[: min(size, len(buffer))])
        if not count:
            raise Dropped("the registry ended a blob too early")
        size -= count
