"""Go Vulnerability Database: OSV records, and in them ranges of versions that are none of Go's.

::

    {"id": "GO-2026-5662", "affected": [{"package": {"ecosystem": "Go", "name": "github.com/prometheus/prometheus"},
       "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.311.2-0.20260410083055-07c6…"}]}],
       "ecosystem_specific": {"custom_ranges": [{"type": "ECOSYSTEM",
          "events": [{"introduced": "3.0.0"}, {"fixed": "3.5.2"}]}]}}]}

``ranges`` are about versions as Go's modules have them, ``custom_ranges`` about tags of the makers that break its
conventions, as v3.5.1 of a module without ``/v3`` in its path. They count for such versions alone (`TAGS`): a
pseudo-version that is mended would lie in them, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.formats import json_records, osv, osv_events
from assay.formats.json import Json, as_list, as_object, as_text
from assay.model.advisory import TAGS, Advisory, Affected, FixState, Record
from assay.model.feed import Document
from assay.model.sbom import Skipped


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisories of a file."""
    yield from json_records.records(document, lambda item: _with_tags(osv.read(item, source), item))


def _with_tags(record: Advisory, item: Mapping[str, Json]) -> Advisory:
    found = tuple(affected for part in as_list(item.get("affected")) for affected in _tagged(as_object(part)))
    return record._replace(affected=record.affected + found) if found else record


def _tagged(part: Mapping[str, Json]) -> Iterator[Affected]:
    name = as_text(as_object(part.get("package")).get("name"))
    custom = as_list(as_object(part.get("ecosystem_specific")).get("custom_ranges"))
    events = [osv_events.intervals(as_list(as_object(item).get("events"))) for item in custom]
    within = [found for intervals in events for found in intervals]
    if name and within:
        fixed = tuple(dict.fromkeys(interval.high for interval, is_fix in within if is_fix))
        yield Affected(
            "Go",
            name,
            tuple(interval for interval, _ in within),
            fixed=fixed,
            state=FixState.FIXED if fixed else FixState.UNKNOWN,
            channel=TAGS,
            note="tags that are no versions of Go's modules",
        )
