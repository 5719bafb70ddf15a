"""One number from 0 to 100 that says what to mend first.

::

    risk     = 100 * min(1, threat * severity * weight)
    threat   = 1.0   malicious, known to be exploited, or SSVC exploitation "active"
               EPSS  the probability of exploitation in the next 30 days, at least 0.3 with SSVC exploitation "poc"
               0.05  where no source gives a probability (shown as assumed)
    severity = CVSS score / 10; without a score the middle of the level: critical 0.95, high 0.79, medium 0.54,
               low 0.2, negligible 0.05; unknown 0.5
    weight   = 1.05 known to be exploited, 1.1 known to be used for ransomware, else 1
"""

from __future__ import annotations

from assay.model.advisory import Kind, Level
from assay.model.finding import Vulnerability

ASSUMED = 0.05
POC = 0.3
_MALICIOUS = Kind.MALICIOUS
_MIDDLE = {
    Level.CRITICAL: 0.95,
    Level.HIGH: 0.79,
    Level.MEDIUM: 0.54,
    Level.LOW: 0.2,
    Level.NEGLIGIBLE: 0.05,
    Level.NONE: 0.0,
    Level.UNKNOWN: 0.5,
}


def risk(item: Vulnerability) -> float:
    """The risk, to two decimals."""
    if item.likelihood is None and item.exploited is None and not item.ssvc and item.kind is not _MALICIOUS:
        return round(100 * (ASSUMED * severity(item)), 2)  # as with most: nobody says more of it than its severity
    return round(100 * min(1.0, threat(item) * severity(item) * weight(item)), 2)


def threat(item: Vulnerability) -> float:
    """How likely it is used against somebody."""
    if item.kind is _MALICIOUS or item.exploited is not None:
        return 1.0
    probability = item.likelihood.probability if item.likelihood is not None else ASSUMED
    if not item.ssvc:
        return probability
    exploitation = dict(item.ssvc).get("Exploitation", "").lower()
    if exploitation == "active":
        return 1.0
    return max(probability, POC) if exploitation == "poc" else probability


def severity(item: Vulnerability) -> float:
    """How bad that would be."""
    if item.kind is _MALICIOUS:
        return 1.0
    return item.score / 10 if item.score >= 0 else _MIDDLE[item.level]


def weight(item: Vulnerability) -> float:
    """What is added for what is known to happen."""
    if item.exploited is None:
        return 1.0
    return 1.1 if item.exploited.ransomware else 1.05
