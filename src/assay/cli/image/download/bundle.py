"""Reads out the Sigstore bundles that hang on an image, one a line.

Nothing is verified but the digests; `assay verify` does that.

    assay image download bundle registry.example/team/app:1.2 > app.sigstore.jsonl
"""

from __future__ import annotations

import argparse

from assay.cli import Context
from assay.cli.image import _request
from assay.cli.image.download import _output


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    _output.register(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write the bundles."""
    from assay.app import image_attachments

    return _output.write(arguments, image_attachments.bundles(_request.request(arguments, context)), "bundle")
