"""Programs recognised by their bytes: the table, the parsers, and what takes two files."""

from __future__ import annotations

import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.binary import ECOSYSTEM, PROGRAMS, gather, recognise
from assay.ecosystems.binary.linked import libraries
from assay.ecosystems.binary.table import compiled, lead, search, table
from assay.engines.catalog.layer import load
from assay.model.component import ComponentType, Presence
from assay.model.ecosystem import File, Located


def test_every_parser_has_something_to_try_and_every_program_a_parser() -> None:
    known = table()
    tried = set()
    for name in PROGRAMS:
        task = known.task(name)
        assert task.each or task.first or task.evidence
        tried |= {program.key for program in (*task.each, *task.first)} | {item.key for item in task.evidence}
    assert tried == set(known.programs) | set(known.evidence)
    assert set(known.tasks) <= set(PROGRAMS)


@pytest.mark.parametrize("parser", ECOSYSTEM.parsers, ids=lambda parser: parser.name)
def test_a_parser_reads_a_file_that_is_nothing(parser: object) -> None:
    function = load(parser.reads)  # type: ignore[attr-defined]
    found = function(File("usr/bin/nothing", b"\x7fELF nothing of the kind"))  # type: ignore[operator]
    assert found.components == ()


def test_every_expression_names_a_version_and_is_bounded() -> None:
    known = table()
    entries = [(key, program.match) for key, program in known.programs.items()]
    entries += [(key, evidence.match) for key, evidence in known.evidence.items()]
    for key, expressions in entries:
        for expression in expressions:
            pattern = compiled(expression, r"3\.11")
            assert "version" in pattern.groupindex, f"{key}: {expression}"
            literal = re.sub(r"\\\\.|\\.|\[[^\]]*\]", "x", expression)
            assert not re.search(r"[*]|(?<!\})\+|\{\d+,\}", literal), f"{key}: {expression}"


_BYTES = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.sampled_from(
            [b"\0", b"?", b"1.2.3", b"PostgreSQL ", b"nginx version: x/", b"curl/", b"Lavc", b"bun-v", b"bun-"]
        ),
    ),
    max_size=12,
).map(b"".join)


@given(_BYTES)
def test_what_is_found_by_its_lead_is_what_the_whole_search_finds(content: bytes) -> None:
    for program in table().programs.values():
        for expression in program.match:
            if "{name}" in expression:
                continue
            found, whole = search((expression,), content), compiled(expression).search(content)
            assert (found.version if found else None) == (
                whole["version"].decode("utf-8", "replace") if whole else None
            )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (r"curl/<<#\.#>>", (0, b"curl/")),
        (r"[\x00?]PostgreSQL <<#>>", (1, b"PostgreSQL ")),
        (r"bun-v?<<#>>", (0, b"bun-")),
        (r"\x00\x00Qt <<#>>", (0, b"\0\0Qt ")),
        (r"java|node<<#>>", (0, b"")),
        (r"abcd(?:e|f)<<#>>", (0, b"abcd")),
        (r"abc<<#>>", (0, b"")),
        (r"(?s)abcd<<#>>", (0, b"")),
    ],
)
def test_the_lead_of_an_expression_is_what_every_match_begins_with(
    expression: str, expected: tuple[int, bytes]
) -> None:
    assert lead(expression) == expected


def test_programs_are_applications_that_are_there() -> None:
    (found,) = recognise.read("nginx", File("usr/sbin/nginx", b"\0nginx version: nginx/1.25.1\0")).components
    assert (found.type, found.presence, found.version) == (ComponentType.APPLICATION, Presence.INSTALLED, "1.25.1")
    assert found.cpes == ("cpe:2.3:a:f5:nginx:1.25.1:*:*:*:*:*:*:*", "cpe:2.3:a:nginx:nginx:1.25.1:*:*:*:*:*:*:*")


def test_a_cpe_may_have_an_update_of_its_own() -> None:
    content = b"\0openjdk\0java\x001.8\x001.8.0_352-b08\0"
    (found,) = recognise.read("java", File("opt/java/bin/java", content)).components
    assert found.version == "1.8.0_352-b08"
    assert found.cpes == ("cpe:2.3:a:oracle:openjdk:1.8.0:update352:*:*:*:*:*:*",)


def test_the_last_match_on_a_line_counts_for_build_folders() -> None:
    content = b"x /a/mysql-8.0/b/mysql-8.0.37/c\n/mysql-9.9.9/"
    match = table().programs["mysql"].search("usr/bin/mysql", content)
    assert match is not None
    assert match.version == "8.0.37"


def test_mysqld_of_an_old_cluster_is_server_and_cluster() -> None:
    content = b"mysql-cluster-gpl\x005.7.33-ndb-7.5.21-log\0"
    found = recognise.read("mysqld", File("usr/sbin/mysqld", content)).components
    assert [(item.name, item.version) for item in found] == [("mysql-server", "5.7.33"), ("mysql-cluster", "7.5.21")]


def test_a_linked_library_tells_the_version() -> None:
    program = _read("ruby", "usr/bin/ruby", _elf(b"libruby-3.1.so.3.1", b"libc.so.6"))
    library = _read("libruby", "usr/lib/libruby-3.1.so.3.1.2", b"ruby 3.1.2p20 (2022-04-12 revision 4491bb740a)")
    (found,) = gather.assemble([program, library], None)[0].found.components
    assert (found.name, found.version) == ("ruby", "3.1.2p20")
    assert [place.path for place in found.occurrences] == ["usr/bin/ruby", "usr/lib/libruby-3.1.so.3.1.2"]
    assert gather.assemble([program], None)[0].found.components == ()


def test_python_asks_its_library_first() -> None:
    program = _read("python", "usr/bin/python3.11", _elf(b"libpython3.11.so.1.0") + b"\x003.11.0rc1\0")
    library = _read("libpython", "usr/lib/libpython3.11.so.1.0", b"\x003.11.2\0")
    assert gather.assemble([program, library], None)[0].found.components[0].version == "3.11.2"
    assert gather.assemble([program], None)[0].found.components[0].version == "3.11.0rc1"


def test_java_of_ibm_is_known_by_the_library_it_links() -> None:
    content = _elf(b"libjli.so") + b"\0java\x001.8\0\0\x001.8.0-foreman_2022_01_20_09_33-b00\0"
    program = _read("java", "opt/jre/bin/java", content)
    library = _read("libjli", "opt/jre/lib/libjli.so", b"\0IBM_JAVA_OPTIONS\0")
    (found,) = gather.assemble([program, library], None)[0].found.components
    assert str(found.purl) == "pkg:generic/ibm/java@1.8.0-foreman_2022_01_20_09_33-b00"
    (other,) = gather.assemble([program], None)[0].found.components
    assert str(other.purl) == "pkg:generic/oracle/jre@1.8.0-foreman_2022_01_20_09_33-b00"


@pytest.mark.parametrize("place", ["go/VERSION", "go/bin/VERSION"])
def test_a_file_beside_tells_the_version(place: str) -> None:
    program = _read("go", "go/bin/go", b"\x7fELF")
    version = _read("go-version", place, b"go1.21.5\n")
    (found,) = gather.assemble([program, version], None)[0].found.components
    assert (found.version, [item.path for item in found.occurrences]) == ("1.21.5", ["go/bin/go", place])


def test_libraries_of_what_is_no_executable() -> None:
    assert libraries(b"") == ()
    assert libraries(_elf(b"libc.so.6", b"libm.so.6")) == ("libc.so.6", "libm.so.6")


def test_zeros_and_digits_are_searched_in_linear_time() -> None:
    for content in (bytes(200_000), b"1" * 200_000, b"1.2.3\0" * 30_000, b"HEAD\0" * 30_000):
        for program in table().programs.values():
            search(program.match, content, r"3\.11")


@given(st.sampled_from(sorted(PROGRAMS)), st.binary(max_size=300))
def test_no_bytes_break_a_parser(name: str, content: bytes) -> None:
    recognise.read(name, File(f"usr/bin/{name}", b"\x7fELF\x02\x01\x01" + content))
    recognise.read(name, File(f"usr/lib/libpython3.11.so.1.0/{name}", content))


def _read(parser: str, path: str, content: bytes) -> Located:
    return Located(path, -1, recognise.read(parser, File(path, content)), f"binary-{parser}")


def _elf(*needed: bytes) -> bytes:
    """A 64-bit ELF file of nothing but a dynamic section that asks for these libraries."""
    strings = b"\0" + b"".join(name + b"\0" for name in needed)
    offsets = [strings.index(b"\0" + name + b"\0") + 1 for name in needed]
    dynamic = b"".join(struct.pack("<QQ", 1, offset) for offset in offsets) + bytes(16)
    names = b"\0.dynamic\0.dynstr\0.shstrtab\0"
    start = 64 + 4 * 64
    parts = [(0, b""), (names.index(b".dynamic"), dynamic), (names.index(b".dynstr"), strings)]
    parts.append((names.index(b".shstrtab"), names))
    headers, body = b"", b""
    for kind, (name, data) in zip((0, 6, 3, 3), parts, strict=True):
        headers += struct.pack("<IIQQQQIIQQ", name, kind, 0, 0, start + len(body) if data else 0, len(data), 0, 0, 1, 0)
        body += data
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    return head + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 0, 64, 0, 64, 0, 0, 64, 4, 3) + headers + body


def test_the_kerberos_library_of_heimdal_is_its_own() -> None:
    (found,) = recognise.read("krb5", File("usr/lib/libkrb5.so.26", b"\0@(#)$Version: Heimdal 7.8.0 $\0")).components
    assert str(found.purl) == "pkg:generic/heimdal-krb5@7.8.0"
    assert found.cpes == ("cpe:2.3:a:heimdal_project:heimdal:7.8.0:*:*:*:*:*:*:*",)


@pytest.mark.parametrize(
    ("path", "name", "there"),
    [
        ("opt/firefox/application.ini", "Firefox", True),
        ("opt/firefox/application.ini", "Thunderbird", False),
        ("opt/other/application.ini", "Firefox", False),
    ],
)
def test_firefox_is_known_by_the_file_beside_it(path: str, name: str, there: bool) -> None:
    ini = f"[App]\nVendor=Mozilla\nName={name}\nRemotingName=firefox-esr\nVersion=128.5.0\nBuildID=1\n".encode()
    program = recognise.read("firefox", File("opt/firefox/firefox", b"\x7fELF"))
    files = [
        Located("opt/firefox/firefox", -1, program, "binary-firefox"),
        Located(path, -1, recognise.read("firefox-ini", File(path, ini)), "binary-firefox-ini"),
    ]
    found = [str(one.purl) for item in gather.assemble(files, None) for one in item.found.components]
    assert found == ["pkg:generic/firefox@128.5.0"] * there
