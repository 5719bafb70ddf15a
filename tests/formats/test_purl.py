"""Package URLs: what the standard asks beyond the cases of the suite, and that no text breaks the reader."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import LimitExceeded, Malformed
from assay.formats import purl
from assay.formats.purl_rules import ADJUST, rules
from assay.model.purl import Purl


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("pkg:npm/@babel/core@7.24.0", "pkg:npm/%40babel/core@7.24.0"),
        ("pkg:npm/@babel/core", "pkg:npm/%40babel/core"),
        ("pkg:github/actions/checkout@releases/v4", "pkg:github/actions/checkout@releases%2Fv4"),
        (
            "pkg:golang/github.com/Masterminds/semver/v3@v3.2.1",
            "pkg:golang/github.com/Masterminds/semver/v3@v3.2.1",
        ),
        ("pkg:golang/stdlib@1.22.1", "pkg:golang/stdlib@1.22.1"),
        ("pkg:pypi/Zope.Interface@6.0RC1", "pkg:pypi/zope.interface@6.0rc1"),
        ("pkg:git/codeberg.org/forgejo/forgejo", "pkg:git/codeberg.org/forgejo/forgejo"),
        ("pkg:git/Host.example/GNOME/Fonts", "pkg:git/host.example/GNOME/Fonts"),
        ("pkg:git/host.example/GNOME/a%2F%2Fb%2F", "pkg:git/host.example/GNOME/a/b"),
        ("pkg:cpan/drolsky/DateTime@1.55", "pkg:cpan/DROLSKY/DateTime@1.55"),
        ("pkg:generic/a?x=&y=1&&Checksum=sha1:ab", "pkg:generic/a?checksum=sha1:ab&y=1"),
        ("pkg:generic/a#/x/./../%2E%2E/y/", "pkg:generic/a#x/y"),
        ("pkg:generic/caf%C3%A9@1", "pkg:generic/caf%C3%A9@1"),
        ("pkg:generic/100%@1", "pkg:generic/100%25@1"),
        (
            "pkg:swid/Acme/acme.example/Server@1?tag_id=75B8C285-FA7B-485B-B199-4745E3004D0D",
            "pkg:swid/Acme/acme.example/Server@1?tag_id=75b8c285-fa7b-485b-b199-4745e3004d0d",
        ),
        ("pkg:pub/My-Package@1", "pkg:pub/my_package@1"),
        ("pkg:unheard-of/a/b/c@1", "pkg:unheard-of/a/b/c@1"),
    ],
)
def test_parse_gives_the_canonical_form(written: str, canonical: str) -> None:
    assert str(purl.parse(written)) == canonical


@pytest.mark.parametrize(
    "written",
    [
        "",
        "pkg:",
        "pkg:npm",
        "pkg:npm/",
        "pkg:npm/@1.0",
        "pkg:1npm/a",
        "npm/a@1",
        "pkg:deb/curl@1",
        "pkg:cargo/ns/serde@1",
        "pkg:julia/AWS@1.88.0",
        "pkg:swid/Fedora@29",
        "pkg:swid/a/b/c/d@1?tag_id=x",
        "pkg:git/codeberg.org@1",
        "pkg:cocoapods/A+B@1",
        "pkg:generic/a%2Fb/c@1",
        "pkg:generic/a?1x=1",
        "pkg:generic/a?x=1&x=2",
        "pkg:generic/a#b%2Fc",
        "pkg:generic/%ff",
    ],
)
def test_parse_refuses(written: str) -> None:
    with pytest.raises(Malformed):
        purl.parse(written)


def test_a_purl_has_a_bounded_length() -> None:
    with pytest.raises(LimitExceeded):
        purl.parse("pkg:generic/" + "a" * purl.MAX_LENGTH)


def test_attempt_gives_none_where_the_type_forbids() -> None:
    assert purl.attempt("composer", "private", "1.0") is None
    assert purl.attempt("composer", "Laravel", "1.0", "Laravel") == Purl("composer", "laravel", "1.0", "laravel")


@pytest.mark.parametrize("text", ["pkg:deb/curl@7.88", "pkg:swift/Alamofire@5", "pkg:cpan/LWP::UserAgent@6"])
def test_foreign_documents_are_read_leniently(text: str) -> None:
    with pytest.raises(Malformed):
        purl.parse(text)
    assert str(purl.read(text)) == text
    assert purl.read("no purl") is None
    assert purl.read("pkg:npm/@1") is None


def test_every_adjusted_type_is_in_the_table() -> None:
    assert set(ADJUST) <= set(rules())


def test_the_table_is_what_the_tool_makes_of_the_definitions(capsys: pytest.CaptureFixture[str]) -> None:
    import runpy

    from conformance import suite

    folder = suite.folder("purl") / "types"
    runpy.run_path(str(suite.ROOT / "tools" / "purl_types.py"))["main"](str(folder))
    made = json.loads(capsys.readouterr().out)
    table = json.loads((suite.ROOT / "src/assay/formats/purl_types.json").read_text(encoding="utf-8"))
    assert made == table


_TEXT = st.text(max_size=12)


@given(
    st.sampled_from(["generic", "npm", "hex", "docker", "conan", "made-up"]),
    _TEXT,
    _TEXT,
    _TEXT,
    st.dictionaries(st.from_regex(r"[a-z][a-z0-9._-]{0,5}", fullmatch=True), _TEXT, max_size=3),
    _TEXT,
)
def test_what_is_built_is_read_back(
    kind: str, name: str, version: str, namespace: str, qualifiers: dict[str, str], subpath: str
) -> None:
    try:
        made = purl.build(kind, name, version, namespace, qualifiers, subpath)
    except Malformed:
        return
    text = str(made)
    assert text.isascii()
    assert purl.parse(text) == made
    assert str(purl.parse(text)) == text


@given(st.one_of(st.text(), st.text(alphabet="pkg:/@?#&=%2Fnmgita.~ é").map(lambda rest: "pkg:" + rest)))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        found = purl.parse(text)
    except Malformed:
        return
    assert purl.parse(str(found)) == found
