"""Changes a key, certificate or log of an instance; the old one is published on.

Signatures made with the old ones stay good. What is replaced counts for an hour longer, or for --grace MINUTES: 0 where
a key has got into wrong hands. A server that runs takes over by itself. `ca` and `tsa` change to the spare certificate
that was signed in advance, or with --root-keys to one that is signed now, with a new spare.

    assay sigstore rotate log
    assay sigstore rotate ca --root-keys /media/safe/roots
    assay sigstore rotate tuf-root --root-keys /media/a --root-keys /media/b --new-root-keys /media/c
"""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path

from assay.cli import Context
from assay.cli.sigstore import _passwords
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    what = ("ca", "tsa", "log", "ct", "tuf-root", "tuf-timestamp")
    parser.add_argument("what", metavar="|".join(what), choices=what, help="what is replaced")
    parser.add_argument("--root-keys", metavar="DIR", type=Path, action="append", default=[], help="the root keys")
    parser.add_argument("--new-root-keys", metavar="DIR", type=Path, help="where new keys of the TUF root are put")
    parser.add_argument("--root-key-count", metavar="N", type=int, default=1, help="keys of the new TUF root")
    parser.add_argument("--root-threshold", metavar="N", type=int, default=1, help="how many of them must sign")
    parser.add_argument(
        "--key", metavar="ROLE=ADDRESS", action="append", default=[], help="where a new one, tuf-root-1, is: pkcs11:..."
    )
    parser.add_argument("--grace", metavar="MINUTES", type=int, default=60, help="for so long the old one counts on")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Rotate, and publish it."""
    from assay.app import sigstore, sigstore_rotation

    if not 0 <= arguments.grace <= 60 * 24 * 365:
        raise UsageError("--grace is a number of minutes, of a year at most", "--grace 60")
    folder = context.data_dir(context.settings()) / "sigstore"
    password = _passwords.of_instance(folder)
    wanted = sigstore_rotation.Rotation(folder, password, sigstore.now(), timedelta(minutes=arguments.grace))
    if arguments.key and arguments.what != "tuf-root":
        raise UsageError(f"where new keys of {arguments.what} are is said by `init --keys`", "--key is for tuf-root")
    roots = None
    if arguments.root_keys:
        counts = arguments.root_key_count, arguments.root_threshold
        own = _passwords.root_password(password)
        places = sigstore.parse_places("", arguments.key)
        roots = sigstore_rotation.RootKeys(arguments.root_keys, own, arguments.new_root_keys, *counts, places)
    found = sigstore_rotation.rotate(arguments.what, wanted, roots)
    sigstore.open_instance(folder, password).publish(sigstore.now())
    context.note(f"{arguments.what}: {found}")
    return ExitCode.OK
