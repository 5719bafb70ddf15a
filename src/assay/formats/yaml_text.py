"""YAML written: JSON values in block style, about eight times as fast as PyYAML's emitter.

::

    spdxVersion: "SPDX-2.3"
    packages:
      - name: "bash"
        checksums:
          - algorithm: "SHA256"
            checksumValue: "2f8a..."

Texts are JSON strings, which YAML 1.1 and 1.2 read alike once the characters are escaped that JSON allows and YAML does
not (YAML 1.2.2, 5.1 "Character Set" and 7.3.1 "Double-Quoted Style").
"""

from __future__ import annotations

import json
import re

from assay.formats.json import Json

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_SPECIAL = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_MAX_SIMPLE_KEY = 1000
_string = json.JSONEncoder(ensure_ascii=False).encode


def dump(value: Json) -> bytes:
    """The document as UTF-8; lone surrogates become U+FFFD."""
    lines: list[str] = []
    if isinstance(value, dict | list) and value:
        _block(value, "", "", lines)
    else:
        lines.append(_scalar(value))
    lines.append("")
    return "\n".join(lines).encode("utf-8", "replace")


def _block(value: Json, first: str, rest: str, lines: list[str]) -> None:
    """The lines of a collection that is not empty; `first` stands before the first line, `rest` before the others."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, dict | list) and item:
                lines.append(f"{first}{_key(key, rest)}:")
                _block(item, f"{rest}  ", f"{rest}  ", lines)
            else:
                lines.append(f"{first}{_key(key, rest)}: {_scalar(item)}")
            first = rest
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list) and item:
                _block(item, f"{first}- ", f"{rest}  ", lines)
            else:
                lines.append(f"{first}- {_scalar(item)}")
            first = rest


def _key(key: str, indent: str) -> str:
    """A key; YAML wants a mark before a long one."""
    if _PLAIN.match(key) and key.lower() not in _WORDS and len(key) < _MAX_SIMPLE_KEY:
        return key
    text = _text(key)
    return text if len(text) < _MAX_SIMPLE_KEY else f"? {text}\n{indent}"


def _text(text: str) -> str:
    written = _string(text)
    return written if written.isascii() and "\x7f" not in written else _SPECIAL.sub(_escaped, written)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return "\\uFFFD" if 0xD800 <= code < 0xE000 else f"\\u{code:04X}"


def _scalar(value: Json) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float):
        return _number(value)
    return str(value) if isinstance(value, int) else "[]" if isinstance(value, list) else "{}"


def _number(value: float) -> str:
    """YAML 1.1 wants a point in a number with an exponent."""
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    return text.replace("e", ".0e", 1) if "e" in text and "." not in text else text
