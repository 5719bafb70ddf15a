"""``ebin/NAME.app``, the application resource file (OTP Design Principles, "Applications"; Kernel, app(4)).

::

    {application, cowboy, [
        {description, "Small, fast, modern HTTP server."},
        {vsn, "2.9.0"},
        {applications, [kernel, stdlib, crypto, cowlib]},
        {optional_applications, [ssl]}
    ]}.
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import purl, spdx_license
from assay.formats.erlang_term import Term, load_erlang
from assay.model.component import Component
from assay.model.ecosystem import File, Found, Need


def parse(file: File) -> Found:
    """The application and those it needs."""
    if b"application" not in file.content[:4096]:
        return Found()  # other things are called .app too
    terms = load_erlang(file.text)
    first = terms[0] if terms else ()
    if not isinstance(first, tuple) or len(first) < 3 or first[0] != "application":
        raise Malformed("no application resource file")
    name, fields = _text(first[1]), _fields(first[2])
    if not name:
        raise Malformed("application resource file without a name")
    version = _text(fields.get("vsn", ""))
    component = Component(
        name,
        version,
        purl=purl.attempt("otp", name, version),
        licenses=tuple(
            stated for name in _texts(fields.get("licenses", [])) for stated in spdx_license.normalise(name)
        ),
        description=" ".join(_text(fields.get("description", "")).split()),
    )
    needed = _texts(fields.get("applications", [])) + _texts(fields.get("included_applications", []))
    return Found((component,), needs=tuple(Need(component.id, (item,)) for item in dict.fromkeys(needed)))


def _fields(term: Term) -> dict[str, Term]:
    pairs = term if isinstance(term, list) else []
    return {_text(pair[0]): pair[1] for pair in pairs if isinstance(pair, tuple) and len(pair) == 2}


def _text(term: Term) -> str:
    return str(term) if isinstance(term, str) else ""


def _texts(term: Term) -> list[str]:
    return [str(item) for item in term if isinstance(item, str)] if isinstance(term, list) else []
