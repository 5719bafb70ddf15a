"""Builtins of OPA that regorus does not have, or that ask the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assay.engines.policy.rego.formatting import sprintf
from assay.errors import AssayError

Asked = Callable[[str, Any], Any]
"""Answers a builtin that asks the world, by its name and argument."""


def functions(ask: Asked) -> Mapping[str, tuple[int, Callable[..., Any]]]:
    """Each by its name, with how many arguments it takes."""
    return {
        **_HASHES,
        "assay.sprintf": (2, sprintf),
        "net.cidr_intersects": (2, _overlap),
        "net.cidr_overlap": (2, _overlap),
        "http.send": (1, lambda request: ask("http.send", request)),
        "external_data": (1, lambda request: ask("external_data", request)),
        "time.now_ns": (0, lambda: ask("time.now_ns", None)),
    }


def _overlap(left: str, right: str) -> bool:
    from ipaddress import ip_network

    one, other = ip_network(left, strict=False), ip_network(right, strict=False)
    if one.version != other.version:
        return False
    return one.overlaps(other)


def _hash(name: str) -> Callable[[str], str]:
    def function(text: str) -> str:
        import hashlib  # with OpenSSL, which takes some megabytes that hardly a policy needs

        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

    return function


def _mac(name: str) -> Callable[[str, str], str]:
    def function(text: str, key: str) -> str:
        import hmac

        return hmac.new(key.encode(), text.encode(), name).hexdigest()

    return function


def _equal(one: str, other: str) -> bool:
    import hmac

    return hmac.compare_digest(one.encode(), other.encode())


_HASHES: Mapping[str, tuple[int, Callable[..., Any]]] = {
    **{f"crypto.{name}": (1, _hash(name)) for name in ("md5", "sha1", "sha256")},
    **{f"crypto.hmac.{name}": (2, _mac(name)) for name in ("md5", "sha1", "sha256", "sha512")},
    "crypto.hmac.equal": (2, _equal),
}


def told(fault: Exception) -> str:
    """Why a call failed, as the policy's error says it."""
    return fault.what if isinstance(fault, AssayError) else str(fault)
