"""Breaks glass: signs that an image may run for a while, whatever policies say.

The object is put among the policies; it counts where `assay admission serve` names its signer, is counted and told in
every decision, and ends by itself.

    assay policy break-glass registry.example/team/app@sha256:9f86... --reason 'outage 42' --until 2026-12-01T18:00Z \
        --key breaker.key --tlog-upload=false > break-glass.yaml
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from assay.cli import Context, _signing
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay policy break-glass``."""
    parser.add_argument("image", metavar="IMAGE@DIGEST", help="the image, by its digest")
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why")
    parser.add_argument("--until", metavar="TIME", required=True, help="until when; at most seven days from now")
    parser.add_argument("--namespace", metavar="N", action="append", default=[], help="only there (repeatable)")
    parser.add_argument("--name", metavar="NAME", default="", help="the name of the object")
    _signing.add_flags(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Sign the statement and write the object."""
    from assay.app import break_glass, signing
    from assay.engines.verify import Artifact
    from assay.formats import image_reference, json_bytes

    image = image_reference.parse(arguments.image)
    if not image.digest:
        raise UsageError(f"{arguments.image} has no digest", "glass is broken for one digest: IMAGE@sha256:...")
    until = _until(arguments.until)
    algorithm, _, value = image.digest.partition(":")
    payload = break_glass.statement(image, arguments.reason, until, arguments.namespace)
    session = signing.Session(_signing.request(arguments, context))
    signed = session.statement(payload, Artifact(digests=[(algorithm, value)]))
    name = arguments.name or f"glass-{value[:12]}"
    sys.stdout.buffer.write(json_bytes.dump(break_glass.written(name, image, payload, signed.data)))
    context.note(f"{image} may run until {until:%Y-%m-%d %H:%M} UTC, where the signer may break glass")
    return ExitCode.OK


def _until(text: str) -> datetime:
    from assay.app.break_glass import LONGEST

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--until {text}: no time", "write it as 2026-12-01T18:00Z") from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    now = datetime.now(UTC)
    if not now < found <= now + LONGEST:
        raise UsageError(f"--until {text} is past, or more than {LONGEST.days} days away", "name an earlier time")
    return found
