"""An S3-compatible object store: objects are read, written once, or replaced where they are as they were last seen.

An address is ``s3://BUCKET/PREFIX?endpoint=URL&region=NAME``; without an endpoint it is AWS. Credentials are found as
boto3 finds them (``AWS_ACCESS_KEY_ID``, profiles, roles). The store must honour ``If-None-Match`` and ``If-Match`` of
PutObject, as AWS, MinIO, Ceph, R2 and versitygw do.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from assay.errors import ExternalError, LimitExceeded, Refused, UsageError

MAX_OBJECT = 32 << 20
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS, _CONNECTIONS = 2, 4, 2, 32
_AWAY = "look at the object store; nothing that was answered is lost"
_GONE = ("NoSuchKey", "404", "NotFound")
_STALE = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
_PROBE = "assay-probe"
_MAKING = threading.Lock()


class Changed(Refused):
    """The object is not as it was last seen; nothing was written."""


class ObjectStore:
    """The objects below the prefix of an address; used by any thread."""

    def __init__(self, address: str) -> None:
        self.bucket, self.prefix, self._endpoint, self._region = _parsed(address)
        self.where = f"the object store {self.bucket}/{self.prefix}".rstrip("/")
        self._made: Any = None

    @property
    def _client(self) -> Any:
        with _MAKING:
            if self._made is None:
                self._made = _client(self._endpoint, self._region)
            return self._made

    def get(self, name: str) -> tuple[bytes, str] | None:
        """An object with its tag, or None where there is none."""
        with self._world():
            try:
                found = self._client.get_object(Bucket=self.bucket, Key=self._key(name))
            except Exception as error:
                if _code(error) in _GONE:
                    return None
                raise
            data = found["Body"].read(MAX_OBJECT + 1)
        if len(data) > MAX_OBJECT:
            raise LimitExceeded(f"{self.where} holds {name} with more than {MAX_OBJECT} bytes")
        return data, str(found["ETag"])

    def put(self, name: str, data: bytes, tag: str | None) -> str:
        """Write an object that is new (`tag` is None) or has that tag; its new tag. Raises `Changed`."""
        condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        with self._world():
            try:
                key = self._key(name)
                found = self._client.put_object(Bucket=self.bucket, Key=key, Body=data, **condition)
            except Exception as error:
                if _code(error) in _STALE or (tag is not None and _code(error) in _GONE):
                    raise Changed(f"{self.where} holds another {name}") from error
                raise
        return str(found["ETag"])

    def check(self) -> None:
        """Raise `UsageError` where the store does not honour conditions, `ExternalError` where it cannot be used."""
        found = self.get(_PROBE)
        tag = found[1] if found is not None else self._first_probe()
        for wrong in (None, '"00000000000000000000000000000000"'):
            try:
                self.put(_PROBE, b"assay\n", wrong)
            except Changed:
                continue
            name = "If-None-Match" if wrong is None else "If-Match"
            raise UsageError(f"{self.where} does not honour {name}", "use a store that does: trees must not fork")
        if tag:
            self.put(_PROBE, b"assay\n", tag)

    def _first_probe(self) -> str:
        try:
            return self.put(_PROBE, b"assay\n", None)
        except Changed:  # another replica starts, too
            return ""

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    @contextmanager
    def _world(self) -> Iterator[None]:
        """What the store says, by its code alone: its sentences name accounts."""
        _ = self._client
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError, OSError) as error:
            raise ExternalError(f"{self.where} fails: {_code(error)}", _AWAY) from None


def _code(error: Exception) -> str:
    response = getattr(error, "response", None)
    if isinstance(response, dict) and isinstance(response.get("Error"), dict):
        return str(response["Error"].get("Code"))[:80]
    return type(error).__name__


def _parsed(address: str) -> tuple[str, str, str | None, str | None]:
    """Bucket, prefix, endpoint, region."""
    usage = "--objects 's3://BUCKET/PREFIX?endpoint=https://HOST'"
    try:
        parts = urlsplit(address)
        query = parse_qs(parts.query, strict_parsing=bool(parts.query), max_num_fields=8)
        known = parts.scheme == "s3" and parts.username is None and parts.port is None and not parts.fragment
    except ValueError:
        raise UsageError("this is no address of an object store", usage) from None
    if not known or not parts.netloc or not set(query) <= {"endpoint", "region"}:
        raise UsageError("this is no address of an object store", usage)
    endpoint = query["endpoint"][0] if "endpoint" in query else None
    if endpoint is not None and (urlsplit(endpoint).scheme not in ("http", "https") or "@" in endpoint):
        raise UsageError("the endpoint of the object store is a URL without credentials", usage)
    return parts.netloc, parts.path.strip("/"), endpoint, query.get("region", [None])[0]


@cache
def _session() -> Any:
    """One for all: it reads a megabyte of descriptions."""
    import boto3

    return boto3.session.Session()


def _client(endpoint: str | None, region: str | None) -> Any:
    try:
        session = _session()
        from botocore.config import Config
    except ImportError as error:
        raise UsageError("an object store needs the extra `s3`", "pip install 'assay[s3]'") from error

    limits = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        max_pool_connections=_CONNECTIONS,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if endpoint else {},
    )
    region = region or ("us-east-1" if endpoint else None)
    return session.client("s3", region_name=region, endpoint_url=endpoint, config=limits)
