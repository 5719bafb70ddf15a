"""The predicate that ``cosign attest --type vuln`` takes (cosign's vulnerability scan record)."""

from __future__ import annotations

from assay import __version__
from assay.formats import json_bytes
from assay.model.finding import Scan
from assay.report.findings.format import Format, Options
from assay.report.findings.output.json import plain

FORMAT = Format("cosign-vuln", "Cosign vulnerability predicate", (".vuln.json",), "application/json")


def write(scan: Scan, options: Options) -> bytes:
    """The predicate; the version of the database is the digest of the advisory data's manifest."""
    newest = max((item.day for item in scan.sources), default="")
    return json_bytes.dump(
        {
            "invocation": {"parameters": None, "uri": "", "event_id": "", "builder.id": ""},
            "scanner": {
                "uri": f"pkg:generic/assay@{__version__}",
                "version": __version__,
                "db": {
                    "uri": scan.manifest,
                    "version": scan.manifest,
                    "lastUpdate": f"{newest}T00:00:00Z" if newest else "",
                },
                "result": plain(scan),
            },
            "metadata": {"scanStartedOn": scan.timestamp, "scanFinishedOn": scan.timestamp},
        }
    )
