"""WWW-Authenticate headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import LimitExceeded
from assay.formats.auth_challenge import Challenge, parse

REALM = {"realm": "https://auth.example/token", "service": "a,b", "scope": "repository:x:pull,push"}


@pytest.mark.parametrize(
    ("text", "challenges"),
    [
        ('Basic realm="x"', [Challenge("basic", {"realm": "x"})]),
        ("Basic", [Challenge("basic")]),
        ("Negotiate, Basic realm=x", [Challenge("negotiate"), Challenge("basic", {"realm": "x"})]),
        ('NTLM TlRMTVNT==, bearer realm="x"', [Challenge("ntlm"), Challenge("bearer", {"realm": "x"})]),
        (
            'Bearer realm="https://auth.example/token",service="a,b", scope="repository:x:pull,push",Basic realm="y"',
            [Challenge("bearer", REALM), Challenge("basic", {"realm": "y"})],
        ),
        (
            'Bearer realm = "a\\"b" , error="invalid_token"',
            [Challenge("bearer", {"realm": 'a"b', "error": "invalid_token"})],
        ),
        ("", []),
        ('="x"', []),
        ('Bearer realm="open', [Challenge("bearer")]),
    ],
)
def test_challenges_are_read(text: str, challenges: list[Challenge]) -> None:
    assert list(parse(text))[: len(challenges)] == challenges


@given(st.text(max_size=200) | st.text('aB="\\, =/', max_size=200))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    parse(text)


def test_headers_are_bounded() -> None:
    with pytest.raises(LimitExceeded):
        parse("a," * 20_000)
    parse('a="' + "\\" * 16_000)
