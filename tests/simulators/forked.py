"""Processes that may be killed: each forked from one server, for all tests, that has loaded what takes time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from simulators.object_server import ENVIRONMENT

_SETTINGS = {**ENVIRONMENT, "PYTHONPATH": str(Path(__file__).parents[1])}
"""The server does not get our path otherwise, and is perhaps older than the object server of the tests."""


def begun(work: Callable[..., None], *arguments: object) -> BaseProcess:
    """A process that does this."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["simulators.forked_loaded"])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _SETTINGS.items():
            patch.setenv(name, value)
        forkserver.ensure_running()
    process = context.Process(target=work, args=arguments)
    process.start()
    return process


def ended(process: BaseProcess) -> int:
    """Its exit code, when it has ended."""
    process.join(300)
    assert process.exitcode is not None, "the process hangs"
    return process.exitcode
