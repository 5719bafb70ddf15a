"""Serves a witness: it signs checkpoints of logs that grew out of the last one it saw.

It speaks C2SP tlog-witness. Its key is made at the first start and lies in the data directory, or is yours: --key. The
note key that is printed goes to those who run logs, and to those who check checkpoints.

    assay log witness --name witness.example --log 'log.example+6ac5a8b5+AQ…' --listen 0.0.0.0:8080
    assay sigstore up --witness 'https://witness.example=witness.example+3a1b0c2d+BAAA…'
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context, _serving
from assay.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from assay.ports import Signer
    from assay.server.parts import Part


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    _serving.add_flags(parser, "127.0.0.1:8766")
    add_part_flags(parser)


def add_part_flags(parser: argparse._ActionsContainer) -> None:
    """The flags of this part of the server."""
    parser.add_argument("--witness-name", "--name", metavar="NAME", default="", help="the name that it signs under")
    parser.add_argument(
        "--witness-log", "--log", metavar="KEY", action="append", default=[], help="a log that it knows"
    )
    parser.add_argument("--witness-key", "--key", metavar="FILE", default="", help="its Ed25519 key")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Serve until stopped."""
    from assay.server import serving

    serving.serve([part(arguments, context)], _serving.listening(arguments), _serving.say)
    return ExitCode.OK


def part(arguments: argparse.Namespace, context: Context) -> Part:
    """The witness, opened."""
    from assay.adapters.log_store.seen_files import SeenFiles
    from assay.engines.log.witness import Witness
    from assay.formats import note_key
    from assay.server import witness
    from assay.server.parts import Part

    name = arguments.witness_name
    if not name or name.split() != [name] or "+" in name:
        raise UsageError("a witness signs under a name without blanks and plus signs", "--name witness.example")
    folder = context.data_dir(context.settings()) / "witness"
    signer = _signer(Path(arguments.witness_key) if arguments.witness_key else folder / "key.pem")
    one = Witness(name, signer, _logs(arguments.witness_log), SeenFiles(folder / "seen"), time.time)
    shown = note_key.of_ed25519(name, signer.public_key, note_key.COSIGNATURE)
    return Part("witness", witness.routes(one), greeting=f"{shown}\n")


def _logs(words: list[str]) -> dict[str, list[bytes]]:
    from assay.adapters.trust_roots import read_file
    from assay.formats import note_key

    found: dict[str, list[bytes]] = {}
    for word in words:
        text = word if note_key.is_key(word) else read_file(Path(word)).decode("utf-8", "replace")
        for line in filter(str.strip, text.splitlines()):
            key = note_key.read(line)
            found.setdefault(key.name, []).append(key.key)
    if not found:
        raise UsageError("a witness that knows no log signs nothing", "--log 'log.example+6ac5a8b5+AQ…'")
    return found


def _signer(path: Path) -> Signer:
    """The key in a file, which is made where there is none in the data directory."""
    from assay.adapters import signers
    from assay.adapters.sigstore_instance import material
    from assay.formats import pem
    from assay.model.signature import Scheme
    from assay.trust import signing

    if not path.exists() and path.parent.name == "witness":
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = pem.write("PRIVATE KEY", signing.pkcs8(signing.generate(Scheme.ED25519)))
        material.replace(path, made.encode(), 0o600)
    signer = signers.open_signer(str(path), lambda: os.environ.get("COSIGN_PASSWORD", "").encode())
    if signer.scheme is not Scheme.ED25519:
        raise UsageError("a witness signs with an Ed25519 key", "leave --key away, and one is made")
    return signer
