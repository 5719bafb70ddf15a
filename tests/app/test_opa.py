"""An OPA server as the other engine, on loopback; `tests/interop/test_opa.py` has the real one."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from assay.adapters.opa_server import OpaServer
from assay.app.opa import OpaCompiler
from assay.engines.policy.gatekeeper import loading
from assay.engines.policy.rego.faults import NoRego, RegoError
from assay.engines.policy.rego.source import Module, Source
from assay.errors import ExternalError, InputError
from assay.formats import manifest
from simulators import opa_server

TOKEN = "of-the-test"


class Calls:
    """A server asks nothing of us."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def http_send(self, request: Mapping[str, Any]) -> Any:
        raise AssertionError

    def external_data(self, request: Mapping[str, Any]) -> Any:
        raise AssertionError


def source(text: str, *libraries: str, data: tuple[str, ...] = ()) -> Source:
    modules = [Module("t.rego", text), *(Module(f"lib {text[:20]}", text) for text in libraries)]
    return Source(tuple(modules), "violation", "v0", frozenset(data))


def check(url: str) -> None:
    """Policies, libraries, data and faults, by the server at `url`."""
    compiler = OpaCompiler(OpaServer(url, token=TOKEN))
    text = "package my.rules\nimport data.lib.names\nviolation[x] { x := input.n; names.fine(x) }"
    library = "package lib.names\nfine(x) { x > %d }"
    low, high = compiler(source(text, library % 1)), compiler(source(text, library % 10))
    assert low.evaluate({"n": 5}, Calls()) == [5]
    assert high.evaluate({"n": 5}, Calls()) == []
    reading = compiler(source("package t\nviolation[x] { x := data.inventory.a[_] }", data=("inventory",)))
    assert reading.evaluate({}, Calls(), {"inventory": {"a": [1]}}) == [1]
    assert reading.evaluate({}, Calls(), {"inventory": {"a": [2]}}) == [2]
    with pytest.raises(NoRego, match=r"t\.rego: "):
        compiler(source("package t\nviolation[x] { x := "))
    with pytest.raises(RegoError):
        compiler(source("package t\na = 1 { true }\na = 2 { true }\nviolation[a] { true }")).evaluate({}, Calls())


def test_a_server_on_loopback_answers_for_regorus() -> None:
    with opa_server.serving() as (url, state):
        check(url)
        assert set(state.tokens) == {f"Bearer {TOKEN}"}


def test_a_template_is_judged_by_the_server() -> None:
    text = """apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8sdenied}
spec:
  crd: {spec: {names: {kind: K8sDenied}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package k8sdenied
      violation[{"msg": "no"}] { input.review }
"""
    with opa_server.serving() as (url, state):
        loaded = loading.read(manifest.read(text, "t.yaml"), OpaCompiler(OpaServer(url)))
        assert not loaded.problems
        assert len(state.policies) == 1


def test_a_server_that_is_away_is_told() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        compiler = OpaCompiler(OpaServer(f"http://127.0.0.1:{held.getsockname()[1]}", timeout=0.5))
        with pytest.raises(ExternalError):
            compiler(source("package t\nviolation[1] { true }"))
    with pytest.raises(InputError, match="not fetched without TLS"):
        OpaServer("http://opa.example")
