"""Which credentials count for a registry, of all the files that may hold some."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.adapters.registry import credentials
from assay.adapters.registry.credentials import Credentials, find
from assay.errors import InputError
from assay.formats import json as bounded
from assay.formats.json import Json


def packed(user: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:secret:with colon".encode()).decode()}


def write(path: Path, auths: dict[str, Any]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"auths": auths}))
    return str(path)


def user(environment: dict[str, str], host: str = "registry.example", repository: str = "team/app") -> str:
    found = find(host, repository, environment)
    return found.username if found else ""


def test_the_first_file_that_knows_the_registry_counts(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {"HOME": str(home)}
    assert user(environment) == ""
    write(home / ".docker" / "config.json", {"registry.example": packed("docker")})
    assert user(environment) == "docker"
    write(home / ".config" / "containers" / "auth.json", {"registry.example": packed("containers")})
    assert user(environment) == "containers"
    environment["XDG_RUNTIME_DIR"] = str(tmp_path / "run")
    write(tmp_path / "run" / "containers" / "auth.json", {"registry.example": packed("runtime")})
    assert user(environment) == "runtime"
    environment["REGISTRY_AUTH_FILE"] = write(tmp_path / "auth.json", {"other.example": packed("other")})
    assert user(environment) == ""


def test_the_longest_key_wins_and_old_forms_are_known(tmp_path: Path) -> None:
    keys = {
        "registry.example": packed("host"),
        "registry.example/team": packed("team"),
        "https://old.example/v1/": packed("old"),
        "https://index.docker.io/v1/": packed("hub"),
    }
    environment = {"REGISTRY_AUTH_FILE": write(tmp_path / "auth.json", keys)}
    assert user(environment) == "team"
    assert user(environment, repository="other/app") == "host"
    assert user(environment, "old.example") == "old"
    assert user(environment, "docker.io", "library/debian") == "hub"
    assert user(environment, "registry.example:5000") == ""


def test_tokens_and_plain_fields_are_known() -> None:
    assert credentials._entry({"identitytoken": "x"}) == Credentials(identity="x")
    assert credentials._entry({"registrytoken": "x"}) == Credentials(bearer="x")
    assert credentials._entry({"username": "u", "password": "p"}) == Credentials("u", "p")
    assert credentials._entry({"auth": "no base64 !"}) is None


def test_secrets_do_not_show() -> None:
    assert "hidden" not in repr(Credentials("user", "hidden", "hidden", "hidden"))


@pytest.mark.parametrize("content", ["{", "[]", None])
def test_a_broken_file_is_told(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "auth.json").write_text(content)
    with pytest.raises(InputError, match=r"auth\.json"):
        find("registry.example", "app", {"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")})


@pytest.mark.parametrize("helper", ["../evil", "a b", "", "-x"])
def test_helpers_are_names_and_no_paths(tmp_path: Path, helper: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": helper}))
    environment = {"DOCKER_CONFIG": str(tmp_path)}
    if not helper:
        assert find("registry.example", "app", environment) is None
        return
    with pytest.raises(InputError, match="no name of a credential helper"):
        find("registry.example", "app", environment)


_JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON, _JSON)
def test_any_document_is_read_without_a_fault(auths: Json, entry: Json) -> None:
    document = bounded.load_object(json.dumps({"auths": auths or {"registry.example": entry}}))
    credentials._in_document(document, "registry.example", "app")
