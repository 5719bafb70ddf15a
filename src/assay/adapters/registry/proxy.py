"""The proxies that the environment names: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``."""

from __future__ import annotations

import base64
from urllib.parse import unquote, urlsplit

from assay.errors import InputError


def find(scheme: str, host: str) -> tuple[tuple[str, int], dict[str, str]] | None:
    """The proxy that the environment names for a host, with the header that it wants."""
    from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

    proxies = getproxies_environment()
    text = proxies.get(scheme) or proxies.get("all")
    if not text or proxy_bypass_environment(host, proxies):
        return None
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        address = (parts.hostname or "", parts.port or 3128)
    except ValueError as error:
        raise InputError("the proxy in the environment is no address", "write it as http://HOST:PORT") from error
    if not parts.username:
        return address, {}
    secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return address, {"Proxy-Authorization": f"Basic {base64.b64encode(secret).decode()}"}
