"""Credentials that a pod names: its ``imagePullSecrets``, and those of its service account.

Only what a Secret says of a registry is used; a credential helper that it names is never run, since whoever may write
Secrets of a namespace could name any. Secrets are read when a registry wants credentials, and again when it refuses.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.adapters.registry import credentials
from assay.engines.policy.native import containers
from assay.errors import AssayError
from assay.formats import json
from assay.formats.json import as_list, as_object, as_text
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object

if TYPE_CHECKING:
    from assay.adapters.registry.credentials import Credentials
    from assay.formats.image_reference import ImageReference
    from assay.ports import Cluster

_SECRET, _ACCOUNT = GroupVersionKind("", "v1", "Secret"), GroupVersionKind("", "v1", "ServiceAccount")
MAX_SECRETS = 32


class PullSecrets:
    """Those of one request."""

    def __init__(self, cluster: Cluster, request: AdmissionRequest) -> None:
        item = request.object or {}
        spec = as_object(containers.at(item, containers.pod_path(item)))
        self._cluster, self._namespace = cluster, request.namespace
        self._named = _names(spec)
        self._account = as_text(spec.get("serviceAccountName")) or "default"

    @property
    def key(self) -> tuple[object, ...]:
        """What tells the credentials of one request from those of another."""
        return (self._namespace, self._account, self._named)

    def find(self, reference: ImageReference) -> Credentials | None:
        """The credentials for a repository; None where none are named. Raises `ExternalError`."""
        for document in self._documents():
            found = credentials.in_auths(document, reference.host, reference.repository)
            if found is not None:
                return found
        return None

    def _documents(self) -> tuple[Object, ...]:
        account = self._cluster.get(_ACCOUNT, self._namespace, self._account) or {}
        names = dict.fromkeys((*self._named, *_names(account)))
        return tuple(item for name in [*names][:MAX_SECRETS] for item in self._of(name))

    def _of(self, name: str) -> Iterator[Object]:
        data = as_object((self._cluster.get(_SECRET, self._namespace, name) or {}).get("data"))
        for kind in (".dockerconfigjson", ".dockercfg"):
            try:
                document = json.load_object(base64.b64decode(as_text(data.get(kind)), validate=True))
            except (AssayError, binascii.Error, ValueError):
                continue
            yield document if kind == ".dockerconfigjson" else {"auths": document}


def _names(item: Object) -> tuple[str, ...]:
    found = [as_text(as_object(one).get("name")) for one in as_list(item.get("imagePullSecrets"))]
    return tuple(name for name in found if name)
