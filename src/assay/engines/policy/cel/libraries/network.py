"""IP addresses and networks (k8s.io/apiserver/pkg/cel/library/{ip,cidr}.go)."""

from __future__ import annotations

import ipaddress
import re

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import Library
from assay.engines.policy.cel.values import Opaque

_IP, _CIDR = "net.IP", "net.CIDR"
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Interface | ipaddress.IPv6Interface
_CANONICAL_PREFIX = re.compile(r"[^/]+/(0|[1-9][0-9]*)")


class Ip(Opaque):
    """``ip("10.0.0.1")``."""

    cel_type = _IP
    __slots__ = ("address",)

    def __init__(self, address: _Address) -> None:
        self.address = address

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ip) and self.address == other.address

    def __hash__(self) -> int:
        return hash(self.address)

    def text(self) -> str:
        """The address."""
        return str(self.address)

    plain = text


class Cidr(Opaque):
    """``cidr("10.0.0.0/8")``; the address keeps its host part."""

    cel_type = _CIDR
    __slots__ = ("interface",)

    def __init__(self, interface: _Network) -> None:
        self.interface = interface

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cidr) and self.interface == other.interface

    def __hash__(self) -> int:
        return hash(self.interface)

    def text(self) -> str:
        """Address and length."""
        return str(self.interface)

    plain = text


def _address(text: str) -> _Address | None:
    """None for what is no address, has a zone, or is an IPv4 address written as IPv6."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = isinstance(found, ipaddress.IPv6Address) and (found.ipv4_mapped is not None or found.scope_id)
    return None if mapped else found


def _ip(text: str) -> Ip:
    found = _address(text)
    if found is None:
        raise Untold(f"IP address {text!r:.80} parse error")
    return Ip(found)


def _canonical(text: str) -> bool:
    return str(_ip(text).address) == text


def _network(text: str) -> _Network | None:
    if not _CANONICAL_PREFIX.fullmatch(text) or _address(text.partition("/")[0]) is None:
        return None
    try:
        return ipaddress.ip_interface(text)
    except ValueError:
        return None


def _cidr(text: str) -> Cidr:
    found = _network(text)
    if found is None:
        raise Untold(f"network address {text!r:.80} parse error")
    return Cidr(found)


def _contains_ip(value: Cidr, other: Ip) -> bool:
    return other.address in value.interface.network


def _contains_cidr(value: Cidr, other: Cidr) -> bool:
    one, two = value.interface.network, other.interface.network
    return one.version == two.version and two.prefixlen >= one.prefixlen and two.network_address in one


def _global_unicast(value: Ip) -> bool:
    found = value.address
    broadcast = found.version == 4 and int(found) == 2**32 - 1
    return not (found.is_unspecified or found.is_loopback or found.is_multicast or found.is_link_local or broadcast)


def _link_local_multicast(value: Ip) -> bool:
    found = value.address
    if found.version == 4:
        return found in ipaddress.ip_network("224.0.0.0/24")
    return found.is_multicast and int(found) >> 112 & 0xF == 2


NETWORK = Library(
    "network",
    {
        f"ip(string): {_IP}": _ip,
        "isIP(string): bool": lambda text: _address(text) is not None,
        "ip.isCanonical(string): bool": _canonical,
        f"{_IP} -> family(): int": lambda value: value.address.version,
        f"{_IP} -> isUnspecified(): bool": lambda value: value.address.is_unspecified,
        f"{_IP} -> isLoopback(): bool": lambda value: value.address.is_loopback,
        f"{_IP} -> isLinkLocalMulticast(): bool": _link_local_multicast,
        f"{_IP} -> isLinkLocalUnicast(): bool": lambda value: value.address.is_link_local,
        f"{_IP} -> isGlobalUnicast(): bool": _global_unicast,
        f"cidr(string): {_CIDR}": _cidr,
        "isCIDR(string): bool": lambda text: _network(text) is not None,
        f"{_CIDR} -> containsIP(string): bool": lambda value, text: _contains_ip(value, _ip(text)),
        f"{_CIDR} -> containsIP({_IP}): bool": _contains_ip,
        f"{_CIDR} -> containsCIDR(string): bool": lambda value, text: _contains_cidr(value, _cidr(text)),
        f"{_CIDR} -> containsCIDR({_CIDR}): bool": _contains_cidr,
        f"{_CIDR} -> ip(): {_IP}": lambda value: Ip(value.interface.ip),
        f"{_CIDR} -> masked(): {_CIDR}": lambda value: _cidr(str(value.interface.network)),
        f"{_CIDR} -> prefixLength(): int": lambda value: value.interface.network.prefixlen,
    },
)
