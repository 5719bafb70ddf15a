"""What hangs on an image: the referrers API, the tag that stands in for it, and the tags of cosign.

OCI distribution specification 1.1, "Listing Referrers" and "Referrers Tag Schema": where ``/referrers/DIGEST`` is
not there (404), the tag ``sha256-HEX`` holds the same index.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assay.adapters.registry.session import Session
from assay.errors import LimitExceeded, Malformed
from assay.formats import oci
from assay.model.digest import Digest
from assay.model.image import Descriptor, Index

MAX_PAGES = 200
MAX_REFERRERS = 10_000
_NEXT = re.compile(r'<([^<>]{1,4000})>\s*;[^,]{0,200}\brel="?next"?')
_JSON = {"Accept": oci.INDEX}
_BUSY = frozenset((429, 502, 503, 504))
"""Answers that say nothing about what is there."""


def tag_of(image: Digest) -> str:
    """``sha256-HEX``."""
    return f"{image.algorithm}-{image.value}"[:128]


class Referrers:
    """Asks one repository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, image: Digest, artifact_type: str = "") -> Sequence[Descriptor]:
        """The manifests whose subject is `image`, of that artifact type if one is given."""
        listed = self._by_api(image)
        found = self.by_tag(image) if listed is None else listed
        return tuple(item for item in found if artifact_type in ("", item.artifact_type))

    def by_tag(self, image: Digest) -> Sequence[Descriptor]:
        """What the stand-in tag lists; empty where there is none. Raises `ExternalError` where that cannot be told."""
        response = self._session.request("GET", f"manifests/{tag_of(image)}", _JSON)
        if response.status in _BUSY:
            raise self._session.fail(response, f"referrers of {image}")
        if response.status != 200:
            response.close()
            return ()
        return _manifests(response.read(oci.MAX_DOCUMENT))

    def by_api(self, image: Digest) -> frozenset[Digest]:
        """What the API lists; empty where there is none."""
        return frozenset(item.digest for item in self._by_api(image) or ())

    def _by_api(self, image: Digest) -> list[Descriptor] | None:
        """All pages of the API; None where the registry has none. Raises `LimitExceeded` for more than is followed."""
        path, found = f"referrers/{image}", list[Descriptor]()
        for _ in range(MAX_PAGES):
            response = self._session.request("GET", path, _JSON)
            if response.status in _BUSY:
                raise self._session.fail(response, f"referrers of {image}")
            if response.status != 200:
                response.close()
                return found or None
            found.extend(_manifests(response.read(oci.MAX_DOCUMENT)))
            if len(found) > MAX_REFERRERS:
                break
            more = _NEXT.search(response.headers.get("link", "")[:8000])
            if more is None:
                return found
            path = more[1]
        raise LimitExceeded(
            f"{self._session.host} lists more than {MAX_REFERRERS} referrers, or more than {MAX_PAGES} pages of them"
        )


def _manifests(data: bytes) -> Sequence[Descriptor]:
    try:
        index = oci.parse(data)
    except Malformed:
        return ()
    return index.manifests if isinstance(index, Index) else ()
