"""The function libraries of CEL: those of the API server here, those of Kyverno in `kyverno_cel.libraries`."""

from __future__ import annotations

from assay.engines.policy.cel.libraries.authorizer import AUTHORIZER
from assay.engines.policy.cel.libraries.encoders import ENCODERS
from assay.engines.policy.cel.libraries.formats import FORMATS
from assay.engines.policy.cel.libraries.lists import LISTS
from assay.engines.policy.cel.libraries.mathematics import MATHEMATICS
from assay.engines.policy.cel.libraries.network import NETWORK
from assay.engines.policy.cel.libraries.optionals import OPTIONALS
from assay.engines.policy.cel.libraries.patches import PATCHES
from assay.engines.policy.cel.libraries.quantity import QUANTITY
from assay.engines.policy.cel.libraries.regex import REGEX
from assay.engines.policy.cel.libraries.semver import SEMVER
from assay.engines.policy.cel.libraries.sets import SETS
from assay.engines.policy.cel.libraries.standard import STANDARD
from assay.engines.policy.cel.libraries.strings import STRINGS
from assay.engines.policy.cel.libraries.times import TIMES
from assay.engines.policy.cel.libraries.urls import URLS

BASE = (STANDARD, TIMES, STRINGS, OPTIONALS, LISTS, SETS, REGEX, URLS, QUANTITY, NETWORK, SEMVER, FORMATS)
KUBERNETES = (*BASE, AUTHORIZER, PATCHES)
EVERYTHING = (*KUBERNETES, MATHEMATICS, ENCODERS)
"""With the extensions of cel-go that the API server leaves out and Kyverno has."""

__all__ = [
    "AUTHORIZER",
    "BASE",
    "ENCODERS",
    "EVERYTHING",
    "FORMATS",
    "KUBERNETES",
    "LISTS",
    "MATHEMATICS",
    "NETWORK",
    "OPTIONALS",
    "PATCHES",
    "QUANTITY",
    "REGEX",
    "SEMVER",
    "SETS",
    "STANDARD",
    "STRINGS",
    "TIMES",
    "URLS",
]
