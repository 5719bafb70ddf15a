"""Loads a saved image with everything that hangs on it into a registry.

assay image load app.tar registry.internal.example/team/app:1.2
assay image load saved:1.2 registry.internal.example/team/app
"""

from __future__ import annotations

import argparse

from assay.cli import Context
from assay.cli.image import _copying


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("image", metavar="PATH[:TAG|@DIGEST]", help="an OCI layout or archive")
    parser.add_argument("destination", metavar="HOST/NAME[:TAG]", help="where to; without a tag, the saved image's")
    _copying.add_flags(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Load."""
    from assay.adapters import places
    from assay.errors import InputError

    if places.scheme_of(arguments.image)[0] == "registry":
        raise InputError(f"{arguments.image} is neither an OCI layout nor an archive", "name what `image save` wrote")
    return _copying.run(arguments, context, arguments.destination)
