"""A folder beside the source: what is in it can be read, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assay.adapters import folder_library
from assay.errors import InputError, LimitExceeded, Malformed


def test_files_are_read_and_what_is_missing_is_none(tmp_path: Path) -> None:
    (tmp_path / "g/a/1").mkdir(parents=True)
    (tmp_path / "g/a/1/a-1.pom").write_bytes(b"<project/>")
    read = folder_library.consult(tmp_path, "")
    assert read("g/a/1/a-1.pom") == b"<project/>"
    assert read("g/a/2/a-2.pom") is None
    assert read("g/a/1/a-1.pom/more") is None


def test_a_missing_folder_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder") as caught:
        folder_library.consult(tmp_path / "none", "name one")
    assert caught.value.remedy == "name one"


@pytest.mark.parametrize("path", ["../secret", "a/../../secret", "/etc/passwd", "a//b", "", ".", "a/./b", "a\0b"])
def test_paths_that_lead_elsewhere_are_none(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "in" / "a").mkdir(parents=True)
    with pytest.raises(Malformed):
        folder_library.consult(tmp_path / "in", "")(path)


def test_links_count_where_they_stay_inside(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    inside = tmp_path / "in"
    (inside / "real").mkdir(parents=True)
    (inside / "real" / "a.pom").write_bytes(b"a")
    (inside / "there").symlink_to("real")
    (inside / "out.pom").symlink_to("../secret")
    (inside / "far").symlink_to(tmp_path)
    read = folder_library.consult(inside, "")
    assert read("there/a.pom") == b"a"
    for path in ("out.pom", "far/secret"):
        with pytest.raises(InputError, match="leads out"):
            read(path)


def test_special_files_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="no regular file"):
        folder_library.consult(tmp_path, "")("pipe")


def test_what_is_read_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_library, "MAX_FILE", 10)
    monkeypatch.setattr(folder_library, "MAX_TOTAL", 15)
    for name, size in (("large", 11), ("one", 9), ("two", 9)):
        (tmp_path / name).write_bytes(bytes(size))
    read = folder_library.consult(tmp_path, "")
    with pytest.raises(LimitExceeded):
        read("large")
    assert read("one") == bytes(9)
    with pytest.raises(LimitExceeded):
        read("two")
