"""The elder report of ``--baseline``: what it had found, or that it is no report."""

from __future__ import annotations

from pathlib import Path

from assay.cli import Context
from assay.errors import Malformed, UsageError


def read(name: str, context: Context) -> frozenset[tuple[str, str]]:
    """Pairs of vulnerability and component that a report had.

    Raises `UsageError` for a file that cannot be read, `Malformed` for one that is no report: what looks like one
    without findings would let everything count as new.
    """
    from assay.formats import scan_report

    try:
        data = Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"the baseline {name} cannot be read: {error.strerror}", "check the path") from error
    try:
        keys = scan_report.keys(data)
    except Malformed as error:
        raise Malformed(f"the baseline {name}: {error.what}", error.remedy) from error
    found = frozenset(key for key in keys if key[0])
    if not found:
        _refuse_no_report(name, data, nameless=bool(keys))
        context.note(f"the baseline {name} has no findings: everything counts as new")
    return found


def _refuse_no_report(name: str, data: bytes, *, nameless: bool) -> None:
    """A clean report says that it looked: in CycloneDX with an empty list, which an SBOM does not have."""
    from assay.formats import json
    from assay.formats.scan_report import FINGERPRINT

    if nameless:
        what = f"the results in the baseline {name} have no fingerprints {FINGERPRINT}: another tool wrote it"
        raise Malformed(what, "name a report that assay wrote")
    value = json.load_object(data)
    if value.get("bomFormat") == "CycloneDX" and not isinstance(value.get("vulnerabilities"), list):
        what = f"the baseline {name} is an SBOM that nobody has scanned: it has no list of vulnerabilities"
        raise Malformed(what, f"scan it first, `assay scan {name} -o json=OLD`, and name OLD")
