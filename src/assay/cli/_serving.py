"""What `assay serve` and the commands of its parts share: where to listen, and which parts there are.

A part is a command module with two more functions beside `register` and `run`: ``add_part_flags(parser)`` and
``part(arguments, context)``, which opens it and gives a `assay.server.parts.Part`.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from assay.errors import UsageError

if TYPE_CHECKING:
    from assay.server.serving import Listening

PARTS = {
    "sigstore": "assay.cli.sigstore.up",
    "admission": "assay.cli.admission.serve",
    "witness": "assay.cli.log.witness",
}
"""The module of each part's command."""


def load(name: str) -> Any:
    """The module of a part; raises `UsageError` for one that there is not."""
    if name not in PARTS:
        raise UsageError(f"the server has no part {name[:40]!r}", f"there are: {', '.join(PARTS)}")
    return import_module(PARTS[name])


def add_flags(parser: argparse.ArgumentParser, listen: str = "127.0.0.1:8765") -> None:
    """Where to listen, and how."""
    parser.add_argument("--listen", metavar="HOST:PORT", default=listen, help="where to listen")
    parser.add_argument("--unix-socket", metavar="PATH", help="listen there instead")
    parser.add_argument("--tls-certificate", metavar="FILE", help="certificate chain in PEM")
    parser.add_argument("--tls-key", metavar="FILE", help="its private key in PEM")
    parser.add_argument("--rate-limit", metavar="N", type=float, default=0.0, help="requests a second of one address")


def listening(arguments: argparse.Namespace) -> Listening:
    """The same as the server takes it; raises `UsageError`."""
    from assay.server.serving import Listening

    if bool(arguments.tls_certificate) != bool(arguments.tls_key):
        raise UsageError("TLS needs a certificate and its key", "give --tls-certificate FILE and --tls-key FILE")
    host, colon, port = arguments.listen.rpartition(":")
    if not colon or not port.isdecimal():
        raise UsageError(f"{arguments.listen!r} is no HOST:PORT", "--listen 127.0.0.1:8765")
    if not 0 <= arguments.rate_limit <= 1e6:
        raise UsageError("--rate-limit is a number of requests a second", "--rate-limit 50")
    tls = (arguments.tls_certificate, arguments.tls_key)
    return Listening(host.strip("[]"), int(port), arguments.unix_socket, *tls, arguments.rate_limit)


def say(text: str) -> None:
    """Print at once: others wait for it."""
    sys.stdout.write(text)
    sys.stdout.flush()
