"""Names of the Common Platform Enumeration 2.3, and the world in whose version order a product is.

::

    cpe:2.3:a:oracle:jdk:1.8.0:update402:*:*:*:*:*:*

NISTIR 7695, section 6.2: part, vendor, product, version, update, edition, language, software edition, target software,
target hardware, other; a backslash quotes.
"""

from __future__ import annotations

import re

ECOSYSTEM = "cpe"
"""Under which the advisory store files products that no other world has."""

_JAVA = re.compile(r"a:(?:oracle|sun):(?:java|java_se|jdk|jre|openjdk|graalvm_for_jdk|j2se)")


def ecosystem(product: str) -> str:
    """The advisory ecosystem of ``PART:VENDOR:PRODUCT``: ``jvm`` for Java runtimes, whose order is their own."""
    return "jvm" if _JAVA.fullmatch(product) else ECOSYSTEM
