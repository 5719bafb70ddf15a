"""Gatekeeper among the policy languages: see `assay.app.policies` for what this file is to that."""

from __future__ import annotations

from collections.abc import Sequence

from assay.engines.policy.gatekeeper import loading
from assay.engines.policy.gatekeeper.loading import load, remarks, takes
from assay.engines.policy.rego.source import Compiler
from assay.engines.policy.world import Policy
from assay.errors import AssayError
from assay.formats.manifest import Manifest

__all__ = ["load", "load_with", "remarks", "takes"]


def load_with(found: Sequence[Manifest], rego: Compiler) -> tuple[list[Policy], list[AssayError]]:
    """As `load`, with `rego` as the engine of Rego."""
    loaded = loading.read(found, rego)
    return loaded.policies(), loaded.problems
