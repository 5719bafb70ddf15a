"""Tiles over HTTP and in a folder; how large each may be is known, and more is not read."""

from __future__ import annotations

import zlib
from pathlib import Path

from assay.adapters.registry.transport import Policy, Transport
from assay.errors import ExternalError, InputError, LimitExceeded
from assay.formats import tlog_note, tlog_tile

MAX_BUNDLE = tlog_tile.WIDTH * (2 + tlog_tile.MAX_ENTRY)
_MAX_TILE = tlog_tile.WIDTH * 32


def limit(path: str) -> int:
    """How large what is at a path may be."""
    return MAX_BUNDLE if path.startswith("tile/entries/") else _MAX_TILE


class HttpTiles:
    """A log below an address, or below ``/api/v2`` of it, as Rekor v2 has it."""

    def __init__(self, url: str, transport: Transport | None = None) -> None:
        self.name = url.rstrip("/")
        self._transport = transport or Transport(Policy(timeout=20, attempts=3, patience=20))
        self._transport.require(url)
        self._prefix: str | None = None

    def checkpoint(self) -> bytes:
        """``GET /checkpoint``."""
        for prefix in ("", "/api/v2") if self._prefix is None else (self._prefix,):
            found = self._get(f"{prefix}/checkpoint", tlog_note.MAX_BYTES)
            if found is not None:
                self._prefix = prefix
                return found
        raise InputError(f"{self.name} has no checkpoint: there is no tiled log", "check the address, or --api v1")

    def tile(self, path: str) -> bytes | None:
        """``GET /tile/…``."""
        if self._prefix is None:
            self.checkpoint()
        return self._get(f"{self._prefix}/{path}", limit(path))

    def _get(self, path: str, most: int) -> bytes | None:
        answer = self._transport.request("GET", f"{self.name}{path}", {"Accept-Encoding": "gzip, identity"})
        try:
            data = answer.read(most)
        finally:
            answer.close()
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            raise ExternalError(f"{self.name} answered {answer.status} for {path}", "try again later")
        if answer.headers.get("content-encoding", "") == "gzip":
            return _unpacked(data, most, f"{self.name}{path}")
        return data


def _unpacked(data: bytes, most: int, name: str) -> bytes:
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        found = reader.decompress(data, most + 1)
    except zlib.error as error:
        raise ExternalError(f"{name} is no gzip: {error}", "look at the server") from error
    if len(found) > most:
        raise LimitExceeded(f"{name} has more than {most} bytes")
    if not reader.eof:
        raise ExternalError(f"{name} was cut off", "try again")
    return found


class FolderTiles:
    """A log in a folder: a mirror, or what a server serves statically. Bundles may be compressed (``.gz``)."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, str(folder)

    def checkpoint(self) -> bytes:
        """The file ``checkpoint``."""
        found = self._read(self.folder / "checkpoint", tlog_note.MAX_BYTES)
        if found is None:
            raise InputError(f"{self.name} has no file `checkpoint`", "name the folder of a log's mirror")
        return found

    def tile(self, path: str) -> bytes | None:
        """The file of a tile."""
        found = self._read(self.folder / path, limit(path))
        if found is not None or not path.startswith("tile/entries/"):
            return found
        packed = self._read(self.folder / f"{path}.gz", limit(path))
        return None if packed is None else _unpacked(packed, limit(path), f"{self.name}/{path}.gz")

    def _read(self, path: Path, most: int) -> bytes | None:
        try:
            with path.open("rb") as file:
                data = file.read(most + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}", "check its permissions") from error
        if len(data) > most:
            raise LimitExceeded(f"{path} has more than {most} bytes")
        return data
