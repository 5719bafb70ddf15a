"""The three written forms of SPDX 2: bytes to the JSON tree and back.

JSON: ``{"spdxVersion": "SPDX-2.3", ...}``. YAML: the same tree. Tag-value: see `assay.formats.spdx.tag_value`.
"""

from __future__ import annotations

import json

from assay.errors import Malformed
from assay.formats import json as bounded_json
from assay.formats.json import Object
from assay.model.sbom import Skipped

FORMS = ("json", "yaml", "tag-value")


def form_of(data: bytes) -> str:
    """Which of the three forms `data` is in; raises `Malformed` for none of them."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        return "json"
    if b"SPDXVersion:" in data[:65536]:
        return "tag-value"
    if b"spdxVersion" in data or b"SPDXID" in data[:65536]:
        return "yaml"
    raise Malformed("neither JSON, YAML nor tag-value of SPDX 2")


def load(data: bytes, form: str = "") -> tuple[Object, tuple[Skipped, ...]]:
    """The JSON tree of a document, and what in it could not be understood; `form` is guessed where it is empty."""
    form = form or form_of(data)
    if form == "tag-value":
        from assay.formats.spdx import tag_value

        return tag_value.load(data)
    if form == "json":
        return bounded_json.load_object(data), ()
    from assay.formats import yaml

    return yaml.load_object(data), ()


def dump(document: Object, form: str) -> bytes:
    """The document in one of `FORMS`, as UTF-8; lone surrogates of hostile names become U+FFFD."""
    data = encode(document)
    if form == "json":
        return data
    tree = bounded_json.load_object(data)
    if form == "yaml":
        from assay.formats import yaml_text

        return yaml_text.dump(tree)
    from assay.formats.spdx import tag_value_text

    return tag_value_text.dump(tree).encode()


def encode(document: Object) -> bytes:
    """A tree as indented JSON; the quick encoder refuses lone surrogates, the standard library's does not."""
    import msgspec

    try:
        return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    except UnicodeEncodeError:
        return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")
