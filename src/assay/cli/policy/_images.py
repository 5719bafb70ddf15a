"""How the commands about policies verify images: by which trust root, and over which registries."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assay.cli import Context, _registries

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.adapters.access import Access
    from assay.app.image_facts import Facts
    from assay.model.trusted_root import TrustedRoot


class Images(NamedTuple):
    """The trust root, read when it is first needed, the way to registries, and what is recorded of images here."""

    root: Callable[[], TrustedRoot]
    access: Access
    facts: Facts


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `images`."""
    parser.add_argument("--trusted-root", metavar="FILE", type=Path, help="a trusted_root.json")
    _registries.add_flags(parser)


def images(arguments: argparse.Namespace, context: Context) -> Images:
    """What the flags and the settings say."""
    from assay.app.image_facts import Facts
    from assay.cli._trust import root

    settings = context.settings()
    access = _registries.access(arguments, settings)
    facts = Facts(context.data_dir(settings), context.cache_dir(settings), access)
    return Images(root(arguments.trusted_root, settings, context), access, facts)
