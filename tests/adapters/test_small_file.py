"""Files that are read whole: up to a bound, and with a refusal for what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.adapters import small_file
from assay.errors import InputError


def test_a_file_is_read_up_to_the_bound(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"12345")
    assert small_file.read(path, 5) == b"12345"
    with pytest.raises(InputError, match="more than 4 bytes") as refused:
        small_file.read(path, 4, "split it")
    assert refused.value.remedy == "split it"


@pytest.mark.parametrize("name", ["", "absent", "absent/below", "n\0ul", "n" * 300])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        small_file.read(tmp_path / name, 10)
