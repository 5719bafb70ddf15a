"""R's versions (``utils::compareVersion``): numbers parted by dots or dashes; fewer numbers are below more."""

from __future__ import annotations

import re

from assay.formats import relation
from assay.formats.sort_key import MAX_LENGTH, number
from assay.model.version import Interval

SCHEME = "cran"
REVISION = 1


def key(version: str) -> bytes:
    """The sort key: ``02 number`` each, ``01``."""
    return b"".join([b"\x02" + number(part) for part in re.findall(r"\d+", version[:MAX_LENGTH], re.ASCII)]) + b"\x01"


def intervals(requirement: str) -> tuple[Interval, ...]:
    """``(>= 1.2)``, as in DESCRIPTION files."""
    return relation.intervals(requirement.replace("(", "").replace(")", ""), key)
