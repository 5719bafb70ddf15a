"""Whether a shard was made with the schema and the version orders of this assay.

Sort keys of another revision of an order compare wrongly and without any sign of it, so such a shard is never asked.
"""

from __future__ import annotations

from assay.ecosystems import order
from assay.model.advisory_store import Shard

SCHEMA = 1
"""The schema of the tables (``schema.sql``)."""


def is_current(shard: Shard) -> bool:
    """Whether the schema and the sort keys of a shard are those of this assay."""
    return not refusal(shard)


def refusal(shard: Shard) -> str:
    """Why this assay cannot use a shard and what to do, for people; empty where it can."""
    made = dict(shard.orders)
    wanted = {item.scheme: item.revision for item in map(order, shard.ecosystems)}
    if shard.schema > SCHEMA or any(made.get(scheme, 0) > revision for scheme, revision in wanted.items()):
        return "made by a newer assay, update assay"
    if shard.schema < SCHEMA or any(made.get(scheme, 0) < revision for scheme, revision in wanted.items()):
        return "made by an older assay, run `assay db update` or import it again"
    return ""
