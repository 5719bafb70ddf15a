"""The arguments by which the evidence commands choose entries."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta

from assay.errors import UsageError
from assay.model.evidence import Evidence, EvidenceQuery

_SPAN = re.compile(r"(\d{1,6})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}


def add_filters(parser: argparse.ArgumentParser) -> None:
    """The filters, as flags."""
    parser.add_argument("--subject", metavar="DIGEST", default="", help="about this subject; a beginning is enough")
    parser.add_argument("--kind", default="", help="of this kind, as `sbom`")
    parser.add_argument(
        "--since", metavar="TIME", default="", help="not older: 2026-11-30, a full time, or 12h, 7d, 4w"
    )
    parser.add_argument("--limit", metavar="N", type=int, default=1000, help="at most so many (default: 1000)")


def query_of(arguments: argparse.Namespace, now: datetime) -> EvidenceQuery:
    """The query that the filters say."""
    if arguments.limit < 1:
        raise UsageError(f"--limit {arguments.limit}", "it takes a number from 1")
    since = _since(arguments.since, now) if arguments.since else ""
    return EvidenceQuery(arguments.subject, arguments.kind, since, limit=arguments.limit)


def _since(text: str, now: datetime) -> str:
    span = _SPAN.fullmatch(text)
    try:
        moment = now - timedelta(hours=int(span[1]) * _HOURS[span[2]]) if span else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise UsageError(f"--since {text}: not a time", "write 2026-11-30, 2026-11-30T12:00Z, 12h, 7d or 4w") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def entry(evidence: Evidence) -> dict[str, str | int]:
    """An entry as JSON."""
    return {
        "subject": str(evidence.subject),
        "name": evidence.name,
        "kind": evidence.kind,
        "time": evidence.time,
        "producer": evidence.producer,
        "mediaType": evidence.media_type,
        "digest": str(evidence.digest),
        "size": evidence.size,
    }
