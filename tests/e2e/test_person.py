"""A person is asked for an identity token: through the login page of a running instance, and by the device flow."""

from __future__ import annotations

import io
import re
import time
import webbrowser
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from assay.adapters.oidc import parse
from assay.adapters.oidc.person import Issuer
from assay.adapters.registry.transport import Policy, Transport
from assay.errors import ExternalError, Refused, UsageError
from simulators.device_issuer import DeviceIssuer, serve
from simulators.running_instance import EMAIL, RunningInstance, running_instance

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstance]:
    with running_instance(tmp_path_factory.mktemp("instance")) as found:
        yield found


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between polls, told instead of made."""
    made: list[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    return made


def issuer(url: str) -> Issuer:
    return Issuer(Transport(Policy(attempts=1)), url)


def signed_in(address: str) -> requests.Response:
    """What a browser does with the login page: fill in the form, send it, and follow where that leads."""
    page = requests.get(address, timeout=60)
    assert page.status_code == 200
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))
    (action,) = re.findall(r'action="([^"]+)"', page.text)
    return requests.post(action, {**fields, "email": EMAIL}, timeout=60)


def browser(monkeypatch: pytest.MonkeyPatch, does: Callable[[str], object]) -> None:
    monkeypatch.setattr(webbrowser, "open", does)


def test_a_browser_brings_a_token(instance: RunningInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[str] = []
    browser(monkeypatch, lambda address: pages.append(signed_in(address).text))
    told: list[str] = []
    token = parse(issuer(instance.url).browser(told.append), time.time())
    assert token.identity == f"{EMAIL} (vouched for by {instance.url})"
    assert token.claims["nonce"]
    assert "can be closed" in pages[0]
    assert instance.url in told[0]


def answered(address: str, **query: str) -> None:
    """Send the browser back without having asked the issuer."""
    back = parse_qs(urlsplit(address).query)["redirect_uri"][0].replace("localhost", "127.0.0.1")
    requests.get(f"{back}?{urlencode(query)}", timeout=60)


@pytest.mark.parametrize("state", ["forged", "é", ""])
def test_an_answer_to_another_question_is_refused(
    instance: RunningInstance, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    browser(monkeypatch, lambda address: answered(address, state=state, code="x"))
    with pytest.raises(Refused, match="another question"):
        issuer(instance.url).browser(lambda _: None)


def test_what_the_issuer_refuses_is_told(instance: RunningInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(address: str) -> None:
        answered(address, state=parse_qs(urlsplit(address).query)["state"][0], error="access_denied")

    browser(monkeypatch, denied)
    with pytest.raises(Refused, match="access_denied"):
        issuer(instance.url).browser(lambda _: None)


def test_a_code_is_typed_in(instance: RunningInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = io.StringIO()
    monkeypatch.setattr("sys.stdin", typed)

    def say(text: str) -> None:
        page = signed_in(text.split()[-1]).text
        (code,) = re.findall(r"<pre id='code'>([^<]+)</pre>", page)
        typed.write(f"{code}\n")
        typed.seek(0)

    assert parse(issuer(instance.url).typed(say), time.time()).claims["email"] == EMAIL


@pytest.mark.parametrize(("text", "error"), [("", UsageError), ("not a code\n", Refused)])
def test_a_code_that_is_none(
    instance: RunningInstance, monkeypatch: pytest.MonkeyPatch, text: str, error: type[Exception]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    with pytest.raises(error):
        issuer(instance.url).typed(lambda _: None)


def test_another_device_brings_a_token(pauses: list[float]) -> None:
    polls: list[tuple[int, dict[str, object]]] = [
        (400, {"error": "authorization_pending"}),
        (400, {"error": "slow_down"}),
        (200, {"id_token": "a.b.c"}),
    ]
    told: list[str] = []
    with serve(DeviceIssuer(polls)) as site:
        assert issuer(site.url).device(told.append) == "a.b.c"
    assert told == ["open https://login.example/device and enter the code ABCD-EFGH"]
    assert pauses == [2, 2, 7]
    path, form = site.asked[-1]
    assert (path, form["grant_type"], form["device_code"]) == ("/token", GRANT, "long")


@pytest.mark.parametrize("error", ["access_denied", "expired_token"])
def test_a_device_that_says_no(pauses: list[float], error: str) -> None:
    with serve(DeviceIssuer([(400, {"error": error})])) as site, pytest.raises(Refused, match=error):
        issuer(site.url).device(lambda _: None)


def test_a_device_flow_that_does_not_begin(pauses: list[float]) -> None:
    with serve(DeviceIssuer([], begun=(401, {"error": "invalid_client"}))) as site:
        with pytest.raises(Refused, match="invalid_client"):
            issuer(site.url).device(lambda _: None)
        with pytest.raises(ExternalError, match="does not describe itself"):
            issuer(f"{site.url}/elsewhere").device(lambda _: None)


def test_an_issuer_without_a_device_flow() -> None:
    with serve(DeviceIssuer([], offers=False)) as site, pytest.raises(UsageError, match="no device flow"):
        issuer(site.url).device(lambda _: None)
