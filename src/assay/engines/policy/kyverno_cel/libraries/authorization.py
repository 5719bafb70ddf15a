"""The answers of authorization policies (modes Envoy and HTTP), and ``jwt.Decode``."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import InContext, Library
from assay.engines.policy.cel.values import Namespace, Opaque, Value
from assay.engines.policy.kyverno_cel.context import Context
from assay.errors import AssayError
from assay.formats import json

_OK, _DENIED, _RESPONSE = "envoy.OkHttpResponse", "envoy.DeniedHttpResponse", "envoy.CheckResponse"
_HEADER, _QUERY = "envoy.HeaderValueOption", "envoy.QueryParameter"
_HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
_MAX_TOKEN = 64 << 10


@dataclass(frozen=True, slots=True)
class Answer(Opaque):
    """An answer in the making, or with `final` the whole of it."""

    cel_type = _OK
    denied: bool = False
    message: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def plus(self, name: str, *values: Value) -> Answer:
        """The same with something more in `details`."""
        return replace(self, details={**self.details, name: [*self.details.get(name, []), list(values)]})


class Denial(Answer):
    """``envoy.Denied(403)``."""

    cel_type = _DENIED
    __slots__ = ()


class Response(Answer):
    """``....Response()``: what a validation gives; null is no decision."""

    cel_type = _RESPONSE
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Pair(Opaque):
    """``envoy.Header(key, value)`` and ``envoy.QueryParam(key, value)``."""

    cel_type = _HEADER
    key: str
    value: str
    keep_empty: bool = False


class Parameter(Pair):
    """A query parameter."""

    cel_type = _QUERY
    __slots__ = ()


def _response(answer: Answer) -> Response:
    return Response(answer.denied, answer.message, answer.details)


def _denied(code: int) -> Denial:
    return Denial(True, f"denied with status {code}", {"code": [code]})


def _adding(name: str) -> Callable[..., Answer]:
    return lambda answer, *values: answer.plus(name, *values)


def _both(name: str, results: tuple[str, ...] = (_OK, _DENIED)) -> dict[str, Callable[..., Any]]:
    forms = [(result, parameters) for result in results for parameters in (_HEADER, "string, string")]
    return {f"{result} -> {name}({parameters}): {result}": _adding(name) for result, parameters in forms}


ENVOY = Library(
    "envoy",
    {
        f"envoy.Allowed(): {_OK}": Answer,
        f"envoy.Denied(int): {_DENIED}": _denied,
        f"envoy.Response(int): {_RESPONSE}": lambda code: Response(bool(code), f"status {code}" if code else ""),
        f"envoy.Response({_OK}): {_RESPONSE}": _response,
        f"envoy.Response({_DENIED}): {_RESPONSE}": _response,
        f"envoy.Header(string, string): {_HEADER}": Pair,
        f"envoy.QueryParam(string, string): {_QUERY}": Parameter,
        f"{_HEADER} -> KeepEmptyValue(): {_HEADER}": lambda pair: replace(pair, keep_empty=True),
        f"{_HEADER} -> KeepEmptyValue(bool): {_HEADER}": lambda pair, keep: replace(pair, keep_empty=keep),
        f"{_OK} -> Response(): {_RESPONSE}": _response,
        f"{_DENIED} -> Response(): {_RESPONSE}": _response,
        f"{_DENIED} -> WithBody(string): {_DENIED}": lambda answer, body: replace(answer, message=body),
        **_both("WithHeader"),
        **_both("WithResponseHeader", (_OK,)),
        f"{_OK} -> WithoutHeader(string): {_OK}": _adding("WithoutHeader"),
        f"{_OK} -> WithQueryParam({_QUERY}): {_OK}": _adding("WithQueryParam"),
        f"{_OK} -> WithQueryParam(string, string): {_OK}": _adding("WithQueryParam"),
        f"{_OK} -> WithoutQueryParam(string): {_OK}": _adding("WithoutQueryParam"),
        f"{_RESPONSE} -> WithMessage(string): {_RESPONSE}": lambda answer, message: replace(answer, message=message),
        f"{_RESPONSE} -> WithMetadata(map): {_RESPONSE}": _adding("WithMetadata"),
    },
)


def _values(attributes: dict[str, Value], name: str, key: str) -> list[Value]:
    found = attributes.get(name) or {}
    named: Value = next((value for other, value in found.items() if other.lower() == key.lower()), [])
    return named if isinstance(named, list) else [named]


HTTP_ANSWERS = Library(
    "http.authorization",
    {
        f"http.Allowed(): {_OK}": Answer,
        f"http.Denied(string): {_DENIED}": lambda reason: Denial(True, reason),
        f"{_OK} -> Response(): {_RESPONSE}": _response,
        f"{_DENIED} -> Response(): {_RESPONSE}": _response,
        "map -> Header(string): list<string>": lambda attributes, key: _values(attributes, "header", key),
        "map -> QueryParam(string): list<string>": lambda attributes, key: _values(attributes, "query", key),
    },
)


class Jwt(Namespace):
    """The variable ``jwt``."""

    cel_type = "jwt.Context"
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Token(Opaque):
    """``jwt.Decode(token, key)``: claims of a token with a good signature; `Valid` is about its times."""

    cel_type = "jwt.Token"
    valid: bool
    claims: dict[str, Value]

    def select(self, field: str) -> Value:
        """``Valid`` or ``Claims``."""
        match field:
            case "Valid":
                return self.valid
            case "Claims":
                return self.claims
        raise Untold(f"a token has no field {field!r:.40}")

    def has(self, field: str) -> bool:
        """Whether `select` has an answer."""
        return field in ("Valid", "Claims")


def _decode(context: Context, _: Jwt, token: str, key: str) -> Token:
    """Signed with a shared secret (HS256, HS384, HS512); raises `Untold` for any other, and for a bad signature."""
    parts = token[:_MAX_TOKEN].split(".")
    if len(parts) != 3:
        raise Untold("not a JSON web token")
    header, claims = (_part(part) for part in parts[:2])
    name = _HASHES.get(str(header.get("alg")))
    if name is None:
        raise Untold(f"tokens signed by {header.get('alg')!r:.20} cannot be verified with a secret")
    signed = hmac.new(key.encode(), f"{parts[0]}.{parts[1]}".encode(), getattr(hashlib, name)).digest()
    if not hmac.compare_digest(signed, _bytes(parts[2])):
        raise Untold("could not verify the signature of the token")
    now, starts = context.world.now().timestamp(), claims.get("nbf")
    return Token(_before(now, claims.get("exp")) and (starts is None or not _before(now, starts)), claims)


def _before(now: float, limit: Value) -> bool:
    return limit is None or (isinstance(limit, int | float) and now < limit)


def _part(text: str) -> dict[str, Any]:
    try:
        return dict(json.load_object(_bytes(text)))
    except AssayError as error:
        raise Untold(f"not a JSON web token: {error}") from error


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise Untold(f"not a JSON web token: {error}") from error


JWT = Library("jwt", {"jwt.Context -> Decode(string, string): dyn": InContext(_decode)}, {"jwt": Jwt()})
