"""The rule that an explanation names is the one that decides, in sentences that hold for the comparator."""

from __future__ import annotations

import pytest

from assay.ecosystems import order
from assay.engines.match.order_rules import rule

CASES = [
    ("Debian:12", "1.35-1", "<", "1:1.34-2", "the epoch"),
    ("Debian:12", "0:2.0", "<", "2.1", ""),
    ("Debian:12", "2.0~rc1", "<", "2.0", "a tilde"),
    ("Rocky Linux:8", "2.0~rc1-1", "<", "2.0-1", "a tilde"),
    ("Rocky Linux:8", "2.0^git1-1", ">", "2.0-1", "a caret"),
    ("Rocky Linux:8", "1:1.0-1", ">", "9-1", "the epoch"),
    ("Arch Linux", "1:1.0-1", ">", "9-1", "the epoch"),
    ("Arch Linux", "2.0~rc1-1", ">", "2.0-1", ""),
    ("Debian:12", "2.0^a", ">", "2.0", ""),
    ("npm", "2.0.0-rc.1", "<", "2.0.0", "a pre-release"),
    ("npm", "2.0.0+build", "=", "2.0.0", "what follows a plus"),
    ("npm", "2.0.1", ">", "2.0.0", ""),
    ("Go", "v0.0.0-20211112202133-69e39bad7dc2", "<", "0.0.0-20220906165146-f3363e06e74c", "of these pseudo-versions"),
    ("Go", "v0.1.0", ">", "0.0.0-20220906165146-f3363e06e74c", "a pseudo-version is a pre-release"),
    ("Go", "v1.2.4-0.20211112202133-69e39bad7dc2", ">", "0.0.0-20220906165146-f3363e06e74c", "of pseudo-versions"),
    ("Maven", "31.1-android", "<", "31.1-jre", "qualifiers"),
    ("Maven", "1.0-alpha-1", "<", "1.0", "qualifiers"),
    ("Maven", "1.1", ">", "1.0", ""),
    ("Alpine:3.18", "9.3_p1-r3", "<", "9.3_p2-r0", "suffixes"),
    ("Alpine:3.18", "9.3_rc1-r3", "<", "9.3-r0", "suffixes"),
    ("Alpine:3.18", "9.3-r3", ">", "9.3-r0", ""),
    ("PyPI", "2004d", "<", "1.0", "2004d is not of PEP 440"),
    ("PyPI", "1.0.dev1", "<", "1.0", "dev, then a, b, rc"),
    ("PyPI", "1.0+local.1", ">", "1.0", "a local version"),
    ("PyPI", "1.1", ">", "1.0", ""),
    ("jvm", "8.0.402", "<", "1.8.0_501", "1.8.0_402, 8u402"),
    ("jvm", "11.0.22+7", "=", "11.0.22", "what follows a plus"),
    ("jvm", "11.0.22", "<", "11.0.23", ""),
]


@pytest.mark.parametrize(("ecosystem", "one", "sign", "other", "begins"), CASES)
def test_a_rule_is_named_where_it_decides(ecosystem: str, one: str, sign: str, other: str, begins: str) -> None:
    versions = order(ecosystem)
    mine, theirs = versions.key(one), versions.key(other)
    assert ("<" if mine < theirs else ">" if mine > theirs else "=") == sign
    found = rule(versions.scheme, one, other)
    assert found.startswith(begins) and bool(found) == bool(begins)
    assert bool(rule(versions.scheme, other, one)) == bool(begins)


def test_a_pseudo_version_shows_its_time() -> None:
    said = rule("semver", "v0.0.0-20211112202133-69e39bad7dc2", "v0.0.0-20220906165146-f3363e06e74c")
    assert said.endswith("2021-11-12 20:21:33 and 2022-09-06 16:51:46 UTC")


def test_absurd_versions_are_no_trouble() -> None:
    for scheme in ("debian", "semver", "maven", "alpine", "pypi", "generic"):
        assert isinstance(rule(scheme, "1" * 100_000 + "~-_p+", "a.-" * 50_000), str)
