"""Functions for documents and lists: base64, JSON, YAML, certificates, hashes, images, items."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import urllib.parse
from collections.abc import Callable
from typing import Any

from assay.engines.policy.queries.faults import BadQuery
from assay.engines.policy.queries.function import LIST, NUMBER, OBJECT, TEXT, Function
from assay.engines.policy.queries.text_functions import MAX_TEXT
from assay.formats import image_reference, json
from assay.formats.manifest import scalar
from assay.formats.yaml import documents


def _base64_decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except binascii.Error as error:
        raise BadQuery(f"base64_decode: {error}") from error


def _base64_encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _parse_yaml(text: str) -> Any:
    found = next(iter(documents(text[: MAX_TEXT + 1], scalar)), None)
    return found.value if found is not None else None


def _x509_decode(text: str) -> Any:
    from assay.engines.policy.x509_fields import decode

    return decode(text)


def _digest(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _lookup(within: Any, key: Any) -> Any:
    if isinstance(within, dict):
        if not isinstance(key, str):
            raise BadQuery("lookup: the key of an object is a text")
        return within.get(key)
    if isinstance(key, bool) or not isinstance(key, int | float) or key != int(key):
        raise BadQuery("lookup: the key of a list is a whole number")
    at = int(key)
    return within[at] if 0 <= at < len(within) else None


def _items(within: Any, key: str, value: str) -> list[Any]:
    """Key and value of each entry, in the order of the keys; of a list, number and item."""
    if isinstance(within, list):
        return [{key: at, value: item} for at, item in enumerate(within)]
    return [{key: name, value: within[name]} for name in sorted(within)]


def _object_from_lists(keys: list[Any], values: list[Any]) -> dict[str, Any]:
    if not all(isinstance(key, str) for key in keys):
        raise BadQuery("object_from_lists: the keys must be texts")
    return {key: values[at] if at < len(values) else None for at, key in enumerate(keys)}


def _random(pattern: str) -> str:
    from assay.engines.policy.kyverno_cel.libraries.numbers import random_text

    if not pattern:
        raise BadQuery("random: the pattern is empty")
    return random_text(pattern)


def _image_normalize(text: str) -> str:
    """With registry and tag; ``library/`` is not added."""
    found = image_reference.parse(text)
    name = found.repository if "library/" in text else found.repository.removeprefix("library/")
    return f"{found.host}/{name}{f':{found.tag}' if found.tag else ''}{f'@{found.digest}' if found.digest else ''}"


def _is_external_url(text: str) -> bool:
    """Whether the host of a URL is none of this machine or of a private network; names are taken for external."""
    host = urllib.parse.urlsplit(text).hostname
    if not host:
        raise BadQuery(f"is_external_url: {text!r:.80} has no host")
    try:
        return not (address := ipaddress.ip_address(host)).is_loopback and not address.is_private
    except ValueError:
        return host != "localhost"


FUNCTIONS = (
    Function("base64_decode", (TEXT,), _base64_decode),
    Function("base64_encode", (TEXT,), _base64_encode),
    Function("parse_json", (TEXT,), lambda text: json.load(text[: MAX_TEXT + 1])),
    Function("parse_yaml", (TEXT,), _parse_yaml),
    Function("x509_decode", (TEXT,), _x509_decode),
    Function("md5", (TEXT,), _digest("md5")),
    Function("sha1", (TEXT,), _digest("sha1")),
    Function("sha256", (TEXT,), _digest("sha256")),
    Function("lookup", (f"{OBJECT}|{LIST}", f"{TEXT}|{NUMBER}"), _lookup),
    Function("items", (f"{OBJECT}|{LIST}", TEXT, TEXT), _items),
    Function("object_from_lists", (LIST, LIST), _object_from_lists),
    Function("random", (TEXT,), _random),
    Function("image_normalize", (TEXT,), _image_normalize),
    Function("is_external_url", (TEXT,), _is_external_url),
)
