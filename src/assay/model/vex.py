"""VEX statements: what somebody says about a vulnerability in a product, in one noun for all four forms.

The words are OpenVEX's (`status` and `justification`); readers of CSAF, CycloneDX and SPDX 3 translate into them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """The four answers of VEX."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"


class Product(NamedTuple):
    """What a statement is about; `ids` are purls, CPEs or digests (``sha256:...``) under which it is known.

    `subcomponents` are ids of parts; empty: the product as a whole. `versions` is a version range (VERS) or empty.
    """

    ids: tuple[str, ...]
    subcomponents: tuple[tuple[str, ...], ...] = ()
    versions: str = ""


class Statement(NamedTuple):
    """One statement; `vulnerability` is its ids (name and aliases), `origin` the document it stands in.

    An empty `products` speaks of whatever the document is about. `time` (RFC 3339) decides between statements.
    """

    vulnerability: tuple[str, ...]
    status: Status
    products: tuple[Product, ...] = ()
    justification: str = ""
    impact: str = ""
    action: str = ""
    response: tuple[str, ...] = ()
    time: str = ""
    author: str = ""
    origin: str = ""
    version: int = 0


class VexDocument(NamedTuple):
    """A document of statements; `form` is ``openvex``, ``csaf``, ``cyclonedx`` or ``spdx3``."""

    form: str
    id: str = ""
    author: str = ""
    role: str = ""
    time: str = ""
    updated: str = ""
    version: int = 1
    statements: tuple[Statement, ...] = ()
    tool: str = ""
