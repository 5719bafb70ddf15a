"""Files are written whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from assay.adapters.output import writing
from assay.errors import ExternalError


def test_a_new_file_has_the_mode_of_the_umask(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        with writing(tmp_path / "new") as file:
            file.write(b"1")
    finally:
        os.umask(mask)
    assert (tmp_path / "new").read_bytes() == b"1"
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"before")
    path.chmod(0o600)
    with writing(path) as file:
        file.write(b"after")
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"before")
    with pytest.raises(error), writing(path) as file:
        file.write(b"half")
        raise error
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    with writing(tmp_path / "link") as file:
        file.write(b"1")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"1"


def test_a_fifo_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(path.read_bytes()))
    reader.start()
    with writing(path) as file:
        file.write(b"told")
    reader.join(60)
    assert heard == [b"told"]
    assert path.is_fifo()


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_that_is_a_file_is_continued(tmp_path: Path, path: str) -> None:
    script = (
        "import sys, pathlib\nfrom assay.adapters.output import writing\nprint('before')\n"
        "with writing(pathlib.Path(sys.argv[1])) as file:\n    file.write(b'told\\n')\nprint('after')\n"
    )
    with (tmp_path / "all").open("wb") as file:
        subprocess.run([sys.executable, "-c", script, path], stdout=file, check=True, timeout=60)
    assert (tmp_path / "all").read_bytes() == b"before\ntold\nafter\n"


def test_a_descriptor_that_is_closed_is_said() -> None:
    with pytest.raises(ExternalError, match="cannot write"), writing(Path("/dev/fd/987654321")):
        pass


@pytest.mark.parametrize("name", ["absent/file", ".", "file/below", "x" * 300])
def test_what_cannot_be_written_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExternalError, match="cannot write"), writing(tmp_path / name) as file:
        file.write(b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
