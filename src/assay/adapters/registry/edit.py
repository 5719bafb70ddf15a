"""Changes to a repository that others change too: a tag that lists things, deletions, the list of tags.

Registries have no compare-and-swap (OCI distribution specification 1.1). So a tag that holds a list is read, read
once more just before it is written, and after a pause read again: who wrote between our last reading and our writing
sees then that his entry is gone and adds it again. The pause is longer than any writer takes between the two, so that
the last look is a true one.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence

from assay.adapters import blob
from assay.adapters.registry.session import Session
from assay.adapters.registry.transport import Response
from assay.errors import AssayError, ExternalError
from assay.formats import digest as digests
from assay.formats import json, oci
from assay.formats.json import as_list, as_text
from assay.model.digest import Digest

SETTLED = 0.2
"""Seconds from a write to the look that confirms it, at least; four times what read and write took, if that is more."""
ATTEMPTS = 40
_PATIENCE = 5
MAX_TAGS = 100_000
_ACCEPT = {"Accept": ", ".join((oci.INDEX, oci.MANIFEST, oci.DOCKER_INDEX, oci.DOCKER_MANIFEST))}
_NEXT = re.compile(r'<([^<>]{1,4000})>\s*;[^,]{0,200}\brel="?next"?')
_DELETE = "pull,push,delete"


class _BrokenError(ExternalError):
    """The registry itself failed; it may not fail again."""


class Edit:
    """Changes one repository (`assay.ports.RegistryEdit`)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def tags(self) -> Sequence[str]:
        """All tags, at most `MAX_TAGS`."""
        path, found = "tags/list?n=1000", list[str]()
        while len(found) < MAX_TAGS:
            response = self._session.request("GET", path)
            if response.status != 200:
                raise self._session.fail(response, "list of tags")
            page = as_list(json.load_object(response.read(oci.MAX_DOCUMENT)).get("tags"))
            found.extend(name for item in page if (name := as_text(item)))
            more = _NEXT.search(response.headers.get("link", "")[:8000])
            if more is None or not page:
                break
            path = more[1]
        return found[:MAX_TAGS]

    def update_tag(self, tag: str, change: Callable[[bytes | None], bytes | None]) -> None:
        """Let `change` make a new manifest of that of a tag, until it has nothing to change any more.

        Raises `ExternalError` where others undo it again and again.
        """
        broken = 0
        for attempt in range(ATTEMPTS):
            start = time.monotonic()
            try:
                if self._is_done(tag, change):
                    return
            except _BrokenError:  # docker-registry answers 500 while somebody else writes the same tag
                broken += 1
                if broken == _PATIENCE:
                    raise
            pause = max(SETTLED, 4 * (time.monotonic() - start))
            time.sleep(pause * (1 + random.random() * min(attempt, 8)))  # noqa: S311 - so that two do not march in step
        raise ExternalError(f"{self._session.host}: others write the tag {tag} all the time", "try again later")

    def _is_done(self, tag: str, change: Callable[[bytes | None], bytes | None]) -> bool:
        """Whether there is nothing to change (any more); else what there is to change was written, if it still held."""
        old = self._read(tag)
        new = change(old)
        if new is None:
            return True
        if self._read(tag) == old:  # `change` may have taken its time
            self._write(tag, new)
        return False

    def _read(self, tag: str) -> bytes | None:
        response = self._session.request("GET", f"manifests/{tag}", _ACCEPT)
        if response.status == 404:
            response.close()
            return None
        if response.status != 200:
            raise self._fail(response, tag)
        data = response.read(oci.MAX_DOCUMENT)
        if (said := digests.find(response.headers.get("docker-content-digest", ""))) is not None:
            blob.check(data, said)
        return data

    def _write(self, tag: str, data: bytes) -> None:
        kind = as_text(json.load_object(data).get("mediaType")) or oci.MANIFEST
        headers = {"Content-Type": kind}
        response = self._session.request("PUT", f"manifests/{tag}", headers, data, actions="pull,push")
        if response.status not in (200, 201):
            raise self._fail(response, tag)
        response.close()

    def _fail(self, response: Response, tag: str) -> Exception:
        error = self._session.fail(response, f"manifest {tag}")
        if response.status >= 500 and isinstance(error, AssayError):
            return _BrokenError(error.what, error.remedy)
        return error

    def delete_manifest(self, digest: Digest) -> bool:
        """Delete a manifest and every tag that points to it.

        Raises `ExternalError` for a registry that deletes nothing.
        """
        return self._delete(str(digest))

    def delete_tag(self, tag: str) -> bool:
        """Delete a tag; where the registry knows only digests (distribution 2), the manifest with all its tags."""
        response = self._session.request("DELETE", f"manifests/{tag}", actions=_DELETE)
        if response.status in (200, 202, 404):
            response.close()
            return response.status != 404
        response.close()
        data = self._read(tag)
        return data is not None and self._delete(str(digests.sha256(data)))

    def _delete(self, target: str) -> bool:
        response = self._session.request("DELETE", f"manifests/{target}", actions=_DELETE)
        if response.status == 405:
            response.close()
            remedy = "let the registry delete (docker-registry: storage.delete.enabled), or use its own interface"
            raise ExternalError(f"{self._session.host} lets nobody delete manifests", remedy)
        if response.status not in (200, 202, 404):
            raise self._session.fail(response, f"manifest {target}")
        response.close()
        return response.status != 404
