"""The development issuer over HTTP: login page, code flow with PKCE, and what it refuses."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from simulators.running_instance import RunningInstance, running_instance

BACK = "http://localhost:1/auth/callback"
VERIFIER = "a" * 43


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstance]:
    with running_instance(tmp_path_factory.mktemp("instance")) as found:
        yield found


def asked(**changed: str) -> dict[str, str]:
    """The query of a client."""
    challenge = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    found = {
        "response_type": "code",
        "client_id": "sigstore",
        "scope": "openid email",
        "redirect_uri": BACK,
        "state": "the state",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return {**found, **changed}


def code(instance: RunningInstance) -> str:
    """Log in as the page does."""
    form = {**asked(), "email": "me@org.example"}
    answer = requests.post(f"{instance.url}/oauth2/auth", data=form, allow_redirects=False, timeout=60)
    assert answer.status_code == 303
    url = answer.headers["location"]
    assert url.startswith(BACK)
    query = parse_qs(urlsplit(url).query)
    assert query["state"] == ["the state"]
    return query["code"][0]


def exchange(instance: RunningInstance, code: str, **changed: str) -> requests.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return requests.post(f"{instance.url}/oauth2/token", data={**form, **changed}, auth=("sigstore", ""), timeout=60)


def claims(token: str) -> Any:
    part = token.split(".")[1]
    return json.loads(b64decode(part + "=" * (-len(part) % 4), altchars=b"-_"))


def test_a_code_becomes_a_token_once(instance: RunningInstance) -> None:
    found = requests.get(f"{instance.url}/.well-known/openid-configuration", timeout=60).json()
    assert found["issuer"] == instance.url
    assert found["token_endpoint"] == f"{instance.url}/oauth2/token"
    one = code(instance)
    answer = exchange(instance, one)
    assert answer.status_code == 200
    token = claims(answer.json()["access_token"])
    assert (token["iss"], token["aud"], token["email"]) == (instance.url, "sigstore", "me@org.example")
    assert exchange(instance, one).json() == {"error": "invalid_grant"}


def test_codes_are_bound_to_verifier_and_redirect(instance: RunningInstance) -> None:
    assert exchange(instance, code(instance), code_verifier="b" * 43).status_code == 400
    assert exchange(instance, code(instance), redirect_uri="http://localhost:2/").status_code == 400
    assert exchange(instance, "guessed").status_code == 400
    assert exchange(instance, code(instance), code_verifier="x" * 20_000).status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "http://localhost@evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
    ],
)
def test_requests_that_could_leak_a_code_are_refused(instance: RunningInstance, changed: dict[str, str]) -> None:
    url = f"{instance.url}/oauth2/auth"
    assert requests.get(url, params=asked(**changed), timeout=60).status_code == 400
    form = {**asked(**changed), "email": "me@org.example"}
    assert requests.post(url, data=form, allow_redirects=False, timeout=60).status_code == 400


def test_the_page_escapes_what_it_was_given(instance: RunningInstance) -> None:
    page = requests.get(f"{instance.url}/oauth2/auth", params=asked(state='"><script>1</script>'), timeout=60)
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
