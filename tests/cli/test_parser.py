"""Words of the command line before argparse sees them."""

from __future__ import annotations

from assay.cli._parser import joined


def test_values_that_begin_with_a_dash_belong_to_their_flag() -> None:
    assert joined(["x", "--ecosystem", "-npm", "--ecosystem", "+deb", "-q"]) == [
        "x",
        "--ecosystem=-npm",
        "--ecosystem",
        "+deb",
        "-q",
    ]
    assert joined(["--ecosystem", "--strict"]) == ["--ecosystem", "--strict"]
