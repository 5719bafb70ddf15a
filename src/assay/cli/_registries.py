"""How a command may speak to registries: its flags, and what they and the settings say."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.adapters.access import Access
    from assay.adapters.configuration import Settings


def add_flags(parser: argparse._ActionsContainer) -> None:
    """The flags of `access`, for a parser or a group."""
    parser.add_argument("--plain-http", action="append", metavar="HOST", help="speak to this registry without TLS")
    parser.add_argument("--insecure-registry", action="store_true", help="do not check the registry's certificate")


def access(arguments: argparse.Namespace, settings: Settings) -> Access:
    """How the flags and the settings let registries be spoken to."""
    return of_settings(settings, insecure=arguments.insecure_registry)


def of_settings(settings: Settings, *, insecure: bool = False) -> Access:
    """The same for a command without ``--insecure-registry``."""
    from assay.adapters.access import Access

    return Access(settings.list("registry.plain-http"), insecure, settings.switch("offline"))
