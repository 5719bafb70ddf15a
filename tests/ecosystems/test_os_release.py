from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.os_release import elder, modern
from assay.errors import AssayError, Malformed
from assay.formats import os_release
from assay.model.ecosystem import File
from assay.model.sbom import Distribution

PROOF = ("os_release", "native")
MACHINE = Path("/etc/os-release")
NAMES = ("ID", "VERSION_ID", "NAME", "PRETTY_NAME", "VERSION_CODENAME", "HOME_URL", "CPE_NAME")


@pytest.mark.skipif(not MACHINE.exists(), reason="this machine has no /etc/os-release")
def test_the_shell_reads_the_same() -> None:
    command = ". /etc/os-release; " + "; ".join(f'printf "%s\\n" "${name}"' for name in NAMES)
    lines = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout.split("\n")
    ours = os_release.assignments(MACHINE.read_text())
    assert [ours.get(name, "") for name in NAMES] == lines[:-1]


@pytest.mark.parametrize(
    ("name", "text", "identity", "version"),
    [
        ("redhat-release", "Red Hat Enterprise Linux Server release 7.9 (Maipo)\n", "rhel", "7.9"),
        ("redhat-release", "Rocky Linux release 9.3 (Blue Onyx)", "rocky", "9.3"),
        ("redhat-release", "CentOS Stream release 9", "centos", "9"),
        ("redhat-release", "Fedora release 39 (Thirty Nine)", "fedora", "39"),
        ("oracle-release", "Oracle Linux Server release 8.9", "ol", "8.9"),
        ("system-release-cpe", "cpe:2.3:o:amazon:amazon_linux:2023", "amzn", "2023"),
        ("SuSE-release", "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n", "sles", "11.4"),
        ("SuSE-release", "openSUSE 13.2 (x86_64)\nVERSION = 13.2\n", "opensuse", "13.2"),
        ("alpine-release", "3.20.0_alpha20231219\n", "alpine", "3.20.0_alpha20231219"),
        ("debian_version", "trixie/sid\n", "debian", ""),
        ("arch-release", "", "arch", ""),
    ],
)
def test_elders_name_their_system(name: str, text: str, identity: str, version: str) -> None:
    found = elder.parse(File(f"etc/{name}", text.encode()))
    assert found.distribution is not None
    assert (found.distribution.id, found.distribution.version_id) == (identity, version)


def test_os_release_without_a_name_is_malformed() -> None:
    with pytest.raises(Malformed):
        modern.parse(File("etc/os-release", b"hello world\n"))


def test_a_system_below_the_root_comes_after_the_root() -> None:
    outer = elder.parse(File("etc/debian_version", b"12.5"))
    inner = modern.parse(File("srv/root/etc/os-release", b"ID=x"))
    assert (outer.facts["priority"], inner.facts["priority"]) == (60, 210)
    assert (outer.root, inner.root) == ("", "srv/root")


@given(st.sampled_from(["os-release", *elder._PRIORITY]), st.binary(max_size=300))
def test_arbitrary_bytes_never_crash(name: str, data: bytes) -> None:
    reader = modern.parse if name == "os-release" else elder.parse
    with contextlib.suppress(AssayError):
        reader(File(f"etc/{name}", data))


def test_the_vendor_supplies_the_system() -> None:
    text = b'ID=x\nNAME="X Linux"\nVENDOR_NAME="Acme"\nVENDOR_URL="https://acme.example"\nVERSION_ID="1 beta"\n'
    (component,) = modern.parse(File("etc/os-release", text)).components
    assert component.supplier == "Acme"
    assert [item.url for item in component.references] == ["https://acme.example"]
    assert component.cpes == ()
    (other,) = modern.parse(File("etc/os-release", b'ID=debian\nNAME="Debian"\nVERSION_ID="1:*"\n')).components
    assert (other.supplier, other.cpes) == ("Debian", ())


def test_packages_beside_a_busybox_alone_are_not_its_own() -> None:
    assert os_release.systems([], Distribution("busybox", "1.36.1"))("") is None
    alpine = Distribution("alpine", "3.20")
    assert os_release.systems([], alpine)("") is alpine
