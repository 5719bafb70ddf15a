"""SPDX: 2.2 and 2.3 as JSON, YAML and tag-value, and 3.0 as JSON-LD.

The three written forms of SPDX 2 share one tree, the JSON object of the specification (SPDX 2.3, annex on the JSON
form): `written` turns bytes into that tree and back, `read` and `write` turn the tree into an `assay.model.sbom.Sbom`
and back. SPDX 3 is another model altogether (a graph of elements) and has its own pair, `read3` and `write3`.

What the model knows and SPDX has no field for (presence, occurrences, layers, skipped entries ...) travels in
annotations whose comment starts with ``assay: `` and goes on as JSON; `annotations` says which.
"""
