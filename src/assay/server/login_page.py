"""The pages of the development issuer, and what its forms send."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from assay.errors import AssayError
from assay.server import http_bodies

_FORM = 16 << 10
_WARNING = "<small>No password: this issuer believes everybody. Never use it for anything but development.</small>"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in for development</title><style>:root{{color-scheme:light dark}}
body{{font:16px system-ui;max-width:26rem;margin:12vh auto;padding:0 1rem}}
input,button{{font:inherit;padding:.6rem;width:100%;box-sizing:border-box;margin:.4rem 0}}small{{opacity:.75}}
pre{{font-size:1.2rem;white-space:pre-wrap;overflow-wrap:anywhere}}</style>
<h1>Sign in for development</h1>{body}</html>"""


async def fields(request: Request) -> dict[str, str]:
    """The fields of a form; of an unreadable one there are none."""
    try:
        text = (await http_bodies.read(request.receive, _FORM)).decode("ascii")
        return dict(parse_qsl(text, max_num_fields=32))
    except (ValueError, AssayError):
        return {}


def page(body: str, status: int = 200) -> Response:
    """A page that runs no script, and that no other page shows inside of itself."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    headers = {"content-security-policy": policy, "cache-control": "no-store", "x-content-type-options": "nosniff"}
    return HTMLResponse(_PAGE.format(body=body), status, headers)


def field(name: str, label: str, more: str = "") -> str:
    """A field that must be filled in."""
    return f'<label for="{name}">{label}</label><input id="{name}" name="{name}" required {more}>'


def form(action: str, hidden: dict[str, str], code: str = "") -> str:
    """A form that asks for an address, and sends what it was given along; it begins in its first empty field."""
    kept = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in hidden.items()
    )
    more = 'type="email" maxlength="254" autocomplete="email"'
    email = field("email", "Email", more if " autofocus" in code else f"{more} autofocus")
    start = f'<form method="post" action="{html.escape(action)}">{kept}{code}{email}'
    return f"{start}<button>Sign in</button></form>{_WARNING}"


def is_address(text: str) -> bool:
    """Whether it may be an email address."""
    name, _, host = text.partition("@")
    return bool(name and host) and len(text) <= 254 and text.isascii() and text.isprintable() and " " not in text


def proves(verifier: str, challenge: str) -> bool:
    """Whether a verifier fits the challenge S256 (RFC 7636, 4.6)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    found = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(found.encode(), challenge.encode())
