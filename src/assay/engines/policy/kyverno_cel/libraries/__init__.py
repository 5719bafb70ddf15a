"""Kyverno's function libraries for CEL, beside those of Kubernetes and cel-go."""

from __future__ import annotations

from assay.engines.policy.cel.libraries import BASE, ENCODERS, MATHEMATICS, PATCHES
from assay.engines.policy.kyverno_cel.libraries.authorization import ENVOY, HTTP_ANSWERS, JWT
from assay.engines.policy.kyverno_cel.libraries.certificates import X509
from assay.engines.policy.kyverno_cel.libraries.data import GZIP, HASH, JSON, TRANSFORM, USER, YAML
from assay.engines.policy.kyverno_cel.libraries.http import HTTP
from assay.engines.policy.kyverno_cel.libraries.images import IMAGE, IMAGE_DATA
from assay.engines.policy.kyverno_cel.libraries.numbers import MATH, RANDOM, TIME
from assay.engines.policy.kyverno_cel.libraries.resource import GENERATOR, GLOBAL_CONTEXT, RESOURCE
from assay.engines.policy.kyverno_cel.libraries.verification import VERIFICATION

GO = (*BASE, PATCHES, MATHEMATICS, ENCODERS)
COMMON = (
    *(
        RESOURCE,
        HTTP,
        USER,
        IMAGE,
        IMAGE_DATA,
        GLOBAL_CONTEXT,
        HASH,
        MATH,
        RANDOM,
        TRANSFORM,
        JSON,
        YAML,
        TIME,
        X509,
        GZIP,
    ),
)
KYVERNO = (*GO, *COMMON)
GENERATING = (*KYVERNO, GENERATOR)
IMAGES = (*KYVERNO, VERIFICATION)
AUTHORIZATION = {"Envoy": (*KYVERNO, JWT, ENVOY), "HTTP": (*KYVERNO, JWT, HTTP_ANSWERS)}

__all__ = ["AUTHORIZATION", "COMMON", "GENERATING", "GO", "IMAGE", "IMAGES", "KYVERNO"]
