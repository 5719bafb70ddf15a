"""The conformance cases of the CycloneDX specification: each document is valid or invalid, and so we say.

Run alone: ``python -m pytest tests/conformance/test_cyclonedx.py -s -q``. The suite gives the documents and what is
expected of them; the schemas are the product's own.
"""

from __future__ import annotations

from assay.engines.validate.cyclonedx import json_problems, xml_problems
from conformance import suite


def test_cyclonedx() -> None:
    folder = suite.folder("cyclonedx")
    tally = suite.Tally("cyclonedx")
    for case in suite.lines(folder / "index.jsonl"):
        check = json_problems if case["format"] == "json" else xml_problems
        problems = check((folder / case["file"]).read_bytes(), case["spec_version"])
        tally.add(case["name"], case["expected"], "invalid" if problems else "valid")
    tally.close(least=1.0)
