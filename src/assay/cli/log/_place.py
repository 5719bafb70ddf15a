"""Which log, and whom to believe: what the commands of `assay log` share."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.errors import UsageError

if TYPE_CHECKING:
    from assay.app.log_places import LogPlace
    from assay.formats.note_key import NoteKey
    from assay.model.trusted_root import Log, TrustedRoot


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    place = parser.add_argument_group("which log")
    place.add_argument("--instance", "--log", metavar="URL|DIR", dest="place", default="", help="a server or a folder")
    place.add_argument("--api", choices=("auto", "tiles", "v1"), default="auto", help="how a server is asked")
    place.add_argument("--origin", metavar="NAME", default="", help="the name under which the log must sign")
    trust = parser.add_argument_group("whom to believe")
    trust.add_argument("--log-key", metavar="FILE|KEY", help="the log's public key: PEM, or NAME+HASH+KEY")
    trust.add_argument("--trusted-root", metavar="FILE", type=Path, help="a trusted_root.json that has the log")
    trust.add_argument("--trust-config", metavar="FILE", type=Path, help="a client trust configuration")
    trust.add_argument("--witness", metavar="KEY", action="append", default=[], help="a witness: NAME+HASH+KEY")
    trust.add_argument("--witness-quorum", metavar="N", type=int, help="how many witnesses must have signed; all")


def place(arguments: argparse.Namespace, context: Context) -> LogPlace:
    """The log of the arguments; raises `UsageError` for a server while offline."""
    from assay.app import log_places
    from assay.app.log_places import LogPlace

    settings = context.settings()
    origin = arguments.origin
    if arguments.log_key:
        logs, named = log_places.logs_of_key(arguments.log_key)
        origin = origin or named
        where = arguments.place or logs[0].url
    else:
        logs, where = _trusted(arguments, context)
    if where and not Path(where).exists() and "://" not in where:
        where = f"https://{where}" if "." in where else where
    if not where:
        raise UsageError("no log is named", "--instance URL, or the folder of a mirror")
    if where.startswith(("http://", "https://")) and settings.switch("offline"):
        raise UsageError(
            f"the log {where} is asked over the network", "leave --offline away, or name a mirror's folder"
        )
    witnesses = _witnesses(arguments.witness)
    quorum = len(witnesses) if arguments.witness_quorum is None else arguments.witness_quorum
    if not 0 <= quorum <= len(witnesses):
        raise UsageError(f"of {len(witnesses)} witnesses {quorum} cannot have signed", "name them: --witness KEY")
    return LogPlace(where, logs, arguments.api, origin, witnesses, quorum)


def _witnesses(words: list[str]) -> tuple[NoteKey, ...]:
    from assay.adapters.trust_roots import read_file
    from assay.formats import note_key

    texts = [word if note_key.is_key(word) else read_file(Path(word)).decode("utf-8", "replace") for word in words]
    return tuple(note_key.read(text) for text in texts)


def _trusted(arguments: argparse.Namespace, context: Context) -> tuple[tuple[Log, ...], str]:
    """The logs of the trusted root, and the place of the one that counts now."""
    from assay.adapters import trust_roots
    from assay.app import log_places

    settings = context.settings()
    data_dir = context.data_dir(settings)
    named = arguments.trusted_root or arguments.trust_config
    if named is None and settings.text("verify.trusted-root") and not arguments.place:
        named = Path(settings.text("verify.trusted-root"))
    if named is not None:
        root = trust_roots.load(named).root
        return root.logs, arguments.place or _current(root, arguments.api)
    if arguments.place:
        known = log_places.logs_of_instance(arguments.place, data_dir)
        if known is not None:
            return known, arguments.place
    root = trust_roots.public_good(data_dir).root
    return root.logs, arguments.place or _current(root, arguments.api)


def _current(root: TrustedRoot, api: str) -> str:
    """The newest log that counts now: one with Ed25519 has tiles, as Rekor v2 does; others are Rekor v1."""
    now = datetime.now(UTC)
    found = [log for log in root.logs if log.url and log.validity.holds(now)]
    tiled = [log for log in found if log.details.endswith("ED25519")]
    chosen = [log for log in found if log not in tiled] if api == "v1" else tiled or found
    return chosen[-1].url if chosen else ""


def read(path: Path) -> bytes:
    """A small file."""
    from assay.adapters.trust_roots import read_file

    return read_file(path)
