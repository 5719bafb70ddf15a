"""A real Chromium without a window, steered as its developer tools steer it: DevTools protocol over two pipes."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS = 60.0


class Page:
    """One tab; `read` and `write` are the ends of the pipes that are ours."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write, self._number, self._buffer = read, write, 0, b""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = ""
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")

    def _call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        session = getattr(self, "_session", "")
        message = {"id": self._number, "method": method, "params": parameters}
        os.write(self._write, json.dumps({**message, **({"sessionId": session} if session else {})}).encode() + b"\0")
        until = time.monotonic() + SECONDS
        while True:
            answer = self._message(until)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _message(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            left = until - time.monotonic()
            assert left > 0, "the browser does not answer"
            waiting = select.poll()  # select() knows no descriptor above 1,023, and the process may have more open
            waiting.register(self._read, select.POLLIN)
            if waiting.poll(left * 1000):
                data = os.read(self._read, 1 << 16)
                assert data, "the browser is gone"
                self._buffer += data
        text, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(text)
        return found

    def go(self, address: str) -> None:
        """Open an address, and wait for the page."""
        self._call("Page.navigate", url=address)
        self.until(f"location.href != 'about:blank' && {_READY}")

    def value(self, expression: str) -> Any:
        """What an expression gives in the page."""
        found = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until an expression holds in the page."""
        until = time.monotonic() + SECONDS
        while not self.value(expression):
            assert time.monotonic() < until, f"{expression}: {self.value('document.body.innerText')}"
            time.sleep(0.05)

    def shows(self, text: str) -> None:
        """Wait until the page shows a text."""
        self.until(f"{_READY} && document.body.innerText.includes({json.dumps(text)})")

    def focuses(self, name: str) -> None:
        """Wait until the field with an id has the focus: `autofocus` comes with the first picture, after the load."""
        self.until(f"document.activeElement.id == {json.dumps(name)}")

    def type(self, text: str) -> None:
        """Into the field that has the focus, in place of what is there."""
        self.value("document.activeElement.select()")
        self._call("Input.insertText", text=text)

    def press(self, key: str, code: int) -> None:
        """A key, down and up."""
        known = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        text = {"text": "\r"} if key == "Enter" else {}
        self._call("Input.dispatchKeyEvent", type="keyDown", **known, **text)
        self._call("Input.dispatchKeyEvent", type="keyUp", **known)

    def enter(self) -> None:
        """Send the form, as from the keyboard."""
        self.press("Enter", 13)

    def tab(self) -> None:
        """To the next field."""
        self.press("Tab", 9)

    def picture(self, path: Path) -> None:
        """What it looks like, as PNG."""
        path.write_bytes(b64decode(self._call("Page.captureScreenshot")["data"]))


_READY = "document.readyState == 'complete'"


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """Start one with a profile in `folder`, and end it."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine (make system installs it)")
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    tab = ["--window-size=600,700", f"--user-data-dir={folder}/profile", "--remote-debugging-pipe", "about:blank"]
    command = [program, *FLAGS, *tab]
    quiet = os.open(os.devnull, os.O_RDWR)
    # Chromium reads from 3 and writes to 4; through high numbers first, for one may be the other's target.
    steps = [(os.POSIX_SPAWN_DUP2, theirs_in, 100), (os.POSIX_SPAWN_DUP2, theirs_out, 101)]
    steps += [(os.POSIX_SPAWN_DUP2, 100, 3), (os.POSIX_SPAWN_DUP2, 101, 4)]
    steps += [(os.POSIX_SPAWN_DUP2, quiet, 1), (os.POSIX_SPAWN_DUP2, quiet, 2)]
    process = os.posix_spawn(program, command, os.environ, file_actions=steps, setpgroup=0)
    for handle in (theirs_in, theirs_out, quiet):
        os.close(handle)
    try:
        yield Page(ours_in, ours_out)
    finally:
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(ours_in)
        os.close(ours_out)
