"""What the guide says about verifying from Python is true."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from conformance.suite import folder

GUIDE = Path(__file__).parents[2] / "docs/guide/verify.md"


def example() -> str:
    found = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def run(text: str) -> None:
    exec(compile(text, str(GUIDE), "exec"), {})


def test_the_example_of_the_guide_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = folder("sigstore-bundles")
    shutil.copy(suite / "a.txt", tmp_path / "app.tar.gz")
    shutil.copy(suite / "conformance/happy-path-v0.3/bundle.sigstore.json", tmp_path / "app.tar.gz.sigstore.json")
    monkeypatch.chdir(tmp_path)
    text = example()
    run(text.replace("github.com/acme/**", "github.com/sigstore-conformance/**"))
    assert "certificate log" in capsys.readouterr().out
    from assay.engines.verify import NotVerified

    with pytest.raises(NotVerified) as refused:
        run(text)
    assert refused.value.step == "4 (identity)"
