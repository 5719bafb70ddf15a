"""Recorded admissions in a folder: gzip files of JSON lines, the oldest removed where they grow too many.

Each batch is a gzip member of its own, so that a file whose last batch broke off is read up to there. ``zcat`` shows
them.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from assay.errors import AssayError, ExternalError
from assay.formats import recorded_admission
from assay.formats.recorded_admission import RecordedAdmission

FOLDER = "requests"
MAX_FILE = 8 << 20
MAX_BYTES = 256 << 20
_ENDING = ".jsonl.gz"


class RecordedAdmissions:
    """Writes; used by one thread."""

    def __init__(self, folder: Path, most: int = MAX_BYTES, largest: int = MAX_FILE) -> None:
        """All files together are kept below about `most` bytes; none is made before there is something to write."""
        self._folder, self._most, self._largest = folder, most, largest
        self._current: Path | None = None

    def write(self, lines: Sequence[bytes]) -> None:
        """Append a batch; raises `ExternalError` where the disk does not take it."""
        if not lines:
            return
        data = gzip.compress(b"".join(lines), 5)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._file().open("ab") as file:
                file.write(data)
        except OSError as error:
            self._current = None
            what = f"admissions cannot be recorded in {self._folder}: {error.strerror}"
            raise ExternalError(what, "check the folder's permissions and space") from error

    def _file(self) -> Path:
        """The file to append to: a new one where the last is full, so that the oldest can go."""
        if self._current is None or not self._current.exists() or self._current.stat().st_size >= self._largest:
            self._shrink()
            self._current = self._folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}{_ENDING}"
            self._current.touch(mode=0o600)
        return self._current

    def _shrink(self) -> None:
        left = self._most - self._largest
        for path in sorted(self._folder.glob(f"*{_ENDING}"), reverse=True):
            left -= path.stat().st_size
            if left < 0:
                path.unlink(missing_ok=True)


def read(folder: Path, damaged: Callable[[str], object]) -> Iterator[RecordedAdmission]:
    """Everything recorded, oldest first, one line at a time; `damaged` is told what cannot be read."""
    for path in sorted(folder.glob(f"*{_ENDING}")):
        try:
            with gzip.open(path) as file:
                while line := file.readline(recorded_admission.MAX_LINE + 2):
                    try:
                        yield recorded_admission.read(line)
                    except AssayError as error:
                        damaged(f"{path.name}: {error.what}")
        except (OSError, EOFError, zlib.error) as error:
            damaged(f"{path.name}: {error}; the rest of it is lost")
