"""Licences: what packages say becomes a valid expression or stays a name, whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import Malformed
from assay.formats import spdx_expression, spdx_license
from assay.formats.license_names import key, table
from assay.model.license import License


@pytest.mark.parametrize(
    ("said", "expression"),
    [
        ("mit", "MIT"),
        ("Apache 2.0", "Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("The Apache Software License, Version 2.0", "Apache-2.0"),
        ("MIT License", "MIT"),
        ("MIT/X11", "MIT"),
        ("Expat", "MIT"),
        ("MIT + file LICENSE", "MIT"),
        ("License :: OSI Approved :: MIT License", "MIT"),
        ("License :: CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
        ("License :: OSI Approved :: GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"),
        ("License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
        ("GPLv3+", "GPL-3.0-or-later"),
        ("GPL (>= 2)", "GPL-2.0-or-later"),
        ("GNU GPL v3 or any later version", "GPL-3.0-or-later"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("GPL-2.0+ WITH Classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"),
        ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("GPLv2 with the Classpath exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("apache-2.0 with llvm-exception", "Apache-2.0 WITH LLVM-exception"),
        ("GPL-2 with Linux-syscall-note exception", "GPL-2.0-only WITH Linux-syscall-note"),
        ("Apache License v2.0 with LLVM Exceptions", "Apache-2.0 WITH LLVM-exception"),
        ("(MIT OR Apache-2.0)", "MIT OR Apache-2.0"),
        ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
        ("Apache-2.0 / MIT", "Apache-2.0 OR MIT"),
        ("GPL-2 | GPL-3", "GPL-2.0-only OR GPL-3.0-only"),
        ("GPL-2+ and LGPL-2.1+", "GPL-2.0-or-later AND LGPL-2.1-or-later"),
        ("LGPLv2+ and (GPLv2+ or MPLv1.1)", "LGPL-2.0-or-later AND (GPL-2.0-or-later OR MPL-1.1)"),
        ("GPL-1+ or Expat, and BSD-3-clause", "(GPL-1.0-or-later OR MIT) AND BSD-3-Clause"),
        ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
        ("perl_5", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("MIT OR (MIT)", "MIT"),
        (
            "licenseref-Vendor AND DocumentRef-a:LicenseRef-b",
            "LicenseRef-Vendor AND DocumentRef-a:LicenseRef-b",
        ),
        ("http://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("https://spdx.org/licenses/BSD-3-Clause.html", "BSD-3-Clause"),
        ("https://creativecommons.org/licenses/by-sa/4.0/", "CC-BY-SA-4.0"),
        ("https://licenses.example/MIT", "MIT"),
        ("MIT License\n\nCopyright (c) 2020 Somebody\n\n" + "Permission is hereby granted " * 20, "MIT"),
    ],
)
def test_what_is_certain_becomes_an_expression(said: str, expression: str) -> None:
    assert spdx_license.normalise(said) == (License(expression=expression),)


@pytest.mark.parametrize(
    "said",
    [
        "BSD",
        "BSD License",
        "GPL",
        "LGPL",
        "Apache Software License",
        "MIT-style",
        "BSD-like",
        "MIT, Apache 2.0",
        "Dual MIT/GPL",
        "GPL-2+ with OpenSSL exception",
        "SEE LICENSE IN LICENSE.md",
        "UNLICENSED",
        "MIT AND",
        "AND OR WITH",
        "Public Domain",
        "CDDL + GPLv2 with classpath exception",
    ],
)
def test_what_is_not_stays_a_name(said: str) -> None:
    assert spdx_license.normalise(said) == (License(name=said),)


@pytest.mark.parametrize("said", ["", "  ", "UNKNOWN", "NOASSERTION", "none", "N/A", "License :: OSI Approved"])
def test_what_says_nothing_gives_nothing(said: str) -> None:
    assert spdx_license.normalise(said) == ()


def test_the_address_of_an_ambiguous_licence_is_kept() -> None:
    url = "https://www.gnu.org/licenses/gpl-3.0.html"
    assert spdx_license.normalise(url) == (License(name=url, url=url),)


def test_a_licence_text_is_kept_under_its_title() -> None:
    text = "The Somebody License\n\n" + "You may use this. " * 100
    assert spdx_license.normalise(text) == (License(name="The Somebody License", text=text.strip()),)


def test_a_long_expression_is_still_one() -> None:
    many = " AND ".join(f"LicenseRef-{number}" for number in range(200))
    assert spdx_license.normalise(many) == (License(expression=many),)


def test_identifiers_of_an_expression() -> None:
    found = spdx_license.identifiers("(mit OR Apache-2.0+) AND GPL-2.0 WITH Classpath-exception-2.0 AND MIT")
    assert found == ("MIT", "Apache-2.0+", "GPL-2.0", "Classpath-exception-2.0")
    assert spdx_license.identifiers("nothing of the kind") == ()


def test_validity() -> None:
    assert spdx_license.is_valid("GPL-2.0+")
    assert not spdx_license.is_valid("MIT WITH MIT")
    assert not spdx_license.is_valid("Mit Or Apache-2.0")
    assert not spdx_license.is_valid("NOASSERTION")


def test_precedence() -> None:
    tree = spdx_expression.parse("MIT OR ISC AND Zlib OR 0BSD")
    assert str(tree) == "MIT OR ISC AND Zlib OR 0BSD"
    assert str(spdx_expression.parse("(MIT OR ISC) AND ((Zlib))")) == "(MIT OR ISC) AND Zlib"


def test_nesting_is_bounded() -> None:
    with pytest.raises(Malformed):
        spdx_expression.parse("(" * 5000 + "MIT" + ")" * 5000)


def test_every_alias_leads_to_a_valid_expression() -> None:
    known = table()
    assert all(spdx_license.is_valid(target) for target in known.license_names.values())
    assert all(spdx_license.is_valid(target) for target in known.successors.values())
    assert set(known.exception_names.values()) <= set(known.exceptions.values())
    assert "" not in known.license_names


def test_every_identifier_is_found_by_itself() -> None:
    known = table()
    for identifier in known.licenses.values():
        (license_,) = spdx_license.normalise(identifier)
        assert license_.expression == known.successors.get(identifier, identifier)
        assert spdx_license.is_valid(identifier.lower())


def test_the_common_key_of_names() -> None:
    assert key("Apache License, Version 2.0") == key("apache 2") == "apache 2"
    lesser = "GNU Lesser General Public License v2.1 or (at your option) any later version"
    assert key(lesser) == "lgpl 2.1 or later"


_PIECES = ["MIT", "GPL-2+", "gplv3", "Apache 2.0", "or", "AND", "with", "(", ")", "/", "|", ",", "+", "BSD"]
_PIECES += ["LicenseRef-x", "LLVM-exception", "::", "License", "or later", ">= 2", "\0", "é"]
_PIECES += ["http://a.example/licenses/MIT"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(_PIECES), max_size=9).map(" ".join)))
def test_the_result_is_a_valid_expression_or_a_name(said: str) -> None:
    for license_ in spdx_license.normalise(said):
        assert bool(license_.expression) is not bool(license_.name)
        if license_.expression:
            assert spdx_license.is_valid(license_.expression)
            assert spdx_license.normalise(license_.expression) == (License(expression=license_.expression),)
