"""The flags that `assay scan` and `assay scan explain` share, and what becomes of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context, _parser
from assay.cli.scan import _baseline
from assay.errors import InputError, UsageError

if TYPE_CHECKING:
    from assay.adapters.configuration import Settings
    from assay.app import ScanRequest
    from assay.model.finding import Scan
    from assay.model.sbom import Sbom
    from assay.model.vex import VexDocument
    from assay.workflows.scan import Wanted

LEVELS = ("negligible", "low", "medium", "high", "critical", "unknown", "none")


def add_source(parser: argparse.ArgumentParser) -> None:
    """How a source is read."""
    parser.add_argument("--platform", metavar="OS/ARCH[/VARIANT]", help="which image of an index")
    parser.add_argument("--scope", choices=("squashed", "all-layers"), help="which files of an image count")
    parser.add_argument("--exclude", action="append", metavar="GLOB", help="leave out these paths; repeatable")
    parser.add_argument("--ecosystem", action="append", metavar="[+-]NAME", help="look only for NAME, or not for -NAME")
    parser.add_argument(
        "--maven-repository", metavar="DIR", help="read parents and managed versions of Maven projects from here, too"
    )
    parser.add_argument("--from-attached", action="store_true", help="use the SBOM attached to the image instead")
    parser.add_argument("--plain-http", action="append", metavar="HOST", help="speak to this registry without TLS")
    parser.add_argument(
        "--declared", action="store_true", default=None, help="judge what manifests ask for in images too"
    )
    parser.add_argument("--no-declared", action="store_false", dest="declared", help="judge only what is installed")


def _formats() -> tuple[str, ...]:
    from assay.report.findings import formats

    return formats.names()


def add_judgement(parser: argparse.ArgumentParser) -> None:
    """What the components are judged by."""
    parser.add_argument("--vex", action="append", metavar="FILE", help="apply these VEX statements; repeatable")
    parser.add_argument("--vex-attested", action="store_true", help="apply the verified VEX attestations of the image")
    parser.add_argument("--vex-key", metavar="FILE", default="", help="the public key of --vex-attested")
    parser.add_argument(
        "--identity-policy", metavar="FILE", type=Path, help="whom --vex-attested trusts, [[verify.identity]] in TOML"
    )
    parser.add_argument("--ignorefile", action="append", metavar="FILE", help="apply these ignore rules; repeatable")
    parser.add_argument("--no-source-config", action="store_true", help="refuse ignore rules from inside the SOURCE")
    parser.add_argument("--no-update", action="store_false", dest="update", default=None, help="take the data as it is")
    parser.add_argument("--by-cve", action="store_true", default=None, help="show findings under their CVE id")


def add_output(parser: argparse.ArgumentParser) -> None:
    """What is shown."""
    shape, about = "FORMAT[@VERSION][=PATH]", "write this format"
    _parser.offer(parser.add_argument("-o", "--output", action="append", metavar=shape, help=about), _formats)
    parser.add_argument("--template", metavar="FILE", help="the Jinja2 template for `-o template`")
    parser.add_argument("--severity", action="append", metavar="LEVEL[,LEVEL]", help="show only these severities")
    parser.add_argument("--only-fixed", action="store_true", default=None, help="show only what has a fix")
    parser.add_argument("--baseline", metavar="OLD", help="show only what an elder report does not have")
    parser.add_argument(
        "--sort", choices=("risk", "severity", "id", "package", "epss", "fixed"), help="what comes first"
    )
    parser.add_argument(
        "--group-by",
        choices=("component", "vulnerability", "severity", "path", "ecosystem"),
        help="how the table is grouped",
    )
    parser.add_argument(
        "--fail-on",
        action="append",
        metavar="CONDITION",
        help="exit 1 for a SEVERITY or worse, risk:N, kev, fixable or malicious; repeatable",
    )
    parser.add_argument("--max-db-age", metavar="DAYS", help="exit 4 when data that was asked is older")
    parser.add_argument("--record", action="store_true", default=None, help="keep the result in the evidence store")


def settings(arguments: argparse.Namespace, context: Context) -> Settings:
    """The settings; files inside any of the sources are not trusted."""
    from assay.adapters import sources

    found = context.settings()
    for text in _sources(arguments):
        found = context.settings(source=None if text.startswith("pkg:") else sources.local_path(text))
    return found


def _sources(arguments: argparse.Namespace) -> Sequence[str]:
    return [arguments.source] if isinstance(arguments.source, str) else arguments.source


def scan(arguments: argparse.Namespace, found: Settings, context: Context) -> Scan:
    """All findings of all sources."""
    from assay import app

    return app.scan(request(arguments, found, context))


def request(arguments: argparse.Namespace, found: Settings, context: Context) -> ScanRequest:
    """What is to be scanned, and how."""
    from assay import app
    from assay.cli.db._request import update_request

    sboms = [sbom(text, arguments, found, context) for text in _sources(arguments)]
    if len(sboms) > 1:
        for text, found_in in zip(_sources(arguments), sboms, strict=True):
            if not found_in.components:
                context.warn(f"no package was found in {text}")
    return app.ScanRequest(
        sbom=app.together(sboms),
        data_dir=context.data_dir(found),
        cache_dir=context.cache_dir(found),
        folders=folders(arguments),
        source_rules=not arguments.no_source_config,
        starter=found.switch("db.starter"),
        by_cve=found.switch("scan.by-cve"),
        declared=arguments.declared,
        max_age=days(found.text("coverage.max-age"), "coverage.max-age"),
        vex=[Path(name) for name in found.list("scan.vex")],
        attested=attested(arguments, found, context) if arguments.vex_attested else (),
        ignore_files=[Path(name) for name in arguments.ignorefile or ()],
        update=update_request(found, context) if found.switch("db.update") and not found.switch("offline") else None,
        warn=context.warn,
    )


def attested(arguments: argparse.Namespace, found: Settings, context: Context) -> Sequence[VexDocument]:
    """The VEX documents that trusted signers attested to the images among the sources.

    Raises `UsageError` where nobody is trusted, for anybody can attest to an image that they may push to.
    """
    from assay.app import attested_vex, identity_policies, verifying
    from assay.cli import _registries, _verifying

    policy = identity_policies.of_files(found.trusted)
    if arguments.identity_policy is not None:
        policy = identity_policies.load(arguments.identity_policy)
    if policy is None and not arguments.vex_key:
        what = "--vex-attested: nobody is trusted to say what does not affect an image"
        raise UsageError(what, "name them in [[verify.identity]] of assay.toml or --identity-policy, or --vex-key FILE")
    images = [text for text in _sources(arguments) if not text.startswith("pkg:")]
    request = verifying.VerifyRequest(
        access=_registries.of_settings(found),
        root=_verifying.configured_root(found, context),
        policy=None if arguments.vex_key else policy,
        key=arguments.vex_key,
        ignore_log=bool(arguments.vex_key),
        attestation=True,
        platform=arguments.platform or "",
        note=context.note,
    )
    return attested_vex.documents(images, request, context.warn)


def folders(arguments: argparse.Namespace) -> list[Path]:
    """The local folders among the sources, which may hold ignore rules."""
    from assay.adapters import sources

    paths = [sources.local_path(text) for text in _sources(arguments) if not text.startswith("pkg:")]
    return [path for path in paths if path is not None and path.is_dir() and not (path / "oci-layout").is_file()]


def sbom(text: str, arguments: argparse.Namespace, found: Settings, context: Context) -> Sbom:
    """The SBOM of one source."""
    from assay import app

    if text.startswith("pkg:"):
        return app.sbom_of_purl(text)
    _refuse_empty(text)
    with context.progress("reading") as bar:
        return app.sbom(
            app.SbomRequest(
                source=text,
                platform=arguments.platform or "",
                all_layers=arguments.scope == "all-layers",
                exclude=[*found.list("scan.exclude"), *found.list("sbom.exclude")],
                ecosystems=arguments.ecosystem or (),
                from_attached=arguments.from_attached,
                offline=found.switch("offline"),
                plain_http=found.list("registry.plain-http"),
                maven_repository=found.text("sbom.maven-repository"),
                cache_dir=context.cache_dir(found),
                progress=bar,
                note=context.note,
            )
        )


def _refuse_empty(text: str) -> None:
    """A document that was never written is no document without packages."""
    from assay.adapters import sources

    path = sources.local_path(text)
    if path is not None and path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{path} is empty", "see whether what was to write it has failed")


def refuse_blank(conditions: Sequence[str] | None) -> None:
    """``--fail-on "$LEVEL"`` with an empty variable must not be a gate that lets all through."""
    if any(not text.strip(" ,") for text in conditions or ()):
        raise UsageError("--fail-on names no condition", "use low … critical, risk:N, kev, fixable or malicious")


def conditions(found: Settings) -> list[str]:
    """The ``--fail-on`` conditions, checked."""
    words = [word.strip().lower() for text in found.list("scan.fail-on") for word in text.split(",") if word.strip()]
    for word in words:
        name, _, number = word.partition(":")
        right = name in ("kev", "fixable", "malicious", "any", *LEVELS) and not number
        if not (right or (name == "risk" and number.replace(".", "", 1).isdigit())):
            raise UsageError(
                f"--fail-on {word} is no condition", "use low … critical, risk:N, kev, fixable or malicious"
            )
    return words


def wanted(found: Settings, arguments: argparse.Namespace, context: Context) -> Wanted:
    """What is to be shown."""
    from assay.model.advisory import Level
    from assay.workflows.scan import Wanted

    words = [word.strip().lower() for text in found.list("scan.severity") for word in text.split(",") if word.strip()]
    for word in words:
        if word not in LEVELS:
            raise UsageError(f"{word} is no severity", f"use some of {', '.join(LEVELS)}")
    return Wanted(
        frozenset(map(Level, words)),
        found.switch("scan.only-fixed"),
        found.text("scan.sort") or "risk",
        _baseline.read(arguments.baseline, context) if arguments.baseline else None,
    )


def days(text: str, name: str) -> int:
    """A number of days."""
    if not text.isdecimal():
        raise UsageError(f"{name} is {text!r}, no number of days", f"{name} 14, for example")
    return int(text)


def older_than(found: Scan, limit: int) -> list[str]:
    """The sources that were asked and were last found current longer ago (imported data: whose data is older)."""
    from assay.engines.match.coverage import last_confirmed

    today = datetime.now(UTC).date()
    days = {item.feed: last_confirmed(item.confirmed, item.day, today) for item in found.sources}
    return [feed for feed, day in days.items() if day is None or (today - day).days > limit]
