"""All functions of queries: those of JMESPath, and those that Kyverno adds."""

from __future__ import annotations

from assay.engines.policy.queries import function, library, standard

FUNCTIONS = {**function.table(standard.FUNCTIONS), **function.table(library.FUNCTIONS)}
