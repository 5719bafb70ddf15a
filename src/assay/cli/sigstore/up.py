"""Serves an instance: certificate authority, logs, timestamps and trust root in one process.

--dev makes a throw-away instance with an identity provider that believes everybody; nothing of it is kept.

    assay sigstore up
    assay sigstore up --dev
    assay sigstore up --listen 0.0.0.0:443 --tls-certificate cert.pem --tls-key key.pem
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assay.cli import Context
from assay.cli.sigstore import _passwords
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:8765", help="where to listen")
    parser.add_argument("--unix-socket", metavar="PATH", help="listen there instead")
    parser.add_argument("--dev", action="store_true", help="a throw-away instance, with --dev-oidc")
    parser.add_argument("--dev-oidc", action="store_true", help="an identity provider that believes everybody")
    parser.add_argument("--client-files", metavar="DIR", type=Path, help="where to write trust_config.json and others")
    parser.add_argument("--tls-certificate", metavar="FILE", help="certificate chain in PEM")
    parser.add_argument("--tls-key", metavar="FILE", help="its private key in PEM")
    parser.add_argument("--rate-limit", metavar="N", type=float, default=0.0, help="requests a second of one address")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Serve until stopped."""
    from assay.server import serving
    from assay.server.serving import Listening

    if bool(arguments.tls_certificate) != bool(arguments.tls_key):
        raise UsageError("TLS needs a certificate and its key", "give --tls-certificate FILE and --tls-key FILE")
    host, colon, port = arguments.listen.rpartition(":")
    if not colon or not port.isdecimal():
        raise UsageError(f"{arguments.listen!r} is no HOST:PORT", "--listen 127.0.0.1:8765")
    if not 0 <= arguments.rate_limit <= 1e6:
        raise UsageError("--rate-limit is a number of requests a second", "--rate-limit 50")
    listening = Listening(
        host.strip("[]"),
        int(port),
        arguments.unix_socket,
        arguments.tls_certificate,
        arguments.tls_key,
        arguments.rate_limit,
    )
    if arguments.dev:
        serving.serve_development(listening, arguments.client_files, _say)
        return ExitCode.OK
    folder = context.data_dir(context.settings()) / "sigstore"
    files = arguments.client_files or folder / "client-files"
    password = _passwords.password()
    serving.serve(folder, password, listening, files, _say, development=arguments.dev_oidc)
    return ExitCode.OK


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
