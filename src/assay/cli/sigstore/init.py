"""Makes the keys, certificates and trust root of an instance.

The keys that serve lie in the data directory, encrypted; the root keys lie where --root-keys says: keep that folder
off line. The password comes from the file that ASSAY_SIGSTORE_PASSWORD_FILE names, from the systemd credential
assay-sigstore-password, or is asked for; that of the root keys may be another: ASSAY_SIGSTORE_ROOT_PASSWORD_FILE.

    assay sigstore init --base-url https://sigstore.example --root-keys /media/safe/roots
"""

from __future__ import annotations

import argparse
from pathlib import Path

from assay.cli import Context
from assay.cli.sigstore import _passwords
from assay.errors import ExitCode, InputError, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--base-url", metavar="URL", required=True, help="where clients will find it")
    parser.add_argument("--root-keys", metavar="DIR", type=Path, required=True, help="where the root keys are put")
    parser.add_argument("--issuers", metavar="FILE", type=Path, help="whose tokens are taken: Fulcio's configuration")
    parser.add_argument("--root-key-count", metavar="N", type=int, default=1, help="keys of the TUF root")
    parser.add_argument("--root-threshold", metavar="N", type=int, default=1, help="how many of them must sign")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Make them."""
    from assay.app import sigstore

    folder = context.data_dir(context.settings()) / "sigstore"
    roots = arguments.root_keys.resolve()
    if roots.is_relative_to(folder.resolve()):
        raise UsageError("the root keys would lie in the data directory", "name another place: --root-keys DIR")
    try:
        issuers = arguments.issuers.read_text() if arguments.issuers is not None else ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{arguments.issuers} cannot be read", "--issuers names a YAML file") from error
    password, url = _passwords.password(new=True), arguments.base_url.rstrip("/")
    of_roots = _passwords.root_password(password)
    counts = arguments.root_key_count, arguments.root_threshold
    sigstore.make(sigstore.Making(folder, roots, url, password, of_roots, sigstore.now(), issuers, *counts))
    context.note(f"{folder} holds the instance, {roots} its root keys: keep those off line")
    return ExitCode.OK
