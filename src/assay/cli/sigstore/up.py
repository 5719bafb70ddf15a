"""Serves an instance: certificate authority, logs, timestamps and trust root in one process.

--dev makes a throw-away instance with an identity provider that believes everybody; nothing of it is kept.

    assay sigstore up
    assay sigstore up --dev
    assay sigstore up --listen 0.0.0.0:443 --tls-certificate cert.pem --tls-key key.pem
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context, _serving
from assay.cli.sigstore import _passwords, _storage
from assay.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from assay.adapters.configuration import Settings
    from assay.server.maintenance import Schedule
    from assay.server.parts import Part
    from assay.server.witnessing import Witnesses


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    _serving.add_flags(parser)
    parser.add_argument("--dev", action="store_true", help="a throw-away instance, with --dev-oidc")
    add_part_flags(parser)


def add_part_flags(parser: argparse._ActionsContainer) -> None:
    """The flags of this part of the server."""
    parser.add_argument("--dev-oidc", action="store_true", help="an identity provider that believes everybody")
    parser.add_argument("--client-files", metavar="DIR", type=Path, help="where to write trust_config.json and others")
    parser.add_argument(
        "--storage", metavar="URL", help="the database of several replicas: postgresql://USER@HOST/NAME"
    )
    parser.add_argument("--objects", metavar="URL", help="their object store: s3://BUCKET/PREFIX?endpoint=URL")
    parser.add_argument("--shard-entries", metavar="N", help="begin a new log after so many entries")
    parser.add_argument(
        "--witness", metavar="URL=KEY", action="append", help="who signs the log's checkpoints as well: NAME+HASH+KEY"
    )
    parser.add_argument("--witness-quorum", metavar="N", help="how many must have signed what is published")
    parser.add_argument(
        "--identity-rate-limit", metavar="N", help="certificates and log entries a second of one identity or key"
    )
    parser.add_argument(
        "--single-use-tokens", action="store_true", default=None, help="an identity token is good for one key only"
    )
    parser.add_argument("--shard-days", metavar="N", help="begin a new log after so many days")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Serve until stopped."""
    from assay.server import serving

    listening = _serving.listening(arguments)
    if arguments.dev:
        serving.serve_development(listening, arguments.client_files, _serving.say)
        return ExitCode.OK
    serving.serve([part(arguments, context)], listening, _serving.say)
    return ExitCode.OK


def part(arguments: argparse.Namespace, context: Context) -> Part:
    """The instance in the data directory, opened."""
    from assay.app import sigstore
    from assay.server import serving

    settings = context.settings()
    folder = context.data_dir(settings) / "sigstore"
    files = arguments.client_files or folder / "client-files"
    witnesses = _witnesses(settings)
    rate = _number(settings.text("sigstore.identity-rate-limit"), "--identity-rate-limit")
    password = _passwords.of_instance(folder, elsewhere=_storage.wanted(settings) is not None)
    development = arguments.dev_oidc
    _storage.join(folder, settings)
    instance = sigstore.open_instance(folder, password, development=development, serving=True)
    once = settings.switch("sigstore.single-use-tokens")
    return serving.sigstore_part(instance, files, _schedule(settings), witnesses, rate, once)


def _schedule(settings: Settings) -> Schedule:
    from assay.server.maintenance import Schedule

    entries = _number(settings.text("sigstore.shard-entries"), "--shard-entries")
    return Schedule(int(entries), _number(settings.text("sigstore.shard-days"), "--shard-days"))


def _witnesses(settings: Settings) -> Witnesses:
    from assay.adapters import witness
    from assay.server.witnessing import Witnesses

    clients = [witness.configured(text) for text in settings.list("sigstore.witness")]
    quorum = _number(settings.text("sigstore.witness-quorum"), "--witness-quorum")
    if quorum > len(clients):
        raise UsageError(f"of {len(clients)} witnesses {quorum:g} cannot sign", "name more: --witness URL=KEY")
    return Witnesses(clients, int(quorum))


def _number(text: str, flag: str) -> float:
    try:
        found = float(text or 0)
    except ValueError:
        found = -1
    if not 0 <= found < 1e12:
        raise UsageError(f"{flag} is a number, not {text[:40]!r}", f"{flag} 100")
    return found
