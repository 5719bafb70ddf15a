"""Licences as a component states them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Acknowledgement(StrEnum):
    """Whether the authors state a licence or somebody concluded it (CycloneDX 1.6, `acknowledgement`)."""

    DECLARED = "declared"
    CONCLUDED = "concluded"


@dataclass(frozen=True, slots=True)
class License:
    """Either a valid SPDX licence expression, or the name that the package gives where it is none; never both.

    ``License(expression="MIT OR Apache-2.0")``, ``License(name="BSD-like, see file COPYING")``.
    `assay.formats.spdx_license.normalise` makes one out of whatever a package says.
    """

    expression: str = ""
    name: str = ""
    acknowledgement: Acknowledgement = Acknowledgement.DECLARED
    text: str = ""
    url: str = ""
