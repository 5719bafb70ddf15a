"""Version comparisons of osv-scalibr: every line, both ways round.

Run alone: ``python -m pytest tests/conformance/test_versions.py -s -q``. Maven's own comparison has circles, which no
order can have: its lines are put to `assay.ecosystems.maven.comparable`, which says what Maven says.
"""

from __future__ import annotations

from collections.abc import Callable

from assay.ecosystems import order
from assay.ecosystems.maven.comparable import compare
from conformance import suite


def test_every_comparison() -> None:
    folder = suite.folder("versions")
    tally = suite.Tally("versions")
    for entry in suite.lines(folder / "index.jsonl"):
        judge = _judge(entry["osv_ecosystem"])
        for number, line in enumerate((folder / entry["file"]).read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("# "):
                continue
            one, wanted, other = line.split(" ")
            there, back = judge(one, other), judge(other, one)
            observed = there if back == _MIRROR[there] else f"{there} and {back}"
            tally.add(f"{entry['file']}:{number}", wanted, observed)
    tally.close(least=1.0)


_MIRROR = {"<": ">", ">": "<", "=": "="}


def _judge(ecosystem: str) -> Callable[[str, str], str]:
    if ecosystem == "Maven":
        return lambda one, other: _sign(compare(one, other))
    key = order(ecosystem).key
    return lambda one, other: _sign((key(one) > key(other)) - (key(one) < key(other)))


def _sign(difference: int) -> str:
    return "<" if difference < 0 else ">" if difference > 0 else "="
