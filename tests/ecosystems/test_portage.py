from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.portage import installed
from assay.errors import AssayError
from assay.formats import spdx_license
from assay.model.ecosystem import File


def test_atoms() -> None:
    text = ">=app-misc/c-1.7-r1:0=[a,b(+)] || ( dev-lang/perl:= sys-apps/x ) !dev-libs/y !!<z/z-1 ~a/b-c-2 =d/e-3*:4/5"
    assert installed.atoms(text) == [
        ("app-misc/c:0", "app-misc/c"),
        ("dev-lang/perl",),
        ("sys-apps/x",),
        ("a/b-c",),
        ("d/e:4", "d/e"),
    ]


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("MIT", "MIT"),
        ("MIT BSD-2", "MIT AND BSD-2"),
        ("|| ( Artistic GPL-1+ )", "Artistic OR GPL-1.0-or-later"),
        ("|| ( ( MIT BSD ) GPL-2 )", "(MIT AND BSD-3-Clause) OR GPL-2"),
        ("|| ( MIT ( BSD GPL-2 ) )", "MIT OR (BSD-3-Clause AND GPL-2)"),
        ("|| ( MIT Apache-2.0 ) ssl? ( ISC )", "(MIT OR Apache-2.0) AND ISC"),
        (") ( (", ""),
    ],
)
def test_licences(text: str, expression: str) -> None:
    assert installed.licence(text) == expression
    spdx_license.normalise(expression)


def test_an_installation_that_was_broken_off_is_none() -> None:
    assert installed.parse(File("var/db/pkg/a/-MERGING-b-1/CONTENTS", b"")).components == ()


def test_links_are_owned_too() -> None:
    data = b"dir /a\nsym /a/l -> t 17\nobj /a/b c 0cc175b9c0f1b6a831c399e269772661 17\n"
    found = installed.parse(File("x/var/db/pkg/cat/name-1.0/CONTENTS", data))
    assert (found.root, found.owns[0].owner, found.owns[0].paths) == ("x", "cat/name", b"a/l\na/b c")


@given(st.text(max_size=200))
def test_arbitrary_text_never_crashes(text: str) -> None:
    installed.atoms(text)
    spdx_license.normalise(installed.licence(text))
    with contextlib.suppress(AssayError):
        installed.parse(File("var/db/pkg/a/b-1/CONTENTS", text.encode()))
