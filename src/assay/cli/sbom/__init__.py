"""Says what is in a directory, file, archive or container image.

SOURCE is a directory, a file or archive, an OCI layout, a docker archive, an image in a registry or a container
engine, an existing SBOM, or `-` for standard input. A prefix forces one kind: dir: file: oci-dir: oci-archive:
docker-archive: registry: docker: podman: containerd: sbom:. Without a prefix it is guessed, and the guess is told.
A path named like a subcommand is written ./diff or dir:diff.

FORMAT is cyclonedx-json, cyclonedx-xml, spdx-json, spdx-yaml, spdx-tag-value, syft-json, github, purls, csv, table,
html or template.

    assay sbom .                                     a table on a terminal, CycloneDX JSON otherwise
    assay sbom image/ -o cyclonedx-json=sbom.cdx.json -o table
    assay sbom registry.example/app:1.2 -o spdx-json@2.3=app.spdx.json
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.cli import Context, _documents
from assay.cli.sbom import _flags
from assay.errors import ExitCode, InputError, UsageError
from assay.model.ecosystem import Proof

if TYPE_CHECKING:
    from assay.cli.sbom import _output
    from assay.model.sbom import Sbom

_SHOWN = 20


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay sbom``."""
    parser.add_argument("source", metavar="SOURCE", nargs="?", help="what to look at")
    _flags.add_output(parser)
    parser.add_argument("--scope", choices=("squashed", "all-layers"), help="which files of an image count")
    parser.add_argument("--platform", metavar="OS/ARCH[/VARIANT]", help="which image of an index")
    parser.add_argument("--exclude", action="append", metavar="GLOB", help="leave out these paths; repeatable")
    parser.add_argument(
        "--ecosystem", action="append", metavar="[+-]NAME", help="look only for NAME, also for +NAME, not for -NAME"
    )
    parser.add_argument(
        "--maven-repository", metavar="DIR", help="read parents and managed versions of Maven projects from here, too"
    )
    parser.add_argument("--list-ecosystems", action="store_true", help="list the ecosystems and what proves them")
    parser.add_argument("--source-name", metavar="NAME", help="the name of the root component")
    parser.add_argument("--source-version", metavar="VERSION", help="the version of the root component")
    parser.add_argument("--source-supplier", metavar="NAME", help="who supplies the root component")
    parser.add_argument("--template", metavar="FILE", help="the Jinja2 template for `-o template`")
    parser.add_argument("--from-attached", action="store_true", help="use the SBOM attached to the image instead")
    parser.add_argument("--verify-diffids", action="store_true", help="hash the unpacked layers too")
    parser.add_argument("--plain-http", action="append", metavar="HOST", help="speak to this registry without TLS")
    parser.add_argument("--insecure-skip-tls-verify", action="store_true", help="do not check registry certificates")
    parser.add_argument("--record", action="store_true", default=None, help="keep the SBOM in the evidence store")
    parser.add_argument("--strict", action="store_true", default=None, help="exit 3 when something was skipped")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Make the SBOM, write it, say what was skipped."""
    if arguments.list_ecosystems:
        return _list_ecosystems()
    if arguments.source is None:
        raise UsageError("assay sbom needs a SOURCE", "name a directory, a file, an image or `-`")
    import gc

    from assay import app
    from assay.adapters import sources
    from assay.cli.sbom import _output

    gc.disable()  # nouns have no cycles, and looking for some again and again takes a tenth of the time
    settings = context.settings(source=sources.local_path(arguments.source))
    targets = _output.targets(settings.list("sbom.output"), arguments.template, sys.stdout.isatty())
    with context.progress("reading") as bar:
        found = app.sbom(
            app.SbomRequest(
                source=arguments.source,
                platform=settings.text("sbom.platform"),
                all_layers=settings.text("sbom.scope") == "all-layers",
                exclude=settings.list("sbom.exclude"),
                ecosystems=settings.list("sbom.ecosystem"),
                name=settings.text("sbom.source-name"),
                version=settings.text("sbom.source-version"),
                supplier=settings.text("sbom.source-supplier"),
                verify_diff_ids=arguments.verify_diffids,
                from_attached=arguments.from_attached,
                offline=settings.switch("offline"),
                plain_http=settings.list("registry.plain-http"),
                insecure=arguments.insecure_skip_tls_verify,
                maven_repository=settings.text("sbom.maven-repository"),
                cache_dir=context.cache_dir(settings),
                progress=bar,
                note=context.note,
            )
        )
    context.keep(found)
    documents = _output.write(found, targets, context)
    if settings.switch("sbom.record"):
        _record(found, targets, documents, context)
    if not _documents.on_screen(targets):
        _tell_skipped(found, context)
    return _verdict(found, strict=settings.switch("sbom.strict"))


def _record(sbom: Sbom, targets: Sequence[_output.Target], documents: Sequence[bytes], context: Context) -> None:
    """Keep the machine-readable documents in the evidence store, by the digest of what they are about.

    Where there is none, because only people were to read the result, CycloneDX is kept.
    """
    from assay import app
    from assay.report import formats

    made = [
        (document, target.format.media_type)
        for target, document in zip(targets, documents, strict=True)
        if not target.format.interactive
    ]
    if not made:
        default = formats.find("cyclonedx-json")
        made = [(formats.write(sbom, default.name), default.media_type)]
    with context.evidence(context.settings()) as store:
        for document, media_type in made:
            app.record(store, "sbom", sbom, document, media_type)


def _tell_skipped(sbom: Sbom, context: Context) -> None:
    """List what could not be read, as the table does."""
    for item in sbom.skipped[:_SHOWN]:
        layer = f" (layer {item.layer})" if item.layer >= 0 else ""
        context.warn(f"skipped {item.path or 'a part of the source'}{layer}: {item.reason}")
    if len(sbom.skipped) > _SHOWN:
        context.warn(f"skipped {len(sbom.skipped) - _SHOWN} more; the document lists them all")


def _verdict(sbom: Sbom, *, strict: bool) -> int:
    """With ``--strict``, what could not be read is an error."""
    if sbom.skipped and strict:
        entries = "1 entry" if len(sbom.skipped) == 1 else f"{len(sbom.skipped)} entries"
        what = f"{entries} could not be read, and --strict asks for all of them"
        raise InputError(what, "mend what is named, or leave it out with --exclude")
    return ExitCode.OK


def _list_ecosystems() -> int:
    """The table of ecosystems, as docs/reference/ecosystems.md has it."""
    from assay.ecosystems import discover

    for ecosystem in discover():
        proof = "unproved (synthetic)" if ecosystem.proof is Proof.SYNTHETIC else str(ecosystem.proof)
        types = ", ".join(ecosystem.purl_types)
        sys.stdout.write(f"{ecosystem.name:<16} {types:<24} {proof:<22} {ecosystem.title}\n")
    return ExitCode.OK
