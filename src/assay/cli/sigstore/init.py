"""Makes the keys, certificates and trust root of an instance.

The keys that serve lie in the data directory, encrypted; the root keys lie where --root-keys says: keep that folder
off line. The password comes from the file that ASSAY_SIGSTORE_PASSWORD_FILE names, from the systemd credential
assay-sigstore-password, or is asked for; that of the root keys may be another: ASSAY_SIGSTORE_ROOT_PASSWORD_FILE.

Keys may be on a PKCS #11 token or in a key service: `--keys` is the address of them all, with {role} where their names
differ (ca, ca-2, tsa, tsa-2, ct, log-v1, log-v2, tuf), `--key` that of one. What is missing on a token is made there.

    assay sigstore init --base-url https://sigstore.example --root-keys /media/safe/roots
    assay sigstore init ... --keys 'pkcs11:token=sigstore;object={role}?pin-source=/run/pin'
    assay sigstore init ... --storage postgresql://assay@db.example/sigstore --objects s3://logs/sigstore
"""

from __future__ import annotations

import argparse
from pathlib import Path

from assay.cli import Context
from assay.cli.sigstore import _passwords, _storage
from assay.errors import ExitCode, InputError, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--base-url", metavar="URL", required=True, help="where clients will find it")
    parser.add_argument("--root-keys", metavar="DIR", type=Path, required=True, help="where the root keys are put")
    parser.add_argument(
        "--keys", metavar="ADDRESS", default="", help="where the serving keys are, with {role}: pkcs11:... or a service"
    )
    parser.add_argument(
        "--key", metavar="ROLE=ADDRESS", action="append", default=[], help="where one key is; empty: in the key file"
    )
    parser.add_argument(
        "--storage", metavar="URL", help="the database of several replicas: postgresql://USER@HOST/NAME"
    )
    parser.add_argument("--objects", metavar="URL", help="their object store: s3://BUCKET/PREFIX?endpoint=URL")
    parser.add_argument("--issuers", metavar="FILE", type=Path, help="whose tokens are taken: Fulcio's configuration")
    parser.add_argument("--root-key-count", metavar="N", type=int, default=1, help="keys of the TUF root")
    parser.add_argument("--root-threshold", metavar="N", type=int, default=1, help="how many of them must sign")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Make them."""
    from assay.app import sigstore

    folder = context.data_dir(context.settings()) / "sigstore"
    places = sigstore.parse_places(arguments.keys, arguments.key)
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
    storage = _storage.wanted(context.settings())
    whole = sigstore.Making(folder, roots, url, password, of_roots, sigstore.now(), issuers, *counts, storage, places)
    sigstore.make(whole)
    context.note(f"{folder} holds the instance, {roots} its root keys: keep those off line")
    return ExitCode.OK
