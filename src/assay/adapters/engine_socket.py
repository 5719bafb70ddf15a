"""Container engines on this machine, by the Docker Engine API over their sockets (Podman speaks it too).

``GET /images/NAME/json`` says whether an image is there, ``GET /images/NAME/get`` streams it as a docker archive.
``DOCKER_HOST`` names the socket of Docker (``unix:///PATH``, or ``tcp://`` on loopback), ``CONTAINER_HOST`` that of
Podman; else the usual places are looked at.
"""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from assay.adapters import spool
from assay.adapters.registry.transport import is_loopback, reason
from assay.adapters.spool import OpenFile
from assay.errors import ExternalError, InputError, UsageError

DOCKER, PODMAN = "docker", "podman"
_SHORT, _LONG = 2.0, 60.0
"""Seconds to wait: for whether an image is there, and for each piece of one."""


@dataclass(frozen=True, slots=True)
class Socket:
    """Where an engine listens: the path of a unix socket, or ``HOST:PORT`` on loopback."""

    engine: str
    path: str = ""
    address: str = ""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def sockets(engine: str, environment: Mapping[str, str]) -> Iterator[Socket]:
    """The sockets of an engine that are there; a place that the environment names is the only one."""
    named = environment.get("DOCKER_HOST" if engine == DOCKER else "CONTAINER_HOST", "")
    if named:
        yield _named(engine, named)
        return
    for path in _places(engine, environment):
        if Path(path).is_socket():
            yield Socket(engine, path)


def _places(engine: str, environment: Mapping[str, str]) -> list[str]:
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    own = f"{runtime}/{engine}.sock" if engine == DOCKER else f"{runtime}/podman/podman.sock"
    shared = "/var/run/docker.sock" if engine == DOCKER else "/run/podman/podman.sock"
    return [own, shared] if runtime else [shared]


def _named(engine: str, text: str) -> Socket:
    parts = urlsplit(text)
    if parts.scheme == "unix":
        return Socket(engine, parts.path)
    if parts.scheme in ("tcp", "http") and is_loopback(parts.hostname or ""):
        return Socket(engine, address=parts.netloc)
    remedy = "name a unix socket, or an address of this machine"
    raise UsageError(f"the engine at {parts.scheme}://{parts.hostname or ''} is not spoken to", remedy)


def holding(reference: str) -> str:
    """The engine that has the image, empty where none has; asks nobody where there is no socket."""
    for engine in (DOCKER, PODMAN):
        try:
            for place in sockets(engine, os.environ):
                if _status(place, f"/images/{_quoted(reference)}/json") == 200:
                    return engine
        except (OSError, http.client.HTTPException, UsageError):
            continue
    return ""


def _quoted(reference: str) -> str:
    return quote(reference, safe="/:@")


def _connection(place: Socket, timeout: float) -> http.client.HTTPConnection:
    if place.path:
        return _UnixConnection(place.path, timeout)
    return http.client.HTTPConnection(place.address, timeout=timeout)


def _status(place: Socket, path: str) -> int:
    connection = _connection(place, _SHORT)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def saved(engine: str, reference: str) -> OpenFile:
    """The image as a docker archive in an unlinked temporary file.

    Raises `InputError` where the engine does not have it, `ExternalError` where no engine answers.
    """
    missing = None
    for place in sockets(engine, os.environ):
        try:
            return _fetch(place, reference)
        except InputError as error:
            missing = error
        except (OSError, http.client.HTTPException) as error:
            what = f"{engine} at {place.path or place.address} does not answer: {reason(error)}"
            raise ExternalError(what, f"start {engine}, or use registry:{reference}") from error
    if missing is not None:
        raise missing
    variable = "DOCKER_HOST" if engine == DOCKER else "CONTAINER_HOST"
    raise ExternalError(f"there is no socket of {engine} here", f"start it, or name its socket with {variable}")


def _fetch(place: Socket, reference: str) -> OpenFile:
    connection = _connection(place, _LONG)
    try:
        connection.request("GET", f"/images/{_quoted(reference)}/get")
        response = connection.getresponse()
        if response.status == 404:
            raise InputError(f"{place.engine} has no image {reference}", f"pull it, or use registry:{reference}")
        if response.status != 200:
            raise ExternalError(f"{place.engine} answered {response.status} for {reference}", "look into its log")
        return spool.spooled(iter(lambda: response.read(spool.PIECE), b""), reference)
    finally:
        connection.close()
