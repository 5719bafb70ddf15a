"""Paths are asked about one by one and many at once, with the same answer."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems import discover
from assay.engines.catalog.dispatch import Dispatch, Pattern, translate
from assay.model.ecosystem import Parser

EVERY = Dispatch(discover())
_GLOBS = sorted({glob for item in discover() for parser in item.parsers for glob in parser.patterns})


def _written(paths: list[str]) -> bytes:
    return b"".join(b"\1/" + path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)


def _sifted(dispatch: Dispatch, paths: list[str]) -> list[str]:
    """What is found by its name; paths with an odd part are always found."""
    return [paths[number] for number in dispatch.sift(_written(paths))]


def _matching(glob: str) -> str:
    """A path that the glob matches."""
    path = glob.replace("**/", "x/y/").replace("**", "x/y").replace("*", "some.thing").replace("?", "3")
    while "[" in path:
        start, end = path.index("["), path.index("]")
        path = path[:start] + ("~" if path[start + 1] == "!" else path[start + 1]) + path[end + 1 :]
    return path


def test_every_pattern_is_found_among_many() -> None:
    paths = [path for glob in _GLOBS for path in ("usr/share/nothing", _matching(glob))]
    wanted = [path for path in paths if EVERY.wants(path)]
    assert len(wanted) > len(_GLOBS) // 2
    assert _sifted(EVERY, paths) == wanted


_SEGMENT = st.one_of(
    st.sampled_from(sorted({part for glob in _GLOBS for part in _matching(glob).split("/")})),
    st.text(st.characters(max_codepoint=0xD7FF, exclude_characters="/\0"), min_size=1, max_size=8),
    st.binary(min_size=1, max_size=4).map(lambda data: os.fsdecode(data.replace(b"\0", b"n").replace(b"/", b"s"))),
)
_PATH = st.lists(_SEGMENT, min_size=1, max_size=5).map("/".join)


@given(st.lists(st.one_of(_PATH, st.sampled_from(_GLOBS).map(_matching)), max_size=20))
def test_many_at_once_are_those_asked_one_by_one(paths: list[str]) -> None:
    found = _sifted(EVERY, paths)
    assert set(found) >= {path for path in paths if EVERY.wants(path)}
    assert [path for path in found if EVERY.wants(path)] == [path for path in paths if EVERY.wants(path)]


@pytest.mark.parametrize("dispatch", [EVERY, Dispatch(())])
def test_odd_paths_are_found_whoever_is_asked(dispatch: Dispatch) -> None:
    odd = ["", "/a", "a/", "a//b", ".a", "a/.b", "a/./b", "../a", "a/.."]
    assert _sifted(dispatch, ["a.b", *odd, "a/b..", "..."]) == [*odd, "..."]


def test_nothing_is_wanted_where_nothing_wants_and_all_is_asked_in_a_second_pass() -> None:
    paths = ["a/package.json", "b"]
    assert _sifted(Dispatch(()), paths) == []
    assert _sifted(EVERY.only({"b": ()}), paths) == paths


def test_negated_classes_stay_within_a_path() -> None:
    dispatch = Dispatch([EVERY.ecosystems[0]._replace(parsers=(Parser("x", "m:f", patterns=("**/a[!b]", "c?d")),))])
    assert _sifted(dispatch, ["e/a", "ab", "ac", "c", "d", "cxd", "x/cxd"]) == ["ac", "cxd"]


@given(_PATH, st.sampled_from(_GLOBS))
def test_a_pattern_matches_what_its_expression_matches(path: str, glob: str) -> None:
    parser = Parser("x", "m:f")
    for one in (path, _matching(glob), f"{path}{_matching(glob)}", f"{path}/{_matching(glob)}"):
        assert Pattern(glob, parser).matches(one) == (re.fullmatch(translate(glob), one) is not None)
