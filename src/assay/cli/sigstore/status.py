"""Tells what an instance holds, how long its certificates last, and what it complains of.

assay sigstore status
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.cli.sigstore import _passwords
from assay.errors import ExitCode, ExternalError, InputError


def register(parser: argparse.ArgumentParser) -> None:
    """No flags of its own."""


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Open it and tell."""
    from assay.app import sigstore
    from assay.formats import certificate

    folder = context.data_dir(context.settings()) / "sigstore"
    instance = sigstore.open_instance(folder, _passwords.of_instance(folder))
    lines = [
        f"url                    {instance.url}",
        *(f"log                    {log.head.size} entries of {log.origin}" for log in instance.logs),
        *(f"certificate log        {log.head.size} entries of {log.origin}" for log in instance.cts),
        f"issuers                {len(instance.issuers.exact) + len(instance.issuers.patterns)}",
        f"certificates until     {certificate.read(instance.authority.chain[0]).not_after}",
        f"timestamps until       {certificate.read(instance.timestamper.chain[0]).not_after}",
    ]
    lines += [f"{name:<22} {text}" for name, text in sigstore.storage(instance)]
    spare = ", ".join(sorted(instance.material.spare)) or "none: assay sigstore rotate ca|tsa --root-keys DIR"
    lines.append(f"spare certificates     {spare}")
    if not context.settings().switch("offline"):
        lines.append(f"serving                {_serving(instance.url, context)}")
    sys.stdout.write("\n".join(lines) + "\n")
    return ExitCode.OK


def _serving(url: str, context: Context) -> str:
    from assay.app import sigstore

    try:
        found = sigstore.health(url)
    except (ExternalError, InputError):
        return "no"
    for item in found:
        context.warn(item)
    return "yes" if not found else f"yes, with {len(found)} complaints"
