"""YAML (`assay.formats.yaml`): bounded, and nothing but JSON values comes out."""

from __future__ import annotations

import json

from assay.errors import AssayError
from assay.formats import yaml

SEEDS: list[bytes] = [
    b"lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {integrity: sha512-AA==}\n",
    b"a: &x [1, 2.50, true, null, 2026-01-01]\nb: *x\nc: !!binary AAAA\n? [k]\n: v\n",
    b"a: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
    b"- |\n  text\n- >-\n  folded\n- 'it''s'\n- \"\\u00e9\"\n--- 2\n",
]


def run(data: bytes) -> None:
    try:
        value = yaml.load(data)
    except AssayError:
        return
    json.dumps(value)
