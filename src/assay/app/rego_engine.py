"""Which engine evaluates Rego: processes of our own, or an OPA server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from assay.engines.policy.rego.source import Compiler

TOKEN = "ASSAY_OPA_TOKEN"
"""The environment variable with the token for the OPA server."""


@contextmanager
def engine(address: str, environment: Mapping[str, str]) -> Iterator[Compiler]:
    """The server at `address`, or where that is empty processes that end with the context."""
    if address:
        from assay.adapters.opa_server import OpaServer
        from assay.app.opa import OpaCompiler

        yield OpaCompiler(OpaServer(address, environment.get(TOKEN, "")))
        return
    from assay.app.rego_processes import RegoProcesses

    processes = RegoProcesses()
    try:
        yield processes
    finally:
        processes.close()
