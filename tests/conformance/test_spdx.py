"""SPDX 2.3 documents of others are read, hold what the index says, and conform to the schema where it applies."""

from __future__ import annotations

from assay.errors import AssayError
from assay.formats.json import as_list, as_text
from assay.formats.spdx import check, documents, written
from conformance.suite import Tally, folder, lines

COUNTED = ("packages", "files", "relationships")


def observe(data: bytes, form: str) -> dict[str, object]:
    """What a document holds; ``problems`` counts what the schema forbids in the JSON and YAML ones."""
    try:
        tree, _ = written.load(data, form)
        documents.read(data, form)
    except AssayError as error:
        return {"error": error.what}
    found: dict[str, object] = {key: len(as_list(tree.get(key))) for key in COUNTED}
    found["document"] = as_text(tree.get("name"))
    if form != "tag-value":
        found["problems"] = len(check.shape_problems(tree))
    return found


def expect(case: dict[str, object]) -> dict[str, object]:
    expected: dict[str, object] = {key: case[key] for key in (*COUNTED, "document")}
    return expected if case["format"] == "tag-value" else expected | {"problems": 0}


def test_every_document_is_read_as_the_index_says() -> None:
    suite, tally = folder("spdx"), Tally("spdx")
    for case in lines(suite / "index.jsonl"):
        data = (suite / case["file"]).read_bytes()
        tally.add(case["name"], expect(case), observe(data, case["format"]))
    tally.close(1.0)
