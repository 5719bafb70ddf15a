"""Writes the advisory data to a folder, a .tar or a registry, for others.

The files may lie on a web server, cross an air gap or serve another machine; `assay db update` takes what is new from
a folder or registry that db.url names, `assay db import` from a folder or .tar.

assay db export /media/stick/advisories
assay db export new.tar --since old/manifest.json      only what the other side lacks
assay db export oci://registry.example/security/advisories:latest
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assay.cli import Context
from assay.errors import ExitCode, InputError


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("target", metavar="DIR|FILE.tar|oci://HOST/NAME:TAG", help="where to")
    parser.add_argument("--since", metavar="MANIFEST", help="leave out what this elder manifest has")
    parser.add_argument("--source", action="append", metavar="NAME", default=[], help="only this source; repeatable")
    parser.add_argument("--plain-http", action="append", metavar="HOST", help="speak to this registry without TLS")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Export."""
    from assay import app
    from assay.adapters.advisories import manifest as manifests
    from assay.adapters.advisories import remote, sharing
    from assay.adapters.registry.transport import Policy

    settings = context.settings()
    known: set[str] = set()
    if arguments.since:
        elder = manifests.load(Path(arguments.since))
        if elder is None:
            raise InputError(f"{arguments.since} does not exist", "name a manifest.json")
        known = {shard.digest for shard in elder.shards.values()}
    cache = context.cache_dir(settings)
    with app.advisories(context.data_dir(settings), cache, starter=settings.switch("db.starter")) as store:
        if arguments.target.startswith(remote.SCHEME):
            policy = Policy(plain_http=frozenset(settings.list("registry.plain-http")))
            count = remote.push(store, arguments.target, policy, arguments.source)
        else:
            count = sharing.export(store, Path(arguments.target), known, arguments.source)
        sys.stdout.write(f"{count} of {len(store.shards)} sources written to {arguments.target}\n")
    return ExitCode.OK
