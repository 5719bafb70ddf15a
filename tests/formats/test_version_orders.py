"""Version orders: total, readable requirements, and dpkg and rpm as oracles."""

from __future__ import annotations

import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems import discover, order
from assay.errors import Malformed
from assay.formats.version_set import complement, contains
from assay.model.version import Interval

ORDERS = sorted(
    {order(ecosystem.name) for ecosystem in discover()} | {order("cpe")}, key=lambda item: item.key.__module__
)
VERSIONS = st.text(st.sampled_from("0123456789.-_~^+:abrcpv xTé"), max_size=14) | st.text(max_size=30)

PAIRS = {
    "hex": ["1.0.0-rc.1 < 1.0.0", "1.2.10 > 1.2.9"],
    "conan": ["1.1.1k < 1.1.1l", "1.0-pre < 1.0", "cci.20200101 < cci.20210101"],
    "swift": ["1.0.0-beta < 1.0.0", "v1.2.0 = 1.2.0"],
    "julia": ["1.10.0 > 1.9.9", "1.0.0-rc1 < 1.0.0"],
    "portage": ["1.2_rc1 < 1.2", "1.2_p1 > 1.2", "1.2-r1 > 1.2", "1.2a < 1.2b", "1.1 < 1.10", "1.01 < 1.1"],
    "alpm": ["1.0rc1 < 1.0", "1:1.0 > 2.0", "1.0.a > 1.0", "1.0-2 > 1.0-1"],
    "bitnami": ["1.2.3 < 1.2.3-1", "1.2.3-1 < 1.2.3-2", "1.2.3-rc1 < 1.2.3", "1.2.3-9 < 1.2.4"],
    "golang": ["v1.2.4-0.20240101000000-abc < v1.2.4", "go1.21rc2 < go1.21", "1.21 < 1.21.1"],
    "cpe": ["1.0.2k < 1.0.2zc", "1.0-rc1 < 1.0", "2.0-beta9 < 2.0", "1.0 = 1.0.0", "1.9 < 1.10"],
    "jvm": [
        "1.8.0_402 = 8.0.402", "8u402 = 1.8.0-update402", "8-update_402 = 8.0.402", "1.8.0_402-b06 = 8.0.402",
        "11.0.22+7-LTS = 11.0.22", "17 = 17.0.0", "1.4.2_19 = 4.2.19", "8 = 1.8", "1.8.0_9 < 1.8.0_10", "1.9 < 8.0.5",
        "22-ea < 22", "8-milestone9 < 8", "8-milestone2 < 8-milestone10", "17.0.9 < 17.0.9.1", "1.1.8 < 1.4.2",
        "1.8.0_501 < 9", "17.0.12 < 21", "9-ea+3 < 9",
    ],
    "deb": ["1.0~rc1 < 1.0", "1:0.1 > 9", "1.0 < 1.0+b1", "1.0-0 > 1.0-0~bpo1", "1.0 = 1.0-0", "00a-z > 00-z"],
    "rpm": ["1.0~rc1 < 1.0", "1.0^git1 > 1.0", "1.0^git1 < 1.0.1"],
    "pypi": ["1.0.dev1 < 1.0a1", "1.0 < 1.0.post1", "1.0 < 1.0+local", "legacy-x < 0.0.1"],
}  # fmt: skip


def test_tricky_pairs() -> None:
    for name, lines in PAIRS.items():
        key = order(name).key
        for line in lines:
            one, sign, other = line.split(" ")
            found = (key(one) > key(other)) - (key(one) < key(other))
            assert found == {"<": -1, "=": 0, ">": 1}[sign], (name, line)


@pytest.mark.parametrize("found", ORDERS, ids=lambda item: item.key.__module__.split(".")[-2])
@given(version=VERSIONS)
def test_every_text_has_a_key(found, version: str) -> None:  # type: ignore[no-untyped-def]
    assert isinstance(found.key(version), bytes)


@pytest.mark.parametrize("found", ORDERS, ids=lambda item: item.key.__module__.split(".")[-2])
@given(requirement=st.text(st.sampled_from("0123456789.-<>=~^|,!()[]*x&ab "), max_size=24))
def test_every_text_is_a_requirement_or_malformed(found, requirement: str) -> None:  # type: ignore[no-untyped-def]
    try:
        assert all(isinstance(item, Interval) for item in found.intervals(requirement))
    except Malformed:
        return


@pytest.mark.parametrize(
    ("ecosystem", "requirement", "inside", "outside"),
    [
        ("npm", "^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0", "2.0.0-rc.1"]),
        ("npm", "~0.2.3 || >=3 <4", ["0.2.9", "3.1.0"], ["0.3.0", "4.0.0"]),
        ("npm", "1.2 - 2.3", ["1.2.0", "2.3.9"], ["2.4.0"]),
        ("npm", "1.x", ["1.9.9"], ["2.0.0"]),
        ("npm", "1.2", ["1.2.0", "1.2.9"], ["1.3.0", "1.1.9"]),
        ("npm", "<=1.1", ["1.1.9", "0.1.0"], ["1.2.0", "1.2.0-rc.1"]),
        ("npm", ">1 || =0.3", ["2.0.0", "0.3.7"], ["1.5.0", "0.4.0"]),
        ("npm", "<2", ["1.9.0"], ["2.0.0-rc.1"]),
        ("crates.io", "=1.2", ["1.2.9"], ["1.3.0"]),
        ("crates.io", ">1.2, <=1.4", ["1.3.0", "1.4.9"], ["1.2.9", "1.5.0"]),
        ("Packagist", "!=1.2.*", ["1.1.9", "1.3.0"], ["1.2.0", "1.2.5"]),
        ("RubyGems", "~> 2.1.3, != 2.1.5", ["2.1.4"], ["2.1.5", "2.2.0", "2.1.2"]),
        ("PyPI", ">=1.0,<2.0,!=1.5", ["1.4"], ["1.5", "2.0"]),
        ("PyPI", "~=1.4.2", ["1.4.9"], ["1.5"]),
        ("PyPI", "==1.*", ["1.9"], ["2.0"]),
        ("PyPI", "= 1.2", ["1.2", "1.2.0"], ["1.2.1"]),  # as GitHub writes it
        ("Maven", "[1.0,2.0),[3.0]", ["1.5", "3.0"], ["2.0", "3.1"]),
        ("NuGet", "(,1.0]", ["0.9", "1.0"], ["1.0.1"]),
        ("Packagist", ">=1.0,<1.4|^2.1", ["1.3", "2.9"], ["1.4", "2.0", "3.0"]),
        ("crates.io", "1.2", ["1.2.0", "1.9.0"], ["2.0.0"]),
        ("Hackage", ">= 1.2 && < 2 || == 3.*", ["1.5", "3.7"], ["2.0", "4.0"]),
        ("Julia", ">= 1.2.0, < 1.3.0", ["1.2.9"], ["1.3.0"]),
        ("Hex", "~> 1.2 or == 3.0.0", ["1.9.0", "3.0.0"], ["2.0.0"]),
        ("Debian:12", "(>= 1.2), (<< 2)", ["1.5"], ["2"]),
    ],
)
def test_requirement_languages(ecosystem: str, requirement: str, inside: list[str], outside: list[str]) -> None:
    rules = order(ecosystem)
    intervals = rules.intervals(requirement)
    for version in inside + outside:
        held = any(contains(item, rules.key(version), rules.key) for item in intervals)
        assert held is (version in inside), (requirement, version, intervals)
        rest = complement(intervals, rules.key)
        assert any(contains(item, rules.key(version), rules.key) for item in rest) is not held


def _random(letters: str) -> str:
    return "".join(random.choice(letters) for _ in range(random.randint(1, 9)))


def test_dpkg_agrees() -> None:
    if shutil.which("dpkg") is None:
        pytest.skip("no dpkg here")
    random.seed(7)
    key = order("deb").key
    for _ in range(150):
        one, other = (
            f"{random.choice('01')}:{random.choice('01')}{_random('09a.+~')}-{_random('01a~+')}" for _ in range(2)
        )
        wanted = "lt" if key(one) < key(other) else "gt" if key(one) > key(other) else "eq"
        assert subprocess.run(["dpkg", "--compare-versions", one, wanted, other], check=False).returncode == 0, (
            one,
            other,
        )


def test_rpm_agrees() -> None:
    if shutil.which("rpm") is None:
        pytest.skip("no rpm here: `make system` installs it")
    random.seed(7)
    key = order("rpm").key
    pairs = [(f"1{_random('0129az.~^_')}", f"1{_random('0129az.~^_')}") for _ in range(150)]
    script = "".join(f"print(rpm.vercmp('{one}', '{other}') .. ' ')" for one, other in pairs)
    told = subprocess.run(["rpm", "--eval", f"%{{lua:{script}}}"], capture_output=True, text=True, check=True).stdout
    for (one, other), line in zip(pairs, told.split(), strict=True):
        assert int(line) == (key(one) > key(other)) - (key(one) < key(other)), (one, other)
