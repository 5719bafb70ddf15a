"""Version orders against the ecosystems' own: thousands of pairs, made from grammar and from versions that occur.

Needs the programs that it names (php-cli, php-composer-semver, ruby, elixir, r-base-core, libalpm13, ghc, swiftlang of
Debian 13, a JDK with Maven, node with npm, go, cargo); what is absent is skipped. dpkg, rpm and the rest are elsewhere:
`formats.test_version_orders`, `ecosystems.test_version_rules`.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from assay.ecosystems import order
from assay.ecosystems.maven.comparable import compare
from assay.formats.version_set import contains
from conformance import suite
from interop import version_oracles as oracles

pytestmark = pytest.mark.interop
COUNT = 4000
LEAST_VALID = 1000
_IDENTIFIERS = [
    "0",
    "1",
    "2",
    "10",
    "01",
    ".",
    "-",
    "+",
    "alpha",
    "beta",
    "rc",
    ".0",
    "-rc.1",
    "+b",
    "a",
    "B",
    "x",
    "--",
]
_NUMBERS = ["0", "1", "2", "00", "01", "10", "9", "20240101", "1.0", "2.3", ".", "-", ".0"]
_SEMVER = "1.0.0 1.2.3-a.b 1.2.3-5-foo 1.2.3-beta+build 0.0.0-rc.1.10 2.10.2-x--y 1.0.0-20240101000000-abcdef123456"
_SEMVER_FORM = r"v?(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
_SWIFT_FORM = r"\d+\.\d+\.\d+(?:-(?!.*(?<![0-9A-Za-z])0\d)[0-9A-Za-z.-]*)?(?:\+[0-9A-Za-z.-]+)?"
"""Of two identifiers that are one number in two writings (``7`` and ``07``) SwiftPM looks at nothing behind them."""
_CONAN_PART = r"(?:0|[1-9]\d*|[a-z]+\d*)"
_CONAN_PARTS = rf"{_CONAN_PART}(?:\.{_CONAN_PART})*"


@dataclass(frozen=True, slots=True)
class Scheme:
    """An ecosystem, who judges it, and what its versions are made of."""

    ecosystem: str
    oracle: Callable[[], list[str]]
    words: str
    seeds: str
    """Versions to change, or the name of a file of the suite `versions`."""
    form: str = ".+"
    """What all versions are like; elsewhere the oracle contradicts itself, or the manual."""
    prefix: str = ""


SCHEMES = [
    Scheme("Maven", oracles.maven, "alpha beta b a m milestone rc cr snapshot ga final sp x foo -1 -a RC jre8 _ +",
           "maven.txt", r"(?!.*(ga|final|release)-)(?!.*(GA|Final|FINAL|RELEASE|Release)-).+"),
    Scheme("Packagist", oracles.composer, "dev alpha a beta b RC rc pl p patch post x foo + _ stable -dev build",
           "packagist.txt", r"\d(?:.*[0-9A-Za-z])?"),
    Scheme("npm", oracles.npm, "", _SEMVER, _SEMVER_FORM),
    Scheme("crates.io", oracles.cargo, "", _SEMVER, _SEMVER_FORM),
    Scheme("Go", oracles.golang, "", _SEMVER, _SEMVER_FORM, "v"),
    Scheme("Hex", oracles.script("elixir", "hex.exs", oracles.HEX), "", _SEMVER, _SEMVER_FORM),
    Scheme("SwiftURL", oracles.swift, "", f"{_SEMVER} 1.0.0--1.5 1.0.0-9223372036854775808", _SWIFT_FORM),
    Scheme("RubyGems", oracles.script("ruby", "gem.rb", oracles.GEM), "a b rc pre alpha beta x java A RC pre1",
           "rubygems.txt"),
    Scheme("CRAN", oracles.script("Rscript", "cran.R", oracles.CRAN), "0.0", "cran.txt", r"\d{1,9}([.-]\d{1,9})+"),
    Scheme("Hackage", oracles.cabal, "0.0 -foo -a1 -1 -foo-bar 65534 65535 65536 999999999", "hackage.txt",
           r"(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8}))*(-[0-9A-Za-z]+)*"),
    Scheme("PyPI", oracles.python("pypi", oracles.PYPI, "packaging==21.3"),
           "a b c rc alpha beta pre preview post rev r dev final + ! _ local x v * .dev1 -1 -r2 +ubuntu.1", "pypi.txt"),
    Scheme("Gentoo", oracles.python("portage", oracles.PORTAGE, "portage==3.0.67"),
           "a b z _alpha _beta1 _pre _rc2 _p _p1 -r1 -r0 -r01 .01 .10 .010", "1.2.3_p4-r5 1.02b_rc1 10.0_alpha_p2"),
    Scheme("ConanCenter", oracles.python("conan", oracles.CONAN, "conan==2.20.1"), "cci.20200101 pre dev k",
           f"{_SEMVER} cci.20200101 1.1", rf"{_CONAN_PARTS}(-{_CONAN_PARTS})?(\+{_CONAN_PARTS})?"),
    Scheme("alpm", oracles.python("alpm", oracles.ALPM), "a b rc alpha _ : + ~ ^ r12 g1a2b3c -1 -2 pre @",
           "1:1.0.r12.gabc-1 2.0rc1-2 1.0.a-1 3_4+5-1", r"(\d+:)?[A-Za-z0-9@_+.~^]*[A-Za-z0-9]-\d+(\.\d+)?"),
]  # fmt: skip


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.ecosystem)
def test_the_tool_of_the_ecosystem_agrees(scheme: Scheme) -> None:
    command = scheme.oracle()
    pairs = _pairs(scheme)
    lines = "".join(f"{one}\t{other}\n" for one, other in pairs)
    told = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=oracles.SECONDS, check=True)
    judged = [(pair, int(word)) for pair, word in zip(pairs, told.stdout.split(), strict=True) if word != "E"]
    differences = [(pair, wanted) for pair, wanted in judged if _ours(scheme.ecosystem, *pair) != wanted]
    print(f"\n{scheme.ecosystem}: {len(judged)} of {len(pairs)} pairs judged, {len(differences)} differ")
    assert len(judged) >= LEAST_VALID
    assert not differences, sorted(differences, key=lambda item: len("".join(item[0])))[:20]


def test_cabal_agrees_about_ranges() -> None:
    command, rules, chance = [*oracles.cabal(), "ranges"], order("Hackage"), random.Random(7)
    asked = sorted({(_hackage_version(chance), _hackage_range(chance)) for _ in range(COUNT)})
    lines = "".join(f"{version}\t{text}\n" for version, text in asked)
    told = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=oracles.SECONDS, check=True)
    judged = [(*pair, word == "1") for pair, word in zip(asked, told.stdout.split(), strict=True) if word != "E"]
    differences = [
        (version, text, wanted)
        for version, text, wanted in judged
        if any(contains(item, rules.key(version), rules.key) for item in rules.intervals(text)) is not wanted
    ]
    print(f"\nHackage: {len(judged)} of {len(asked)} questions about ranges judged, {len(differences)} differ")
    assert len(judged) >= LEAST_VALID
    assert not differences, sorted(differences, key=lambda item: len(item[1]))[:20]


def _hackage_version(chance: random.Random) -> str:
    return ".".join(chance.choices("0123", k=chance.randint(1, 4))) + chance.choice(("", "", "", "-any", "-rc1"))


def _hackage_range(chance: random.Random, depth: int = 0) -> str:
    """A range of Cabal's grammar: relations, wildcards, sets, ``&&`` and ``||``, parentheses."""
    space = chance.choice(("", " "))
    if depth < 4 and chance.random() < 0.6:
        one, other = (_hackage_range(chance, depth + 1) for _ in range(2))
        text = f"{one}{space}{chance.choice(('&&', '||'))}{space}{other}"
        return f"({space}{text}{space})" if chance.random() < 0.5 else text
    operator = chance.choice(("==", "^>=", ">=", "<", "<=", ">", "==*", "=={}", "^>={}"))
    version = _hackage_version(chance)
    if operator == "==*":
        return f"=={space}{version.partition('-')[0]}.*"
    if operator.endswith("{}"):
        return f"{operator[:-2]}{space}{{{space}{version},{space}{_hackage_version(chance)}{space}}}"
    return f"{operator}{space}{version}"


def _ours(ecosystem: str, one: str, other: str) -> int:
    if ecosystem == "Maven":
        return compare(one, other)
    key = order(ecosystem).key
    return (key(one) > key(other)) - (key(one) < key(other))


def _pairs(scheme: Scheme) -> list[tuple[str, str]]:
    chance = random.Random(scheme.ecosystem)
    words = [*(_NUMBERS if scheme.words else _IDENTIFIERS), *scheme.words.split()]
    seeds = _seeds(scheme.seeds)
    found: set[tuple[str, str]] = set()
    for _ in range(COUNT * 60):
        one = chance.choice(seeds) if chance.random() < 0.6 else _made(chance, words)
        other = _changed(chance, one, words) if chance.random() < 0.8 else _made(chance, words)
        pair = (scheme.prefix + one, scheme.prefix + other)
        if all(text.strip() == text and re.fullmatch(scheme.form, text, re.ASCII) for text in pair):
            found.add(pair)
        if len(found) == COUNT:
            break
    return sorted(found)


def _seeds(text: str) -> list[str]:
    if not text.endswith(".txt"):
        return text.split(" ")
    lines = (suite.folder("versions") / text).read_text(encoding="utf-8").splitlines()
    return sorted({version for line in lines if not line.startswith("# ") for version in line.split(" ")[::2]})


def _made(chance: random.Random, words: list[str]) -> str:
    return chance.choice("0123") + "".join(chance.choices(words, k=chance.randint(0, 6)))


def _changed(chance: random.Random, version: str, words: list[str]) -> str:
    parts = re.findall(r"\d+|[A-Za-z]+|.", version)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        place = chance.randrange(len(parts) + 1)
        parts[place : place + chance.choice((0, 1))] = chance.choice(([chance.choice(words)], []))
    return "".join(parts)
