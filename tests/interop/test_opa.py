"""The real OPA: as the engine behind the adapter, and as the judge of what Rego means.

Built once from its Go module.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.test_opa import check
from engines.policy.test_rego import GIVEN, SHARED, ask

pytestmark = pytest.mark.interop
BIN = Path(__file__).parents[2] / "bench/.build/bin"
OPA = "github.com/open-policy-agent/opa@v1.17.1"
BODIES = [
    'not f("RunAsAny", 3, p.ranges)',
    "not p.ranges == 3",
    "not p[p.nope]",
    'not f("x", 1, q)',
    'not f("x", 1, r)',
    "not g(p)",
    "not count(p.nope) == 0",
    "not [1, p.nope] == [1, 2]",
    "not count([y | y := p.nope[_]]) > 0",
    "not p.nope > 5",
    'not f("x", 1, object.get(p, "nope", 1))',
    'x := p.list[_]; not f("x", x, p.key)',
    "not p.list[0] > 5",
    'not startswith(p.key, "k")',
]


@pytest.fixture(scope="module")
def opa() -> str:
    program = BIN / "opa"
    if not program.exists():
        go = shutil.which("go") or pytest.skip("there is no go")
        subprocess.run([go, "install", OPA], check=True, env={**os.environ, "GOBIN": str(BIN), "GOTOOLCHAIN": "auto"})
    return str(program)


@contextmanager
def serving(opa: str) -> Iterator[str]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    process = subprocess.Popen(
        [opa, "run", "--server", "--v0-compatible", "--addr", f"127.0.0.1:{port}", "--log-level", "error"]
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_the_real_opa_answers_for_regorus(opa: str) -> None:
    with serving(opa) as url:
        check(url)


@pytest.mark.parametrize("body", BODIES)
def test_rego_means_what_it_means_to_opa(opa: str, body: str, tmp_path: Path) -> None:
    text = f"{SHARED}\nanswer {{ {body} }}"
    (tmp_path / "t.rego").write_text(text)
    (tmp_path / "input.json").write_text(json.dumps(GIVEN))
    command = [opa, "eval", "--v0-compatible", "-d", "t.rego", "-i", "input.json", "data.t.answer"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    results: Any = json.loads(done.stdout).get("result")
    expected = results[0]["expressions"][0]["value"] if results else None
    assert ask(text, "answer", GIVEN) == expected
