"""A rotation that is killed: a process of its own that ends by SIGKILL before its N-th file gets its name."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulators.cheap_passwords import cheap_passwords
from simulators.forked import begun, ended


def rotated(folder: Path, what: str, stop: int) -> int:
    """Rotate the instance in ``FOLDER/data``, whose root keys lie in ``FOLDER/roots``; the exit code."""
    return ended(begun(_rotate, folder, what, stop))


def _rotate(folder: Path, what: str, stop: int) -> None:
    from assay.app import sigstore

    left = [stop]

    def mortal(work: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return work(*arguments, **named)

        return step

    # This process is ours alone. Until a file has its name, it might as well not have been written.
    os.replace, os.rename = mortal(os.replace), mortal(os.rename)
    with cheap_passwords():
        again(folder, what)
        sigstore.open_instance(folder / "data", b"p").publish(sigstore.now())


def again(folder: Path, what: str) -> None:
    """Rotate in this process."""
    from assay.app import sigstore, sigstore_rotation

    wanted = sigstore_rotation.Rotation(folder / "data", b"p", sigstore.now())
    rooted = what.startswith("tuf") or what == "ca"
    roots = sigstore_rotation.RootKeys([folder / "roots"], b"r", folder / "new-roots") if rooted else None
    sigstore_rotation.rotate(what, wanted, roots)
