"""Rules of version orders that are easily read otherwise, each with where it is written.

What comes from a program was taken from it; `interop.test_version_orders` asks these programs thousands of times.
"""

from __future__ import annotations

import pytest

from assay.ecosystems import order
from assay.ecosystems.maven.comparable import compare
from assay.errors import Malformed
from assay.formats.version_set import contains

RULES = [
    # semver.org, sections 9 and 11: only the first dash parts the pre-release, a second one belongs to an identifier
    ("npm", "1.11.2--b < 1.11.2-a-b"),
    ("crates.io", "1.0.0-11 < 1.0.0--11"),
    ("Go", "v1.0.0---rc < v1.0.0--rc"),
    ("Hex", "1.2.3--foo < 1.2.3-foo"),
    ("npm", "1.0.0-a.1 < 1.0.0-a.b"),
    ("npm", "1.0.0+a = 1.0.0+b"),
    # NuGet.Versioning, VersionComparer.CompareRelease: numbers are those that an Int32 holds, case does not count
    ("NuGet", "1.0.0-ci.2147483647 > 1.0.0-ci.500"),
    ("NuGet", "1.0.0-ci.20240101123456 > 1.0.0-ci.500"),
    ("NuGet", "1.0.0-ci.20240101123456 < 1.0.0-ci.3000000000"),
    ("NuGet", "1.0.0-ci.20240101123456 < 1.0.0-ci.A"),
    ("NuGet", "1.0.0-RC.1 = 1.0.0.0-rc.01+x"),
    # Cabal, Distribution.Types.Version: lists of numbers, a shorter one first; tags are read and dropped
    ("Hackage", "1.2 < 1.2.0"),
    ("Hackage", "1.2.9 < 1.2.10"),
    ("Hackage", "1.2-foo-bar = 1.2"),
    ("Hackage", "1.2-9 < 1.2.0"),
    ("Hackage", "1.65534 < 1.65535"),
    # SwiftPM, Version(tag:): a v before it, and a patch version that is missing is zero; PackageDescription.Version
    ("SwiftURL", "v1.2 = 1.2.0"),
    ("SwiftURL", "v1.2-beta < 1.2.0"),
    ("SwiftURL", "v1.2.0+9 = 1.2.0"),
    ("SwiftURL", "1.0.0-a < 1.0.0-a.0"),
    ("SwiftURL", "1.0.0-B < 1.0.0-a"),
    ("SwiftURL", "1.0.0-9 < 1.0.0-10"),
    ("SwiftURL", "1.0.0-10 < 1.0.0-9a"),
    ("SwiftURL", "1.0.0--1 < 1.0.0-0"),
    ("SwiftURL", "1.0.0--2 < 1.0.0--1"),
    ("SwiftURL", "1.0.0--10 < 1.0.0--9"),
    ("SwiftURL", "1.0.0-100000000000000000000 < 1.0.0-99999999999999999999"),
    ("SwiftURL", "1.0.0-0 < 1.0.0-"),
    ("SwiftURL", "1.0.0- < 1.0.0"),
    # Julia, base/version.jl: builds count, the bare minus is below all, the bare plus above all
    ("Julia", "3.0.15+0 < 3.0.15+1"),
    ("Julia", "3.0.15 < 3.0.15+0"),
    ("Julia", "3.0.15+9 < 3.0.15+10"),
    ("Julia", "1.0+b < 1.0+"),
    ("Julia", "1.0- < 1.0-0"),
    ("Julia", "1.0rc1 < 1.0"),
    # pub_semver, Version.compareTo
    ("Pub", "1.0.0 < 1.0.0+1"),
    ("Pub", "1.0.0+9 < 1.0.0+10"),
    ("Pub", "1.0.0--rc < 1.0.0-rc"),
    # Gem::Version: what is missing is a zero, and words are below numbers
    ("RubyGems", "2.0b0b < 2.0.0b"),
    ("RubyGems", "3.alpha.0x < 3.alpha"),
    ("RubyGems", "1.b.0.b < 1.b.0.0.b"),
    ("RubyGems", "1.b.0.0.1 < 1.b.0.1"),
    ("RubyGems", "1.0.0.2 < 1.0.2"),
    ("RubyGems", "1.0.0-1 = 1.pre.1"),
    # PHP, version_compare: a sign at the edge is a word that nobody knows
    ("Packagist", "1- < 1"),
    ("Packagist", "+0 < 0"),
    ("Packagist", "1.0~2 < 1.0.2"),
    ("Packagist", "1.0-1 = 1.0+1"),
    # vercmp: the count of characters between two runs, and what is left at the end
    ("alpm", "1.0-1 < 1..0-1"),
    ("alpm", "1a-1 < 1-1"),
    ("alpm", "1-1 < 1.a-1"),
    ("alpm", "1.a-1 < 1_-1"),
    ("alpm", "1_-1 < 1.0-1"),
    ("alpm", ":1-1 = 0:1-1"),
    # Conan, conan/internal/model/version.py: parts, a pre-release, a build; zeros at the end do not count
    ("ConanCenter", "1.0-rc < 1.0"),
    ("ConanCenter", "1.0 = 1"),
    ("ConanCenter", "1.0 < 1.0+1"),
    ("ConanCenter", "1.0+9 < 1.0+10"),
    ("ConanCenter", "1.1.1 < 1.1.1k"),
    ("ConanCenter", "1.1.1k < 1.1.2"),
    ("ConanCenter", "9999 < cci.20200101"),
    ("ConanCenter", "1.0-rc.2 < 1.0-rc.10"),
    # the POM reference, "Version Order Specification": what says nothing goes from before a dash, also at the beginning
    ("Maven", "0-rc1 < 0"),
    ("Maven", "0.0-SNAPSHOT < 0.0"),
    ("Maven", ".9 < 1.9"),
    ("Maven", "1-sp-1 < 1-ga-1"),
    ("Maven", "1-ga-1 = 1-1"),
    # Bitnami's advisories: upstream's pre-releases, and -0 for all of a release
    ("Bitnami", "1.26.0-0 = 1.26.0"),
    ("Bitnami", "2.6.0-rc1 < 2.6.0"),
    ("Bitnami", "1.8.0-331 < 1.8.0-333"),
    # R, utils::compareVersion
    ("CRAN", "1.9 < 1.9.0"),
    ("CRAN", "1.9-0 = 1.9.0"),
]


@pytest.mark.parametrize(("ecosystem", "line"), RULES)
def test_the_rule_holds_both_ways_round(ecosystem: str, line: str) -> None:
    one, sign, other = line.split(" ")
    key = order(ecosystem).key
    assert (key(one) > key(other)) - (key(one) < key(other)) == {"<": -1, "=": 0, ">": 1}[sign]


@pytest.mark.parametrize(
    ("version", "inside"),
    [("4.3.0+9", False), ("4.3.1+0", True), ("4.3.1+1", True), ("4.3.1+2", False), ("4.3.2", False)],
)
def test_a_range_of_julia_lies_between_two_builds(version: str, inside: bool) -> None:
    julia = order("Julia")
    (interval,) = julia.intervals(">= 4.3.1+0, < 4.3.1+2")
    assert contains(interval, julia.key(version), julia.key) is inside


@pytest.mark.parametrize(
    ("requirement", "inside", "outside"),
    [
        ("(>= 1 && < 2 || == 0.9) && < 1.5", ["1", "1.4.9", "0.9"], ["0.8", "1.5", "3"]),
        ("< 1.5 && (>= 1 || == 0.9)", ["1", "0.9"], ["0.9.0", "1.5"]),
        ("((== 1.2.*)) || > 3", ["1.2", "1.2.9", "3.0"], ["1.3", "3"]),
        ("^>= 1.2.3.4", ["1.2.3.4", "1.2.9"], ["1.2.3", "1.3"]),
        ("^>= 1", ["1", "1.0.9"], ["1.1"]),
        ("^>= { 1.2, 1.4.1 } && < 1.4.5", ["1.2", "1.2.9", "1.4.1"], ["1.3", "1.4.0", "1.4.5"]),
        ("== {1.2,1.3-any}", ["1.2", "1.3"], ["1.2.0", "1.2.9"]),
        ("-any", ["0", "9"], []),
        ("-none || == 1", ["1"], ["0", "2"]),
        (">= 1 && (< 2)", ["1.9"], ["0.9", "2"]),
    ],
)
def test_the_ranges_of_cabal(requirement: str, inside: list[str], outside: list[str]) -> None:
    hackage = order("Hackage")
    found = hackage.intervals(requirement)
    held = [any(contains(item, hackage.key(text), hackage.key) for item in found) for text in inside + outside]
    assert held == [True] * len(inside) + [False] * len(outside)


@pytest.mark.parametrize("requirement", ["(>= 1", ">= 1)", "()", "(>= 1 || )", "== {}", "(" * 101 + ">= 1" + ")" * 101])
def test_what_is_no_range_of_cabal(requirement: str) -> None:
    with pytest.raises(Malformed):
        order("Hackage").intervals(requirement)


@pytest.mark.parametrize(
    ("ecosystem", "form"),
    [
        ("Hackage", "^>= 1.{}"),
        ("Hackage", "^>= {{1.{}}}"),
        ("PyPI", "== 1.{}.*"),
        ("PyPI", "~= {}"),
        ("RubyGems", "~> {}"),
    ],
)
def test_endless_numbers_are_no_range(ecosystem: str, form: str) -> None:
    """Python refuses to make a number of more than 4,300 digits."""
    with pytest.raises(Malformed):
        order(ecosystem).intervals(form.format("9" * 5000))


@pytest.mark.parametrize(
    "line",
    [
        "1-ga-1 = 1-1",  # the POM reference
        "1-ga1 < 1-1",  # Maven 3.8.5; the reference speaks of dashes alone
        "ga1 < 1",
        "0beta > beta",
        "1---1 < 1--001",
        "4.14 > ga4.14",
        "3Final-2foo < 3-2foo",
    ],
)
def test_maven_says_so_itself(line: str) -> None:
    one, sign, other = line.split(" ")
    wanted = {"<": -1, "=": 0, ">": 1}[sign]
    assert (compare(one, other), compare(other, one)) == (wanted, -wanted)
