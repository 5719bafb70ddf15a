"""Gatekeeper's external data (externaldata.gatekeeper.sh/v1beta1): requests read, answers written.

::

    {"apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderRequest",
     "request": {"keys": ["registry.example/app:1"]}}
    {"apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderResponse",
     "response": {"idempotent": true, "items": [{"key": "registry.example/app:1", "value": "…", "error": ""}]}}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from assay.errors import LimitExceeded, Malformed
from assay.formats.json import Object, as_object

VERSIONS = ("externaldata.gatekeeper.sh/v1beta1", "externaldata.gatekeeper.sh/v1alpha1")
MAX_KEYS = 1000


class Item(NamedTuple):
    """The answer to one key: a value, or why there is none."""

    key: str
    value: str = ""
    error: str = ""


def keys(document: Object) -> tuple[str, ...]:
    """The keys that are asked for; raises `Malformed`."""
    if document.get("kind") != "ProviderRequest" or document.get("apiVersion") not in VERSIONS:
        raise Malformed(f"not a ProviderRequest but {document.get('apiVersion')!r:.60}, {document.get('kind')!r:.60}")
    found = as_object(document.get("request")).get("keys")
    if not isinstance(found, list) or not all(isinstance(key, str) for key in found):
        raise Malformed("request.keys is no list of texts")
    if len(found) > MAX_KEYS:
        raise LimitExceeded(f"{len(found)} keys are asked for (at most {MAX_KEYS})")
    return tuple(map(str, found))


def answer(document: Object, items: Sequence[Item], failed: str = "") -> Object:
    """The answer, in the version of the request; with `failed`, an error of the whole."""
    version = document.get("apiVersion")
    response: Object = {"idempotent": True, "systemError": failed}
    response["items"] = [{"key": item.key, "value": item.value, "error": item.error} for item in items]
    known = version if version in VERSIONS else VERSIONS[0]
    return {"apiVersion": known, "kind": "ProviderResponse", "response": response}
