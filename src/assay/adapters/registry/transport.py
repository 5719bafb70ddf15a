"""HTTP as registries need it: bounded waiting, redirects that carry no secrets away, retries, proxies, TLS.

Errors name the host and never a query or a header: both may hold secrets (signed URLs, tokens).
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import cast
from urllib.parse import SplitResult, urljoin, urlsplit

from assay import __version__
from assay.adapters.registry import proxy as proxies
from assay.adapters.registry.guard import Guarded
from assay.adapters.waiting import readable
from assay.errors import ExternalError, InputError, LimitExceeded

Body = bytes | Iterable[bytes | memoryview] | None

_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_AGAIN = frozenset((429, 502, 503, 504))
_MAX_REDIRECTS = 10
MAX_IDLE = 64
"""Connections that wait for work; whoever may name images names any number of hosts, and each would keep one open."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How hosts are spoken to.

    `plain_http` names hosts (with their port, if they have one) for which TLS is not asked; loopback needs no naming.
    `insecure` leaves certificates unchecked. `timeout` bounds each wait, in seconds, `patience` all pauses between
    the `attempts` at one request together.
    """

    plain_http: frozenset[str] = frozenset()
    insecure: bool = False
    timeout: float = 30
    attempts: int = 4
    patience: float = 60
    authorities: tuple[tuple[str, str], ...] = ()
    """Files with the only authorities that count for a host (with its port, if it has one)."""


def is_loopback(host: str) -> bool:
    """Whether a host name (without port) is this machine."""
    return _LOOPBACK.fullmatch(host.strip("[]").lower()) is not None


@dataclass(frozen=True, slots=True)
class Link:
    """A connection, whom it leads to (scheme and host), and whether a proxy is asked there for whole addresses."""

    http: http.client.HTTPConnection
    key: tuple[str, str]
    absolute: bool = False


@dataclass(slots=True)
class Response:
    """An answer; it must be read to its end or closed."""

    status: int
    headers: Mapping[str, str]
    url: str
    _raw: http.client.HTTPResponse
    _link: Link
    _transport: Transport
    length: int = -1
    total: int = 0
    closed: bool = field(default=False)

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a part of `buffer`; 0 at the end. Raises `Dropped` for a connection that broke or ended too early."""
        try:
            count = self._raw.readinto(buffer) if not self.closed else 0
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Dropped(f"{host_of(self.url)} broke the connection off: {reason(error)}", error) from error
        self.total += count
        if not count:
            self.close()
            if 0 <= self.total < self.length:
                raise Dropped(f"{host_of(self.url)} sent {self.total} of {self.length} bytes")
        return count

    def some(self, limit: int) -> bytes:
        """What has come, of an answer that goes on: at least a byte, at most `limit`; empty at the end."""
        try:
            data = self._raw.read1(limit) if not self.closed else b""
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Dropped(f"{host_of(self.url)} broke the connection off: {reason(error)}", error) from error
        if not data:
            self.close()
        return data

    def read(self, limit: int) -> bytes:
        """All of it; raises `LimitExceeded` beyond `limit` bytes."""
        buffer, filled = bytearray(min(limit, 64 << 10) + 1), 0
        while count := self.readinto(memoryview(buffer)[filled:]):
            filled += count
            if filled > limit:
                self.close()
                raise LimitExceeded(f"{host_of(self.url)} sent more than {limit} bytes")
            if filled == len(buffer):
                buffer.extend(bytes(min(len(buffer), limit + 1 - filled)))
        return bytes(buffer[:filled])

    def close(self) -> None:
        """Give the connection back, if it can be used again."""
        if not self.closed:
            self.closed = True
            reusable = self._raw.isclosed() and not self._raw.will_close
            self._raw.close()
            self._transport.give_back(self._link, reusable)


class Unreachable(ExternalError):
    """A host that does not answer: `host` with its port, where that is known.

    `stalled` where it took longer than there was time.
    """

    def __init__(self, what: str, remedy: str, cause: Exception | None = None, host: str = "") -> None:
        super().__init__(what, remedy)
        self.host, self.stalled = host, isinstance(cause, TimeoutError)


class Dropped(Unreachable):
    """A connection that ended before its time; what asked for it may try again."""

    def __init__(self, what: str, cause: Exception | None = None, host: str = "") -> None:
        super().__init__(what, "check the network and the registry, then try again", cause, host)


class Transport:
    """Connections to any host, of which `MAX_IDLE` are kept for reuse; safe under threads."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._idle: list[Link] = []
        """Those that were left last are at the end."""
        self._schemes: dict[str, str] = {}
        self._lock = Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}

    def base(self, authority: str) -> str:
        """``https://AUTHORITY``, or ``http://`` where the policy allows it and the host speaks nothing else."""
        if authority not in self._schemes:
            self._schemes[authority] = self._scheme(authority)
        return f"{self._schemes[authority]}://{authority}"

    def _scheme(self, authority: str) -> str:
        parts = urlsplit(f"https://{authority}")
        if authority in self.policy.plain_http or (parts.hostname or "") in self.policy.plain_http:
            return "http"
        if not is_loopback(parts.hostname or ""):
            return "https"
        try:
            with socket.create_connection((parts.hostname, parts.port or 443), min(self.policy.timeout, 3)) as plain:
                self._tls(authority).wrap_socket(plain, server_hostname=parts.hostname).close()
        except ssl.SSLCertVerificationError:
            return "https"
        except OSError:
            return "http"
        return "https"

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: Body = None, *, follow: bool = True
    ) -> Response:
        """The answer after redirects (of GET and HEAD, where they are followed) and retries, whatever its status."""
        sent = dict(headers)
        for _ in range(_MAX_REDIRECTS):
            response = self._patiently(method, url, sent, body)
            location = response.headers.get("location", "")
            if response.status not in _REDIRECTS or method not in ("GET", "HEAD") or not location or not follow:
                return response
            response.close()
            target = join(url, location)
            self.check(target, url)
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                sent.pop("Authorization", None)
            url = target
        raise ExternalError(f"{host_of(url)} redirects without end", "check the registry")

    def require(self, url: str) -> None:
        """Raise `InputError` for an address that is not spoken to: without TLS, or of another scheme."""
        remedy = "use https, or name the host in registry.plain-http"
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise InputError(f"{url[:200]!r} is no address", remedy) from error
        if not host or not (parts.scheme == "https" or (parts.scheme == "http" and self._may_be_plain(host, port))):
            raise InputError(f"{parts.scheme}://{host} is not fetched without TLS", remedy)

    def check(self, target: str, origin: str) -> None:
        """Raise `ExternalError` for an address that the answer of `origin` must not lead to."""
        try:
            new, old = urlsplit(target), urlsplit(origin)
            host, port = new.hostname or "", new.port
        except ValueError as error:
            raise ExternalError(f"{host_of(origin)} redirects to what is no address", "check the registry") from error
        allowed = new.scheme == "https" or (new.scheme == "http" and self._may_be_plain(host, port))
        if not host or not allowed:
            raise ExternalError(
                f"{host_of(origin)} redirects to {new.scheme}://{host}, without TLS", "check the registry"
            )
        if is_loopback(host) and not is_loopback(old.hostname or ""):
            raise ExternalError(f"{host_of(origin)} redirects to this machine", "check the registry")

    def _may_be_plain(self, host: str, port: int | None) -> bool:
        return is_loopback(host) or host in self.policy.plain_http or f"{host}:{port}" in self.policy.plain_http

    def _patiently(self, method: str, url: str, headers: Mapping[str, str], body: Body) -> Response:
        """Ask again where the host asks for time, or where a connection broke before the answer."""
        left = self.policy.patience
        repeatable = body is None or isinstance(body, bytes)
        for attempt in range(1, self.policy.attempts + 1):
            last = attempt == self.policy.attempts or not repeatable
            pause = min(0.5 * 2**attempt, 8)
            try:
                response = self._once(method, url, headers, body)
            except Dropped as error:
                if last or error.stalled:
                    raise
                response = None
            if response is not None:
                if response.status not in _AGAIN or last:
                    return response
                pause = _retry_after(response.headers.get("retry-after", ""), pause)
                if pause > left:
                    return response
                response.close()
            left -= pause
            time.sleep(max(min(pause, left), 0))
        raise AssertionError("the last attempt returns or raises")

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: Body) -> Response:
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"User-Agent": f"assay/{__version__}", "Accept-Encoding": "identity", **headers}
        link = self._link(parts)
        try:
            link.http.request(
                method, f"http://{parts.netloc}{path}" if link.absolute else path, cast("bytes", body), sent
            )
            raw = link.http.getresponse()
        except (OSError, http.client.HTTPException, ValueError) as error:
            link.http.close()
            raise Dropped(f"{host_of(url)} does not answer: {reason(error)}", error, host_of(url)) from error
        except BaseException:  # what makes the body failed: nothing half-sent is ever finished
            link.http.close()
            raise
        found = {key.lower(): value for key, value in raw.headers.items()}
        length = raw.length if raw.length is not None and method != "HEAD" else -1
        response = Response(raw.status, found, url, raw, link, self, length)
        if method == "HEAD" or raw.length == 0:
            raw.read()
            response.close()
        return response

    def _link(self, parts: SplitResult) -> Link:
        """A connection that waits for work, else a new one."""
        key = (parts.scheme, parts.netloc)
        with self._lock:
            for link in [item for item in reversed(self._idle) if item.key == key]:
                self._idle.remove(link)
                if not _is_stale(link.http):
                    return link
                link.http.close()
        link = self._new(parts)
        try:
            link.http.connect()
        except ssl.SSLCertVerificationError as error:
            what = f"the certificate of {parts.hostname} is not trusted: {reason(error)}"
            raise ExternalError(what, "name the registry's CA with SSL_CERT_FILE") from error
        except (OSError, http.client.HTTPException) as error:
            remedy = "check the name, the network, and HTTPS_PROXY"
            what = f"{host_of(parts.geturl())} cannot be reached: {reason(error)}"
            raise Unreachable(what, remedy, error, host_of(parts.geturl())) from error
        link.http.sock = cast("socket.socket", Guarded(link.http.sock, self.policy.timeout))
        return link

    def _new(self, parts: SplitResult) -> Link:
        host, timeout, key = parts.hostname or "", self.policy.timeout, (parts.scheme, parts.netloc)
        proxy = None if is_loopback(host) else proxies.find(parts.scheme, host)
        if parts.scheme == "https":
            address, secret = proxy or ((host, parts.port or 443), {})
            secure = http.client.HTTPSConnection(*address, timeout=timeout, context=self._tls(parts.netloc))
            if proxy is not None:
                secure.set_tunnel(host, parts.port or 443, secret)
            return Link(secure, key)
        address = proxy[0] if proxy is not None else (host, parts.port or 80)
        return Link(http.client.HTTPConnection(*address, timeout=timeout), key, proxy is not None)

    def _tls(self, authority: str = "") -> ssl.SSLContext:
        """The context for a host; ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` are honoured by OpenSSL itself."""
        file = dict(self.policy.authorities).get(authority, "")
        with self._lock:
            if file not in self._contexts:
                self._contexts[file] = self._context(authority, file)
            return self._contexts[file]

    def _context(self, authority: str, file: str) -> ssl.SSLContext:
        try:
            found = ssl.create_default_context(cafile=file or None)
        except OSError as error:
            what = f"the authorities for {authority} in {file} cannot be read: {reason(error)}"
            raise InputError(what, "name a file with certificates in PEM") from error
        if self.policy.insecure:
            found.check_hostname = False
            found.verify_mode = ssl.CERT_NONE
        return found

    def give_back(self, link: Link, reusable: bool) -> None:
        """Keep a connection for the next request, or end it."""
        if not reusable:
            link.http.close()
            return
        with self._lock:
            self._idle.append(link)
            surplus = self._idle[:-MAX_IDLE]
            del self._idle[:-MAX_IDLE]
        for one in surplus:
            one.http.close()


def _is_stale(connection: http.client.HTTPConnection) -> bool:
    """Whether the other side has closed an idle connection (or sent what nobody asked for)."""
    try:
        return connection.sock is None or readable(connection.sock.fileno(), 0)
    except (OSError, ValueError):
        return True


def _retry_after(text: str, default: float) -> float:
    """Seconds out of a Retry-After header (RFC 9110, 10.2.3), which may also hold a date."""
    if text.strip().isdigit() and len(text) < 10:
        return float(text)
    from email.utils import parsedate_to_datetime

    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0)
    except (ValueError, TypeError, OverflowError):
        return default


def join(base: str, target: str) -> str:
    """An address that an answer gave, made whole; raises `ExternalError` for what is none."""
    try:
        joined = urljoin(base, target)
        urlsplit(joined)
    except ValueError as error:
        raise ExternalError(f"{host_of(base)} leads to what is no address", "check the registry") from error
    return joined


def host_of(url: str) -> str:
    """The host (and port) of an address, which is all of it that an error may show."""
    return urlsplit(url).netloc.rpartition("@")[2] or "the registry"


def reason(error: Exception) -> str:
    """Why something failed, in one short line."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message or "certificate verification failed"
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return type(error).__name__
