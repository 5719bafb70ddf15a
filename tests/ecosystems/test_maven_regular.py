"""Models read without a tree: whatever form a model has, both ways of reading say the same of it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.maven import pom, regular
from assay.errors import Malformed

_HEAD = "<project><groupId>g</groupId><artifactId>a</artifactId>"
_REGULAR = {
    "plain": _HEAD + "<version>1</version></project>",
    "declared": f"<?xml version='1.0' encoding='UTF-8'?>\n<!-- <version>2</version> -->{_HEAD}</project>\n",
    "namespaces": _HEAD.replace("<project>", '<project xmlns="http://maven.example/POM" xmlns:xsi="x">') + "</project>",
    "first counts": _HEAD + "<name>one</name><name>two</name></project>",
    "lines": _HEAD + "\r\n<description>\r\n a\r\n b</description>\r</project>",
    "characters": _HEAD + "<name> a &amp; b &lt;c> </name><url>&quot;&apos;</url></project>",
    "sections": _HEAD + "<name><![CDATA[ a <b> &amp; ]]></name><url><![CDATA[x]]>y</url></project>",
    "empty": _HEAD + "<name/><version /><licenses/><dependencies/><properties/></project>",
    "parent": _HEAD + "<parent><groupId>p</groupId><artifactId>q</artifactId><relativePath/></parent></project>",
    "properties": _HEAD + "<properties><a.b-c>1</a.b-c><a.b-c> 2 </a.b-c><d/></properties></project>",
    "licences": _HEAD + "<licenses><license><url>u</url></license><license><name>MIT</name></license></licenses>"
    "</project>",
    "dependencies": _HEAD + "<dependencies><dependency><groupId>g</groupId><artifactId>b</artifactId>"
    "<exclusions><exclusion><groupId>x</groupId></exclusion></exclusions><optional>true</optional></dependency>"
    "</dependencies></project>",
    "managed": _HEAD + "<dependencyManagement> <dependencies><dependency><groupId>g</groupId></dependency>"
    "</dependencies></dependencyManagement></project>",
    "built": _HEAD + "<build><plugins><plugin><version>3</version><buildPath>x</buildPath></plugin></plugins></build>"
    "<version>1</version></project>",
}
_IRREGULAR = {
    "attribute": _HEAD + '<name lang="en">x</name></project>',
    "prefix": '<m:project xmlns:m="u"><m:artifactId>a</m:artifactId></m:project>',
    "element in a text": _HEAD + "<description>a <b>c</b></description></project>",
    "number": _HEAD + "<name>&#65;</name></project>",
    "named": _HEAD + "<name>&oslash;</name></project>",
    "same within": _HEAD + "<build><x><build>1</build></x></build></project>",
    "deep": _HEAD + "<properties><a><b>1</b></a></properties></project>",
    "text among exclusions": _HEAD + "<dependencies><dependency><version>1<exclusions></exclusions>2</version>"
    "</dependency></dependencies></project>",
    "latin": "<?xml version='1.0' encoding='ISO-8859-1'?>" + _HEAD + "<name>\u00f8</name></project>",
}


@pytest.mark.parametrize("text", _REGULAR.values(), ids=_REGULAR)
def test_regular_models(text: str) -> None:
    assert _same(text.encode())


@pytest.mark.parametrize("text", _IRREGULAR.values(), ids=_IRREGULAR)
def test_irregular_models_are_left_to_the_parser(text: str) -> None:
    data = text.encode("latin-1" if "ISO" in text else "utf-8")
    assert regular.read(data) is None
    assert pom.parse(data).artifact == "a"


@pytest.mark.parametrize(
    "text",
    [
        "<Project><artifactId>a</artifactId></Project>",
        _HEAD,
        _HEAD + "<name>x</project>",
        _HEAD + "<name>\x01</name></project>",
        _HEAD + "<!-- never closed </project>",
        _HEAD + "<name><![CDATA[never closed</name></project>",
        _HEAD + "<dependencies><dependency><version>1</version></dependencies></project>",
        _HEAD + "</project><project/>",
        "<!DOCTYPE project [<!ENTITY x 'y'>]>" + _HEAD + "</project>",
    ],
)
def test_broken_models(text: str) -> None:
    assert regular.read(text.encode()) is None
    with pytest.raises(Malformed):
        pom.parse(text.encode())


_PIECES = (
    *(
        "<!-- x -->",
        "<![CDATA[a<b&c]]>",
        "]]>",
        "<dependency>",
        "</dependency>",
        "<dependencies/>",
        "<name/>",
        "<name>",
    ),
    *("</name>", "&amp;", "&#65;", "&oslash;", "<build>", "</build>", "<a b='c>d'>", "</a>", "\r\n", "\r", "\x0b"),
    *(
        "\u00e9",
        "\u00a0",
        "<exclusions>",
        "</exclusions>",
        "<?pi x?>",
        "<x:y>",
        "<parent>",
        "</parent>",
        "<x.y>z</x.y>",
    ),
    *("<relativePath/>", '"', "'", ">", "<", "/", "--", "&", "<dependencyManagement/>", "<version>1</version>"),
)


@given(
    st.sampled_from(sorted(_REGULAR.values())),
    st.lists(st.tuples(st.sampled_from(_PIECES), st.floats(0, 1)), max_size=3),
)
def test_no_piece_makes_the_two_differ(text: str, pieces: list[tuple[str, float]]) -> None:
    """But for what is stepped over unread: there, the tree may find a fault."""
    for piece, place in pieces:
        at = int(place * len(text))
        text = text[:at] + piece + text[at:]
    with contextlib.suppress(Malformed):
        _same(text.encode())


@pytest.mark.parametrize("name", ["exclusions", "build", "a"])
def test_hostile_models_take_no_longer_than_their_length(name: str) -> None:
    """What is opened again and again and never closed is looked through once."""
    text = (
        _HEAD + "<dependencies><dependency><a>" + f"</a><{name}>" * 300_000 + "</dependency></dependencies></project>"
    )
    assert regular.read(text.encode()) is None


def _same(data: bytes) -> bool:
    """Whether the model is regular; then it says the same as its tree."""
    found = regular.read(data)
    if found is not None:
        tree = pom._parts(pom._root(data))
        tree.lists = {name: [_told(item) for item in items] for name, items in tree.lists.items() if items}
        found.lists = {name: items for name, items in found.lists.items() if items}
        assert found == tree
    return found is not None


def _told(fields: regular.Fields) -> regular.Fields:
    return [field for field in fields if field[0] != "exclusions"]
