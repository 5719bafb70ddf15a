"""CVSS vectors: the scores of versions 2, 3.x and 4.0, computed by the `cvss` library of Red Hat.

::

    CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H     9.8
    CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/...       9.3
    AV:N/AC:L/Au:N/C:P/I:P/A:P                       7.5
"""

from __future__ import annotations

from functools import lru_cache

from assay.model.advisory import Severity

MAX_LENGTH = 500


def with_score(item: Severity) -> Severity:
    """The judgement with the score of its vector, where it has none of its own."""
    if item.score >= 0 or not item.vector:
        return item
    return item._replace(score=score(item.vector))


@lru_cache(20_000)
def score(vector: str) -> float:
    """The base score (with temporal or threat metrics where the vector has them), -1 for what is no vector."""
    if len(vector) > MAX_LENGTH:
        return -1.0
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    try:
        if vector.startswith("CVSS:4"):
            return float(CVSS4(vector).base_score)
        return float((CVSS3 if vector.startswith("CVSS:3") else CVSS2)(vector.strip("()")).base_score)
    except (CVSSError, ValueError, KeyError, IndexError, ArithmeticError):
        return -1.0
