"""Admissions of the past, one at a time: AdmissionReviews, the API server's audit log, what the controller recorded.

Files are JSON lines (``.jsonl``, ``.ndjson``, ``.log``, each also with ``.gz``) or manifests; folders are searched for
both. What is no admission is told and left out, so that one broken line does not spoil a million.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from assay.errors import AssayError, InputError, Malformed
from assay.formats import admission_review, audit_event, json, manifest, recorded_admission
from assay.formats.json import as_object, as_text
from assay.formats.recorded_admission import RecordedAdmission
from assay.model.policy import Object

LINES = (".jsonl", ".ndjson", ".log")
MANIFESTS = (".json", ".yaml", ".yml")
MAX_LINE = 16 << 20
MAX_MANIFEST = 64 << 20
Told = Callable[[str], object]
Item = TypeVar("Item")


def reviews(paths: Sequence[Path], told: Told) -> Iterator[RecordedAdmission]:
    """The AdmissionReviews (or their requests, or recorded admissions) in files and folders."""
    for path in _files(paths):
        if _ending(path) in MANIFESTS:
            yield from _guarded(_objects(path, told), review, told)
        else:
            yield from _guarded(_lines(path, told), lambda line: review(json.load_object(line)), told)


def audited(paths: Sequence[Path], told: Told) -> Iterator[RecordedAdmission]:
    """The admissions that an audit log tells of."""
    for path in _files(paths):
        yield from _guarded(_lines(path, told), audit_event.read, told)


def review(item: Object) -> RecordedAdmission:
    """One of the forms that `reviews` takes; raises `Malformed`."""
    if "version" in item and "verdict" in item:
        return recorded_admission.read(json_line(item))
    request = admission_review.request(item)
    if request.object is None and request.old_object is None:
        if "request" not in item and not request.kind.kind:
            raise Malformed("it is no AdmissionReview")
        return RecordedAdmission("", "", "", (), request, cut=True)
    response = as_object(item.get("response"))
    action = "" if "allowed" not in response else "allow" if response["allowed"] is True else "deny"
    return RecordedAdmission(as_text(item.get("time")), action, "", (), request)


def json_line(item: Object) -> bytes:
    """An object as a line."""
    from assay.formats import json_bytes

    return json_bytes.encode(item)


def _guarded(
    items: Iterator[tuple[str, Item]],
    read: Callable[[Item], RecordedAdmission | None],
    told: Told,
) -> Iterator[RecordedAdmission]:
    for place, item in items:
        try:
            found = read(item)
        except AssayError as error:
            told(f"{place}: {error.what}")
            continue
        if found is not None:
            yield found


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files themselves, and in folders those with a known ending; raises `InputError` for what is not there."""
    for path in paths:
        if path.is_dir():
            found = sorted(one for one in path.rglob("*") if one.is_file() and _ending(one) in (*LINES, *MANIFESTS))
            if not found:
                raise InputError(f"{path}: there are no recorded admissions", "name a folder of .jsonl or .json files")
            yield from found
        elif path.is_file():
            yield path
        else:
            raise InputError(f"there is no file {path}", "check the path")


def _ending(path: Path) -> str:
    return Path(path.stem).suffix if path.suffix == ".gz" else path.suffix


def _lines(path: Path, told: Told) -> Iterator[tuple[str, bytes]]:
    """Each line that is not empty, and where it stands; one that is too long is told and passed over."""
    try:
        with _opened(path) as file:
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    told(f"{path}:{number}: a line of more than {MAX_LINE} bytes")
                    while not line.endswith(b"\n") and line:
                        line = file.readline(MAX_LINE)
                elif line.strip():
                    yield f"{path}:{number}", line
    except (OSError, EOFError, zlib.error) as error:
        told(f"{path}: {error}; the rest of it is not read")


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _objects(path: Path, told: Told) -> Iterator[tuple[str, Object]]:
    try:
        with _opened(path) as file:
            data = file.read(MAX_MANIFEST + 1)
        if len(data) > MAX_MANIFEST:
            raise Malformed(f"more than {MAX_MANIFEST} bytes")
        found = manifest.read(data, str(path))
    except (OSError, EOFError, zlib.error) as error:
        told(f"{path}: {error}")
    except AssayError as error:
        told(error.what if str(path) in error.what else f"{path}: {error.what}")
    else:
        yield from ((item.place, item.object) for item in found)
