"""Attests something about files and images: an SBOM, a scan, provenance, VEX.

The predicate is a file, or made on the spot by assay's own engines: --sbom, --scan.

    assay attest registry.example/team/app:1.2 --sbom --key cosign.key --tlog-upload=false
    assay attest app.tar.gz --predicate provenance.json --type slsaprovenance1 --trust-config trust_config.json
"""

from __future__ import annotations

import argparse
from pathlib import Path

from assay.cli import Context, _signing
from assay.errors import ExitCode, UsageError
from assay.formats.intoto import PREDICATES


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay attest``."""
    parser.add_argument("target", metavar="TARGET", nargs="+", help="a file, a folder, or an image")
    _signing.add_flags(parser)
    what = parser.add_argument_group("what is attested")
    what.add_argument("--predicate", metavar="FILE", type=Path, help="the predicate")
    what.add_argument("--type", metavar="TYPE", default="custom", help=f"{', '.join(sorted(PREDICATES))} or its URI")
    what.add_argument("--statement", metavar="FILE", type=Path, help="a whole statement, as it is")
    what.add_argument("--sbom", action="store_true", help="the SBOM of the target, in CycloneDX")
    what.add_argument("--scan", action="store_true", help="the scan of the target, in cosign's form")
    what.add_argument("--vex", metavar="FILE", type=Path, help="an OpenVEX document")
    what.add_argument("--statement-version", choices=("1", "0.1"), default="1", help="of in-toto")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Attest every target with one key or certificate."""
    from assay.app import attesting, signing

    if len(arguments.target) > 1 and arguments.bundle:
        raise UsageError("one file cannot take several attestations", "leave --bundle away, or attest one by one")
    settings = context.settings()
    claims = attesting.Claims(
        predicate=arguments.predicate,
        type=arguments.type,
        statement=arguments.statement,
        sbom=arguments.sbom,
        scan=arguments.scan,
        vex=arguments.vex,
        version=arguments.statement_version,
        data_dir=context.data_dir(settings),
        cache_dir=context.cache_dir(settings),
    )
    claims.check(one_place=bool(arguments.bundle))
    session = signing.Session(_signing.request(arguments, context))
    wanted = _signing.wanted(arguments, settings, context)
    for target in arguments.target:
        for done in attesting.attest(target, session, wanted, claims):
            _signing.tell(done, "attestation", arguments, context)
    return ExitCode.OK
