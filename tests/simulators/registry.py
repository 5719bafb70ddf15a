"""A registry in this process, on loopback, which serves OCI layouts and misbehaves as it is told."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import ending_server

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass
class Faults:
    """What goes wrong; sizes are in bytes, counts are used up."""

    stall_blobs: float = 0
    stall_manifests: float = 0
    crawl: bool = False
    drop_after: int = 0
    drops: int = 0
    ranges: bool = True
    lie: bytes = b""
    lie_length: int = 0
    rate_limit: int = 0
    retry_after: str = "0"
    user: str = ""
    password: str = ""
    bearer: bool = False
    token_status: int = 200
    expire: int = 0
    redirect_blobs: str = ""
    redirect_forever: bool = False
    no_referrers_api: bool = False
    manifest_status: int = 200
    page: int = 0
    broken_uploads: int = 0


@dataclass
class Registry:
    """The content by path below /v2/, and what was asked of it."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    referrers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    requests: list[tuple[str, str]] = field(default_factory=list)
    seen: list[dict[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    uploads: dict[str, bytes] = field(default_factory=dict)
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def add(self, data: bytes, media_type: str, *names: str) -> str:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        for name in (digest, *names):
            self.manifests[name] = (media_type, data)
        return digest

    def add_layout(self, folder: Path, tag: str) -> str:
        """Serve an image layout; the digest of its (first) image."""
        blobs = {f"sha256:{path.name}": path.read_bytes() for path in (folder / "blobs" / "sha256").iterdir()}
        self.blobs.update(blobs)
        items = json.loads((folder / "index.json").read_bytes())["manifests"]
        for item in items:
            data = blobs[item["digest"]]
            self.manifests[item["digest"]] = (item["mediaType"], data)
            subject = json.loads(data).get("subject")
            if subject:
                self.referrers.setdefault(subject["digest"], []).append(item)
        first: str = items[0]["digest"]
        self.manifests[tag] = self.manifests[first]
        return first

    def count(self, part: str) -> int:
        return sum(part in path for _, path in self.requests)


@contextmanager
def serve(registry: Registry, context: ssl.SSLContext | None = None) -> Iterator[Registry]:
    """The registry on a free port of loopback."""
    handler = type("Handler", (_Handler,), {"registry": registry})
    with ending_server.serving(handler, context=context) as server:
        registry.port = server.server_address[1]
        yield registry


class _Handler(BaseHTTPRequestHandler):
    registry: Registry
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        pass

    def handle(self) -> None:
        try:
            if not isinstance(self.connection, ssl.SSLSocket) and self.connection.recv(1, socket.MSG_PEEK) == b"\x16":
                return  # somebody tries TLS
            super().handle()
        except OSError:
            pass

    def _answer(self, status: int, data: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        headers.setdefault("Content-Length", str(len(data)))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _refused(self) -> bool:
        """Rate limits and demands of credentials."""
        faults = self.registry.faults
        if faults.rate_limit:
            faults.rate_limit -= 1
            self._answer(429, b'{"errors": [{"code": "TOOMANYREQUESTS"}]}', Retry_After=faults.retry_after)
            return True
        given = self.headers.get("Authorization", "")
        if faults.bearer:
            if given.removeprefix("Bearer ") in self.registry.tokens:
                if faults.expire:
                    faults.expire -= 1
                    self.registry.tokens.clear()
                return False
            realm = f"http://{self.registry.host}/token"
            self._answer(401, WWW_Authenticate=f'Bearer realm="{realm}",service="sim",scope="repository:x:pull"')
            return True
        if faults.user and given != self._basic():
            self._answer(401, WWW_Authenticate='Basic realm="sim"')
            return True
        return False

    def _basic(self) -> str:
        faults = self.registry.faults
        return "Basic " + base64.b64encode(f"{faults.user}:{faults.password}".encode()).decode()

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        registry = self.registry
        registry.requests.append((self.command, self.path))
        registry.seen.append({key.lower(): value for key, value in self.headers.items()})
        path = urlsplit(self.path).path
        if path == "/token":
            self._token()
        elif path.startswith("/elsewhere/"):
            self._blob(path.removeprefix("/elsewhere/"))
        elif not self._refused():
            found = re.fullmatch(r"/v2/(.+?)/(manifests|blobs|referrers)/(.*)", path)
            if found is None:
                self._answer(404)
            else:
                getattr(self, f"_{self.command.lower()}_{found[2]}")(found[3])

    def _token(self) -> None:
        faults = self.registry.faults
        if faults.token_status != 200:
            self._answer(faults.token_status, b'{"details": "no"}')
            return
        if faults.user and self.command == "GET" and self.headers.get("Authorization", "") != self._basic():
            self._answer(401)
            return
        if self.command == "POST" and parse_qs(self._body().decode()).get("refresh_token") != ["identity"]:
            self._answer(401)
            return
        token = f"token-{len(self.registry.requests)}"
        self.registry.tokens.add(token)
        self._answer(200, json.dumps({"token": token}).encode())

    def _get_manifests(self, name: str) -> None:
        faults = self.registry.faults
        if faults.stall_manifests:
            time.sleep(faults.stall_manifests)
        if faults.manifest_status != 200:
            self._answer(faults.manifest_status, b'{"errors": [{"message": "a \\u001b[31mfault"}]}')
            return
        if name not in self.registry.manifests:
            self._answer(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}')
            return
        kind, data = self.registry.manifests[name]
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if faults.lie and faults.lie in data:
            data = data.replace(faults.lie, faults.lie.swapcase())
        self._answer(200, data, Content_Type=kind, Docker_Content_Digest=digest)

    _head_manifests = _get_manifests

    def _get_referrers(self, name: str) -> None:
        if self.registry.faults.no_referrers_api:
            self._answer(404)
            return
        listed, more = self.registry.referrers.get(name, []), {}
        if page := self.registry.faults.page:
            start = int(parse_qs(urlsplit(self.path).query).get("last", ["0"])[0])
            if start + page < len(listed):
                path = urlsplit(self.path).path
                more = {"Link": f'<{path}?last={start + page}>; rel="next"'}
            listed = listed[start : start + page]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed}
        self._answer(200, json.dumps(index).encode(), Content_Type=INDEX, **more)

    def _get_blobs(self, name: str) -> None:
        faults = self.registry.faults
        if faults.redirect_forever:
            self._answer(307, Location=self.path)
        elif faults.redirect_blobs:
            self._answer(307, Location=f"{faults.redirect_blobs}/elsewhere/{name}?secret=signature")
        else:
            self._blob(name)

    def _head_blobs(self, name: str) -> None:
        self._answer(200 if name in self.registry.blobs else 404)

    def _blob(self, name: str) -> None:
        faults = self.registry.faults
        if name not in self.registry.blobs:
            self._answer(404)
            return
        data = self.registry.blobs[name]
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and faults.ranges:
            start = int(asked[1])
        if faults.lie and data[:2] == b"\x1f\x8b":
            data = data[:-1] + bytes([data[-1] ^ 1])
        part = data[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(part) + faults.lie_length))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        self._send(part, data[:2] == b"\x1f\x8b")

    def _send(self, part: bytes, layer: bool) -> None:
        faults = self.registry.faults
        if layer and faults.drops and len(part) > faults.drop_after:
            faults.drops -= 1
            self.wfile.write(part[: faults.drop_after])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif layer and faults.stall_blobs:
            self.wfile.write(part[:10])
            self.wfile.flush()
            time.sleep(faults.stall_blobs)
        elif layer and faults.crawl:
            for byte in part:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.1)
        else:
            self.wfile.write(part)

    def _post_blobs(self, name: str) -> None:
        self._body()
        place = f"{len(self.registry.uploads)}"
        self.registry.uploads[place] = b""
        self._answer(202, Location=f"/v2/team/app/blobs/uploads/{place}?state=1")

    def _patch_blobs(self, name: str) -> None:
        place = name.removeprefix("uploads/")
        data = self._body()
        start = int(self.headers["Content-Range"].partition("-")[0])
        if start != len(self.registry.uploads[place]):
            self._answer(416)
            return
        self.registry.uploads[place] += data
        self._answer(202, Location=f"/v2/team/app/blobs/uploads/{place}?state=2")

    def _put_blobs(self, name: str) -> None:
        data = self.registry.uploads.pop(name.removeprefix("uploads/")) + self._body()
        if self.registry.faults.broken_uploads:
            self.registry.faults.broken_uploads -= 1
            self._answer(500)
            return
        digest = parse_qs(urlsplit(self.path).query)["digest"][0]
        if digest != f"sha256:{hashlib.sha256(data).hexdigest()}":
            self._answer(400, b'{"errors": [{"code": "DIGEST_INVALID"}]}')
            return
        self.registry.blobs[digest] = data
        self._answer(201, Location=f"/v2/team/app/blobs/{digest}")

    def _put_manifests(self, name: str) -> None:
        data, kind = self._body(), self.headers["Content-Type"]
        digest = self.registry.add(data, kind, name)
        document = json.loads(data)
        told = {"Docker_Content_Digest": digest}
        if "subject" in document and not self.registry.faults.no_referrers_api:
            subject = document["subject"]["digest"]
            item = {"mediaType": kind, "digest": digest, "size": len(data), "artifactType": document["artifactType"]}
            self.registry.referrers.setdefault(subject, []).append(item)
            told["OCI_Subject"] = subject
        self._answer(201, b"", **told)
