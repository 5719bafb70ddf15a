"""The lists that ``foreach`` goes through, and what an element is known as."""

from __future__ import annotations

from typing import Any

from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.kyverno.substitution import Template
from assay.engines.policy.queries.faults import BadQuery

MAX_ELEMENTS = 10_000


def elements(source: Template, scope: Scope) -> list[Any]:
    """What the query `source` lists; a single value is a list of one. Raises `BadQuery`."""
    query = source.fill(scope)
    found = scope.query(query) if isinstance(query, str) else query
    found = found if isinstance(found, list) else [] if found is None else [found]
    if len(found) > MAX_ELEMENTS:
        raise BadQuery(f"a list of over {MAX_ELEMENTS} elements")
    return found


def entered(scope: Scope, element: Any, at: int, level: int) -> Scope:
    """A scope that knows the element, under the name of its level also."""
    found = scope.inner(
        {"element": element, f"element{level}": element, "elementIndex": at, f"elementIndex{level}": at}
    )
    for path, values in scope.each.items():
        if at < len(values):
            found.put(path, values[at])
    return found
