"""Serves several jobs as one server: a Sigstore instance, admission webhooks, a witness.

Each part takes the flags of its own command; those about listening are given once.

    assay serve --with sigstore
    assay serve --with sigstore,admission --listen 0.0.0.0:443 --tls-certificate cert.pem --tls-key key.pem
"""

from __future__ import annotations

import argparse
from importlib.util import find_spec

from assay.cli import Context, _serving
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of all parts."""
    parser.add_argument("--with", dest="parts", metavar="PART[,PART]", required=True, help="what to serve")
    _serving.add_flags(parser)
    for name, module in _serving.PARTS.items():
        if _there(module):
            _serving.load(name).add_part_flags(parser.add_argument_group(name))


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Open the parts, and serve until stopped."""
    from assay.server import serving

    names = list(dict.fromkeys(name.strip() for name in arguments.parts.split(",") if name.strip()))
    if not names:
        raise UsageError("no part is named", f"--with {','.join(_serving.PARTS)}")
    modules = [_serving.load(name) for name in names]
    where = _serving.listening(arguments)
    serving.serve([module.part(arguments, context) for module in modules], where, _serving.say)
    return ExitCode.OK
