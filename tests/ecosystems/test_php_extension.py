"""Extensions of PHP: a shared object that gcc links with the record of PHP's headers, and ones that lie."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.binary import php_extension
from assay.model.ecosystem import File

SOURCE = """
struct entry {
    unsigned short size; unsigned int api; unsigned char debug, zts; const void *ini, *deps; const char *name;
    const void *functions; int (*startup)(void), (*shutdown)(void), (*begin)(void), (*end)(void); void (*info)(void);
    const char *version; char rest[168 - 96 - 8]; const char *build;
};
static struct entry it = {168, 20220829, .name = "sample", .version = "%s", .build = "API20220829,NTS"};
struct entry *get_module(void) { return &it; }
"""


def ids(path: str, content: bytes) -> list[str]:
    return [str(one.purl) for one in php_extension.parse(File(path, content)).components]


@pytest.mark.parametrize(
    ("told", "version"), [("5.3.7", "5.3.7"), ("mysqlnd 8.2.36", "8.2.36"), ("6.0.0RC1", "6.0.0RC1")]
)
def test_the_record_of_a_linked_extension_is_read(tmp_path: Path, told: str, version: str) -> None:
    if shutil.which("gcc") is None:
        if os.environ.get("ASSAY_REQUIRE_ALL") == "1":
            pytest.fail("gcc is missing")
        pytest.skip("gcc is missing")
    (tmp_path / "a.c").write_text(SOURCE % told)
    command = ["gcc", "-shared", "-fPIC", "-o", "redis.so", "a.c"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    content = (tmp_path / "redis.so").read_bytes()
    assert ids("usr/local/lib/php/extensions/no-debug-non-zts-20220829/redis.so", content) == [
        f"pkg:generic/php-redis@{version}"
    ]


def test_without_a_record_the_text_beside_the_build_counts() -> None:
    assert ids("usr/lib/php83/modules/a.so", b"\x7fELF\1\1\0sample\x001.2.3\0\0API20220829,TS\0") == [
        "pkg:generic/php-a@1.2.3"
    ]


@pytest.mark.parametrize(
    "content", [b"", b"\x7fELF", b"\x001.2.3\0", b"\x7fELF\2\1API20220829,NTS", b"1.2.3API20220829,NTS"]
)
def test_a_shared_object_that_tells_nothing_is_nothing(content: bytes) -> None:
    assert ids("usr/lib/php83/modules/a.so", content) == []


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_records_that_lie_are_no_crash(head: bytes, rest: bytes) -> None:
    record = struct.pack("<HHI", 168, 0, 20220829)
    php_extension.parse(File("a.so", b"\x7fELF\2\1" + head + record + rest + b"API20220829,NTS"))


def test_an_address_beyond_all_addresses_leads_nowhere() -> None:
    header = b"\x7fELF\2\1".ljust(32, b"\0") + struct.pack("<Q14xHH6x", 64, 56, 1)
    segment = struct.pack("<IIQQQQ", 1, 0, 0, 2**64 - 20, 0, 10_000)
    record = struct.pack("<HHI", 168, 0, 20220829)
    assert ids("a.so", header + segment + b"API20220829,NTS" + record + bytes(200)) == []
