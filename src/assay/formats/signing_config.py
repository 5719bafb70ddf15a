"""Which services sign: Sigstore's signing configuration v0.2, alone or in a client trust configuration.

::

    {"mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
     "caUrls": [{"url": "https://…", "majorApiVersion": 1, "validFor": {"start": "…"}, "operator": "…"}],
     "oidcUrls": […], "rekorTlogUrls": […], "tsaUrls": […],
     "rekorTlogConfig": {"selector": "ANY"}, "tsaConfig": {"selector": "ALL"}}
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from assay.errors import UsageError
from assay.formats import client_trust
from assay.formats.strict_json import Reader
from assay.formats.trusted_root import validity
from assay.model.trusted_root import Validity

_MEDIA_TYPE = "application/vnd.dev.sigstore.signingconfig"


class Service(NamedTuple):
    """A service, with the version of its interface and who operates it."""

    url: str
    version: int = 1
    validity: Validity = Validity()
    operator: str = ""


class SigningConfig(NamedTuple):
    """The services of an instance; selectors are ``ANY``, ``ALL`` or ``EXACT`` with a count."""

    authorities: tuple[Service, ...] = ()
    issuers: tuple[Service, ...] = ()
    logs: tuple[Service, ...] = ()
    timestamps: tuple[Service, ...] = ()
    log_selector: tuple[str, int] = ("ANY", 0)
    timestamp_selector: tuple[str, int] = ("ANY", 0)


def read(data: bytes) -> SigningConfig:
    """The configuration, also out of a client trust configuration; raises `Malformed`."""
    found = client_trust.part(data, "signingConfig", _MEDIA_TYPE, "the signing configuration")
    return SigningConfig(
        _services(found, "caUrls"),
        _services(found, "oidcUrls"),
        _services(found, "rekorTlogUrls"),
        _services(found, "tsaUrls"),
        _selector(found, "rekorTlogConfig"),
        _selector(found, "tsaConfig"),
    )


def _services(found: Reader, name: str) -> tuple[Service, ...]:
    return tuple(
        Service(item.text("url"), item.integer("majorApiVersion", 1), validity(item), item.text("operator", ""))
        for item in found.objects(name)[:64]
    )


def _selector(found: Reader, name: str) -> tuple[str, int]:
    if not found.has(name):
        return ("ANY", 0)
    item = found.object(name)
    return (item.text("selector", "ANY"), item.integer("count", 0))


def select(
    services: Sequence[Service], versions: Sequence[int], now: datetime, selector: tuple[str, int] = ("ANY", 0)
) -> tuple[Service, ...]:
    """Those to use now: of each operator the highest known version, as many as the selector says.

    Raises `UsageError` where an exact number is wanted and there are fewer.
    """
    best: dict[str, Service] = {}
    for item in services:
        known = best.get(item.operator or item.url)
        if item.version in versions and item.validity.holds(now) and (known is None or item.version > known.version):
            best[item.operator or item.url] = item
    found = tuple(best.values())
    kind, count = selector
    if kind == "EXACT" and len(found) < count:
        raise UsageError(f"the signing configuration wants {count} services and names {len(found)}", "ask its operator")
    if kind == "EXACT":
        return found[:count]
    return found if kind == "ALL" else found[:1]
