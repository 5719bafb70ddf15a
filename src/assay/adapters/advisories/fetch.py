"""Downloads: conditional, resumable, bounded; ``https://``, ``http://`` where it is allowed, ``file://`` and paths.

What comes is streamed to ``NAME.part`` in the cache, beside it ``NAME.json`` with the validators of the answer; a
broken download goes on from there with ``Range`` and ``If-Range`` (RFC 9110, 13.1.5 and 14.2), also in the next run.
A whole file is ``NAME.body``, and stays until the shard that is made of it is live. Two runs at once share nothing:
who does not get the lock of the ``.part`` writes to a file of its own.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import unquote, urlsplit

from assay.adapters.advisories.budget import Budget
from assay.adapters.registry.transport import Dropped, Response, Transport, host_of
from assay.errors import ExternalError, LimitExceeded
from assay.ports import Progress

MAX_FILE = 4 << 30
MAX_RESUMED = 5
_PIECE = 256 << 10
_AGAIN = "try again later"


class Validators(NamedTuple):
    """What a server calls a version of a file (RFC 9110, 8.8): `etag`, `modified`; of a local file its own state."""

    etag: str = ""
    modified: str = ""


class Fetched(NamedTuple):
    """A file as it is now."""

    path: Path
    validators: Validators
    local: bool = False


class NotThere(ExternalError):
    """The server has no such file (404 or 410)."""


class Fetcher:
    """Fetches for one update; `environment` may hold ``NVD_API_KEY`` and ``GITHUB_TOKEN``."""

    def __init__(
        self, transport: Transport, cache: Path, budget: Budget, environment: Mapping[str, str] | None = None
    ) -> None:
        self._transport = transport
        self._cache = cache
        self._environment = environment or {}
        self.budget = budget
        self.progress: Progress | None = None

    def file(self, url: str, known: Validators = Validators(), limit: int = MAX_FILE) -> Fetched | None:  # noqa: B008
        """The file behind `url`; None when it is what `known` says.

        Raises `ExternalError` where it cannot be had (`NotThere`, `Spent`), `LimitExceeded` beyond `limit` bytes.
        """
        place = local(url)
        if place is not None:
            return _local(place, known)
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            with self._part(url) as part:
                return self._download(url, known, limit, part)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                self.forget(url)
            raise ExternalError(
                f"{self._cache} cannot be written: {error.strerror}", "free some space, or name another --cache-dir"
            ) from error

    def bytes(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> bytes:
        """A small document."""
        place = local(url)
        if place is not None:
            try:
                data = place.read_bytes()
            except OSError as error:
                raise NotThere(f"{place} cannot be read: {error.strerror}", "check the path") from error
            if len(data) > limit:
                raise LimitExceeded(f"{place} has more than {limit} bytes")
            return data
        with self.open(url, headers or {}) as response:
            buffer, found = memoryview(bytearray(_PIECE)), bytearray()
            while count := response.readinto(buffer):
                found += buffer[:count]
                self.came(count)
                if len(found) > limit:
                    raise LimitExceeded(f"{host_of(url)} sent more than {limit} bytes")
            return bytes(found)

    @contextmanager
    def open(self, url: str, headers: Mapping[str, str]) -> Iterator[Response]:
        """A good answer (2xx, or 304 where a condition was set), closed at the end."""
        self.budget.check()
        self._transport.require(url)
        response = self._transport.request("GET", url, {**self._secrets(url), **headers})
        try:
            if response.status not in (200, 206, 304, 416):
                raise _refused(response, url)
            yield response
        finally:
            response.close()

    def kept(self, url: str, since: datetime) -> Path | None:
        """What the cache holds of a file, if it came after that time."""
        body = self._cache / f"{_name(url)}.body"
        try:
            return body if body.stat().st_mtime >= since.timestamp() else None
        except OSError:
            return None

    def discard(self, fetched: Fetched) -> None:
        """The file is not needed any more."""
        if not fetched.local:
            fetched.path.unlink(missing_ok=True)

    def forget(self, url: str) -> None:
        """Drop what the cache holds of a file."""
        for suffix in (".part", ".json", ".body"):
            self._cache.joinpath(_name(url) + suffix).unlink(missing_ok=True)

    def _secrets(self, url: str) -> dict[str, str]:
        host = urlsplit(url).hostname or ""
        key, token = self._environment.get("NVD_API_KEY", ""), self._environment.get("GITHUB_TOKEN", "")
        if key and host == "services.nvd.nist.gov" and url.startswith("https:"):
            return {"apiKey": key}
        github = host in ("api.github.com", "github.com", "codeload.github.com", "raw.githubusercontent.com")
        if token and github and url.startswith("https:"):
            return {"Authorization": f"Bearer {token}"}
        return {}

    @contextmanager
    def _part(self, url: str) -> Iterator[_Part]:
        base = self._cache / _name(url)
        part = _Part(base)
        try:
            yield part
        finally:
            part.close()

    def _download(self, url: str, known: Validators, limit: int, part: _Part) -> Fetched | None:
        for attempt in range(MAX_RESUMED + 1):
            try:
                with self.open(url, part.headers(known)) as response:
                    if response.status == 304:
                        part.drop()
                        return None
                    if response.status == 416:
                        part.drop()
                        continue
                    part.begin(response)
                    self._receive(response, part, limit)
                    return Fetched(part.finish(), part.validators)
            except Dropped as error:
                if error.stalled or attempt == MAX_RESUMED:
                    raise
        raise ExternalError(f"{host_of(url)} gives no part of {urlsplit(url).path}", _AGAIN)

    def _receive(self, response: Response, part: _Part, limit: int) -> None:
        buffer = memoryview(bytearray(_PIECE))
        while count := response.readinto(buffer):
            part.write(buffer[:count])
            self.came(count)
            if part.size > limit:
                part.drop()
                raise LimitExceeded(f"{host_of(response.url)} sent more than {limit} bytes")

    def came(self, count: int) -> None:
        """So many bytes came: to be shown, and to be counted."""
        if self.progress is not None:
            self.progress.advance(count)
        self.budget.take(count)


class _Part:
    """A download under way: the file, and what the server called its version."""

    def __init__(self, base: Path) -> None:
        self._told = base.with_suffix(".json")
        self._base = base
        self._file: IO[bytes] = base.with_suffix(".part").open("ab")
        if not self._is_ours():
            self._file.close()
            self._base = base.with_name(f"{base.name}-{os.getpid()}")
            self._told = self._base.with_suffix(".json")
            self._file = self._base.with_suffix(".part").open("ab")
        self.size = self._file.seek(0, os.SEEK_END)
        self.validators = self._load()

    def _is_ours(self) -> bool:
        """Whether nobody else writes to the file, nor has just finished it and given it another name."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return os.path.samestat(os.fstat(self._file.fileno()), self._base.with_suffix(".part").stat())
        except (BlockingIOError, FileNotFoundError):
            return False

    def _load(self) -> Validators:
        try:
            value = json.loads(self._told.read_bytes())
            return Validators(str(value["etag"]), str(value["modified"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Validators()

    def headers(self, known: Validators) -> dict[str, str]:
        """The conditions of the next request."""
        result = {}
        if known.etag:
            result["If-None-Match"] = known.etag
        elif known.modified:
            result["If-Modified-Since"] = known.modified
        mark = self.validators.etag if _is_strong(self.validators.etag) else self.validators.modified
        if self.size and mark:
            result |= {"Range": f"bytes={self.size}-", "If-Range": mark}
        return result

    def begin(self, response: Response) -> None:
        """Go on where the server does, else from the start."""
        if response.status != 206 or not self._continues(response):
            if response.status == 206:
                self.drop()
                raise Dropped(f"{host_of(response.url)} sent another part than the one asked for")
            self._file.truncate(0)
            self.size = 0
        self.validators = Validators(response.headers.get("etag", ""), response.headers.get("last-modified", ""))
        self._told.write_text(json.dumps(self.validators._asdict()))

    def _continues(self, response: Response) -> bool:
        etag = response.headers.get("etag", "")
        same = not etag or etag == self.validators.etag
        return same and response.headers.get("content-range", "").startswith(f"bytes {self.size}-")

    def write(self, data: memoryview) -> None:
        """More of it."""
        self._file.write(data)
        self.size += len(data)

    def drop(self) -> None:
        """Begin anew."""
        self._file.truncate(0)
        self.size = 0
        self.validators = Validators()

    def finish(self) -> Path:
        """The file is whole."""
        self._file.flush()
        body = self._base.with_suffix(".body")
        self._base.with_suffix(".part").replace(body)
        self._told.unlink(missing_ok=True)
        return body

    def close(self) -> None:
        """Let the file go; an empty one is not kept."""
        self._file.close()
        if not self.size:
            self._base.with_suffix(".part").unlink(missing_ok=True)
            self._told.unlink(missing_ok=True)


def local(url: str) -> Path | None:
    """The path that a ``file://`` address or a plain path names; None for the network."""
    if url.startswith("file://"):
        return Path(unquote(urlsplit(url).path))
    return None if "://" in url else Path(url).expanduser()


def _local(place: Path, known: Validators) -> Fetched | None:
    try:
        status = place.stat()
    except OSError as error:
        raise NotThere(f"{place} cannot be read: {error.strerror}", "check the path") from error
    found = Validators(f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}")
    return None if found == known and place.is_file() else Fetched(place, found, local=True)


def _refused(response: Response, url: str) -> ExternalError:
    where = f"{host_of(url)}{urlsplit(url).path}"
    if response.status in (404, 410):
        return NotThere(f"{where} is not there any more ({response.status})", "update assay, or check the address")
    if response.status in (401, 403, 429):
        limited = response.headers.get("x-ratelimit-remaining") == "0" or response.status == 429
        remedy = "wait, or set GITHUB_TOKEN or NVD_API_KEY" if limited else "check the access to this source"
        return ExternalError(f"{where} refuses access ({response.status})", remedy)
    return ExternalError(f"{where} answered {response.status}", _AGAIN)


def _is_strong(etag: str) -> bool:
    return bool(etag) and not etag.startswith("W/")


def _name(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:40]
