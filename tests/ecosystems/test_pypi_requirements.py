"""Requirements: the grammar of PEP 508, markers, pip's file format, includes and constraints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.pypi import requirement, requirements
from assay.ecosystems.pypi.assembly import assemble
from assay.errors import AssayError, Malformed
from assay.model.component import Component, Scope
from assay.model.ecosystem import File, Found, Located


def read(text: str, path: str = "requirements.txt") -> Found:
    return requirements.parse(File(path, text.encode()))


def only(text: str) -> Component:
    (component,) = read(text).components
    return component


@pytest.mark.parametrize(
    ("written", "version", "version_range"),
    [
        ("a == 1.0", "1.0", ""),
        ("a===1.0", "1.0", ""),
        ("a (==1.0)", "1.0", ""),
        ("a", "", ""),
        ("a[x,y] >=1 , <2 ; python_version < '3'", "", ">=1,<2"),
        ("a==1.*", "", "==1.*"),
        ("a==1.0,!=1.1", "", "==1.0,!=1.1"),
    ],
)
def test_only_an_exact_pin_is_a_version(written: str, version: str, version_range: str) -> None:
    component = only(written)
    assert (component.name, component.version, component.version_range) == ("a", version, version_range)


@pytest.mark.parametrize(
    ("marker", "excluded"),
    [
        ("extra == 'net'", True),
        ("'net' == extra", True),
        ("python_version < '3' and extra == 'net'", True),
        ("(os_name == 'nt' or sys_platform == 'x') and (extra == 'a' or extra == 'b')", True),
        ("extra == 'a' or python_version < '3'", False),
        ("extra != 'a'", False),
        ("python_version not in '2.7'", False),
        ("", False),
        ("extra == (((", True),
    ],
)
def test_a_marker_is_false_when_only_an_extra_makes_it_true(marker: str, excluded: bool) -> None:
    assert requirement.is_excluded(marker) is excluded


def test_lines_are_joined_and_comments_are_not() -> None:
    found = read("a==1.0 \\\n  --hash=sha256:" + "0" * 64 + " # why\n#b==2\\\nc==3 # d==4\n")
    assert [(one.name, one.version) for one in found.components] == [("a", "1.0"), ("c", "3")]
    assert [str(one) for one in found.components[0].digests] == ["sha256:" + "0" * 64]
    assert [one.occurrences[0].line for one in found.components] == [1, 4]


def test_several_hashes_are_alternatives_and_not_digests_of_the_component() -> None:
    component = only(f"a==1 --hash=sha256:{'0' * 64} --hash=sha256:{'1' * 64}")
    assert component.digests == ()
    assert [item.name for item in component.properties] == ["assay:pypi:accepted-hash"] * 2


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "-e git+https://code.example/a.git@v1#egg=a",
            "pkg:pypi/a?vcs_url=git%2Bhttps:%2F%2Fcode.example%2Fa.git%40v1",
        ),
        ("a @ https://files.example/a-1.zip", "pkg:pypi/a?download_url=https:%2F%2Ffiles.example%2Fa-1.zip"),
        ("https://files.example/a_b-1.0-py3-none-any.whl", None),
        ("./wheels/a_b-1.0-py3-none-any.whl", "pkg:pypi/a-b@1.0"),
        (
            "a[x]@https://files.example/a-1.0-py3-none-any.whl",
            "pkg:pypi/a@1.0?download_url=https:%2F%2Ffiles.example%2Fa-1.0-py3-none-any.whl",
        ),
    ],
)
def test_a_direct_reference_names_its_project(line: str, expected: str | None) -> None:
    component = only(line)
    assert component.id == expected or (component.name, component.version) == ("a-b", "1.0")


def test_what_is_no_requirement_is_told_with_its_line_but_for_folders() -> None:
    found = read("a==1\nb==${VERSION}\nc==\n./some/folder\n")
    assert [one.name for one in found.components] == ["a"]
    assert [item.reason.partition(" ")[2][:2] for item in found.skipped] == ["2 ", "3 "]


def test_a_file_without_any_requirement_is_malformed() -> None:
    with pytest.raises(Malformed):
        read("this is a letter, not a list of packages!\n")


def test_requirements_for_development_are_excluded() -> None:
    (component,) = read("pytest==8\n", "dev-requirements.txt").components
    assert component.scope is Scope.EXCLUDED


def test_an_include_is_read_as_part_of_the_file_and_a_constraint_pins() -> None:
    files = [
        Located("r/requirements.txt", -1, read("-r ./sub/base.txt\n-c ../constraints.txt\nb\n", "r/requirements.txt")),
        Located("r/sub/base.txt", -1, read("a==1\n-r ../requirements.txt\n-r gone.txt", "r/sub/base.txt")),
        Located("constraints.txt", -1, requirements.constraints(File("constraints.txt", b"B==2 # pinned\n"))),
    ]
    main, base, _ = (part.found for part in assemble(files, None))
    assert {one.id for one in main.components} == {"pkg:pypi/a@1", "pkg:pypi/b@2"}
    assert [item.reason for item in main.skipped] == ["includes r/sub/gone.txt, which was not read"]
    assert {one.id for one in base.components} == {"pkg:pypi/a@1", "pkg:pypi/b@2"}


def test_a_file_of_any_other_name_counts_only_where_it_is_included() -> None:
    base = requirements.included(File("app/base.txt", b"a==1\n"))
    other = requirements.included(File("doc/base.txt", b"b==1\n"))
    main = read("-r base.txt\n", "app/requirements.txt")
    files = [
        Located("app/requirements.txt", -1, main),
        Located("app/base.txt", -1, base),
        Located("doc/base.txt", -1, other),
    ]
    shown = [[one.id for one in part.found.components] for part in assemble(files, None)]
    assert shown == [["pkg:pypi/a@1"], ["pkg:pypi/a@1"], []]
    assert requirements.included(File("doc/base.txt", b"This is prose, and no list.\n")) == Found()


@given(
    st.lists(
        st.sampled_from(["a", "==", "1.0", "\\", "\n", " ", "#", "-r", "--hash=", "[", "]", ";", "@", "${A}", ","])
    )
)
def test_any_mixture_of_tokens_is_read_or_refused(tokens: list[str]) -> None:
    try:
        found = read("".join(tokens))
    except AssayError:
        return
    assert all(one.name for one in found.components)


@given(st.text(max_size=200))
def test_any_marker_gets_an_answer(marker: str) -> None:
    assert requirement.is_excluded("extra" + marker) in (True, False)


@pytest.mark.parametrize("asked", [True, False])
def test_what_an_included_file_leaves_unread_is_told_only_where_it_is_included(asked: bool) -> None:
    noise = requirements.included(File("app/test.txt", b"a==1\nSK5uT5Q4DSV/adLQ6QkSg9l=23\n"))
    assert noise.skipped == ()
    main = requirements.parse(File("app/requirements.txt", b"-r test.txt\n" if asked else b"b==1\n"))
    parts = [Located("app/requirements.txt", -1, main), Located("app/test.txt", -1, noise)]
    skipped = [item for part in assemble(parts, None) for item in part.found.skipped]
    assert [item.path for item in skipped] == ["app/test.txt"] * asked
