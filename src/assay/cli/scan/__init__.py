"""Says what is wrong with what a source holds, why, and what cannot be judged.

SOURCE is everything that `assay sbom` takes, an SBOM of any format, a package URL (pkg:pypi/django@3.2.0), a list of
package URLs, or `-` for standard input; several may be given. The advisory data comes from the store (`assay db`),
else from the package itself. Findings are exit 0 unless --fail-on says otherwise.

FORMAT is table, json, sarif, cyclonedx, cyclonedx-vex, openvex, cosign-vuln, junit, html, markdown, csv, gitlab,
github or template.

    assay scan .                                      a table on a terminal, JSON otherwise
    assay scan image/ -o table -o sarif=findings.sarif --fail-on high
    assay scan pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1
    assay scan explain CVE-2021-44228 app.cdx.json    why it is reported, or why not
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from assay.cli import Context, _documents
from assay.cli.scan import _flags, _output
from assay.errors import ExitCode, ExternalError, UsageError

if TYPE_CHECKING:
    from assay.adapters.configuration import Settings
    from assay.model.finding import Scan


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay scan``."""
    parser.add_argument("source", metavar="SOURCE", nargs="*", help="what to look at; several may be given")
    _flags.add_source(parser)
    _flags.add_judgement(parser)
    _flags.add_output(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Scan, write the result, and judge it."""
    _flags.refuse_blank(arguments.fail_on)
    if not arguments.source:
        raise UsageError("assay scan needs a SOURCE", "name a directory, an image, an SBOM or a package URL")
    import gc

    gc.disable()  # nouns have no cycles
    settings = _flags.settings(arguments, context)
    targets = _output.targets(settings.list("scan.output"), arguments.template, sys.stdout.isatty())
    conditions = _flags.conditions(settings)
    wanted = _flags.wanted(settings, arguments, context)
    whole = _flags.scan(arguments, settings, context)
    context.keep(whole)
    from assay.workflows import scan as workflow

    found = workflow.narrowed(workflow.honest(whole), wanted)
    documents = _output.write(found, targets, settings, context)
    if settings.switch("scan.record"):
        _output.record(found, targets, documents, context)
    if not _documents.on_screen(targets):
        for warning in found.warnings:
            context.warn(warning)
        _tell_gaps(found, context)
    _tell_more(found, context)
    return _verdict(found, conditions, settings, context)


def _tell_gaps(found: Scan, context: Context) -> None:
    """What could not be judged, also where the format shows nothing of it."""
    from assay.model.finding import CoverageState

    for item in found.coverage:
        if item.message:
            counts = item.components and item.state is not CoverageState.UNDECIDABLE  # that message says the number
            counted = f" ({item.components} of the components)" if counts else ""
            nameless = item.state in (CoverageState.OUTDATED, CoverageState.UNDECIDABLE)  # the other messages name it
            whose = f"{item.ecosystem}: " if nameless and item.components and item.ecosystem != "unknown" else ""
            context.warn(f"{whose}{item.message}{counted}")


def _tell_more(found: Scan, context: Context) -> None:
    """What no report says: where data comes from, and what could not be read."""
    from assay.model.finding import CoverageState

    if any(item.state in (CoverageState.OUTDATED, CoverageState.NO_DATA) for item in found.coverage):
        context.note("`assay db update` fetches advisory data, `assay db status` shows what there is")
    for skipped in found.sbom.skipped[:20]:
        context.warn(f"skipped {skipped.path or 'a part of the source'}: {skipped.reason}")


def _verdict(found: Scan, conditions: list[str], settings: Settings, context: Context) -> int:
    from assay.workflows import scan as workflow

    _refuse_old(found, settings)
    code = ExitCode.OK
    for condition in conditions:
        met = workflow.gate(found, condition)
        if met:
            context.warn(f"--fail-on {condition}: {len(met)} findings, the first is {met[0].vulnerability.id}")
            code = ExitCode.NO
    return code


def _refuse_old(found: Scan, settings: Settings) -> None:
    """``--max-db-age`` makes old data an error."""
    limit = settings.text("scan.max-db-age")
    if not limit:
        return
    days = _flags.days(limit, "--max-db-age")
    old = _flags.older_than(found, days)
    if old:
        raise ExternalError(
            f"the advisory data of {', '.join(old)} is older than {days} days",
            "run `assay db update`, or import newer data",
        )
