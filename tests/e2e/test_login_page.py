"""The pages of the development issuer in a real browser, steered by keyboard: code flow with PKCE, device flow."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.adapters.oidc import parse
from assay.adapters.oidc.person import Issuer
from assay.adapters.registry.transport import Policy, Transport
from simulators.browser import Page, browser
from simulators.running_instance import EMAIL, RunningInstance, running_instance

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstance]:
    with running_instance(tmp_path_factory.mktemp("instance")) as found:
        yield found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


def issuer(instance: RunningInstance) -> Issuer:
    return Issuer(Transport(Policy(attempts=1)), instance.url)


def test_a_person_signs_in_and_the_program_has_a_token(
    instance: RunningInstance, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def person(address: str) -> None:
        page.go(address)
        page.picture(tmp_path / "login.png")
        page.focuses("email")
        page.enter()  # nothing was filled in, so the browser keeps the form
        page.focuses("email")
        page.type("no address")
        page.enter()
        assert page.value("document.querySelector('#email').validity.typeMismatch")
        page.type(EMAIL)
        page.enter()
        page.shows("can be closed")
        assert page.value("location.hostname") in ("localhost", "127.0.0.1")

    monkeypatch.setattr(webbrowser, "open", person)
    token = parse(issuer(instance).browser(lambda _: None), time.time())
    assert token.identity == f"{EMAIL} (vouched for by {instance.url})"
    assert (tmp_path / "login.png").read_bytes().startswith(b"\x89PNG")


def test_a_code_for_another_device(instance: RunningInstance, page: Page, tmp_path: Path) -> None:
    def person(text: str) -> None:
        words = text.split()
        page.go(words[1])
        page.focuses("user_code")
        page.type(words[-1].lower().replace("-", " "))
        page.tab()
        page.type(EMAIL)
        page.picture(tmp_path / "device.png")
        page.enter()
        page.shows("can be closed")

    token = parse(issuer(instance).device(person), time.time())
    assert token.claims["email"] == EMAIL


def test_a_code_that_no_program_shows(instance: RunningInstance, page: Page) -> None:
    page.go(f"{instance.url}/oauth2/device?user_code=BCDF-GHJK%22%3E%3Cscript%3Edocument.title%3D1%3C%2Fscript%3E")
    assert page.value("document.title") == "Sign in for development"
    page.focuses("email")
    page.type(EMAIL)
    page.enter()
    page.shows("No program waits")


def test_assay_signs_for_whom_signs_in_elsewhere(instance: RunningInstance, page: Page, tmp_path: Path) -> None:
    (tmp_path / "app").write_text("an artifact")
    config = ("--trust-config", str(instance.files / "trust_config.json"))
    words = ("sign", "app", *config, "--fulcio-auth-flow", "device", "--yes")
    command = [sys.executable, "-m", "assay", *words]
    terminal, other = pty.openpty()  # without one assay asks nobody
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, stdin=other, stderr=pipe, text=True) as signing:
        assert signing.stderr is not None
        told = next(line for line in signing.stderr if "/oauth2/device" in line).split()
        page.go(next(word for word in told if word.startswith("http")))
        page.focuses("user_code")
        page.type(told[-1])
        page.tab()
        page.type("elsewhere@org.example")
        page.enter()
        page.shows("can be closed")
        assert signing.wait(120) == 0
    os.close(terminal)
    os.close(other)
    who = ("--certificate-identity", "elsewhere@org.example", "--certificate-oidc-issuer", instance.url)
    verify = [sys.executable, "-m", "assay", "--offline", "verify", "app", *config, *who]
    assert subprocess.run(verify, cwd=tmp_path, check=False, timeout=300).returncode == 0
