"""Zip archives: the central directory and single members, held against zipfile of the standard library."""

from __future__ import annotations

import contextlib
import io
import mmap
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, LimitExceeded, Malformed
from assay.formats import zip

_NAMES = st.text("abc/.é", min_size=1, max_size=12)


def _pack(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as target:
        for name, data in members.items():
            target.writestr(name, data)
    return buffer.getvalue()


@given(st.dictionaries(_NAMES, st.binary(max_size=60), max_size=6), st.sampled_from([0, 8]), st.binary(max_size=20))
def test_as_zipfile_reads_it(members: dict[str, bytes], method: int, before: bytes) -> None:
    archive = zip.open_archive(before + _pack(members, method))
    found = {member.name: archive.read(member, 1000) for member in archive.members(lambda _: True)}
    assert found == members


def test_members_by_pattern() -> None:
    names = ("a/META-INF/MANIFEST.MF", "META-INF/MANIFEST.MF", "META-INF/other", "b/META-INF/MANIFEST.MF")
    archive = zip.open_archive(_pack({name: name.encode() for name in names}))
    found = list(archive.find(re.compile(rb"META-INF/MANIFEST")))
    assert [(member.name, archive.read(member, 30)) for member in found] == [
        ("META-INF/MANIFEST.MF", b"META-INF/MANIFEST.MF")
    ]


def test_names_that_begin_somewhere() -> None:
    archive = zip.open_archive(_pack({"x/org/example/A.class": b"", "com/example/B.class": b""}))
    assert archive.holds(b"com/example/")
    assert archive.holds(b"x/org/")
    assert not archive.holds(b"org/example/")
    assert not archive.holds(b"example/")
    assert not archive.holds(b"net/")


@pytest.mark.parametrize(
    ("names", "is_there"),
    [
        (("lib/a.jar",), True),
        (("a.class", "lib/a.jar", "b.class"), True),
        (("com.paranamer/pom.xml", "a.partly", "b.jarred/c"), False),
        (("a.jarPK\1\2", "b.class"), False),
        (("PK\1\2" + "x" * 60 + ".jar", "b.class"), True),
        ((), False),
    ],
)
def test_names_that_end_somewhere(names: tuple[str, ...], is_there: bool) -> None:
    """What the directory is asked instead of every member must never miss one."""
    archive = zip.open_archive(_pack(dict.fromkeys(names, b"x")))
    assert archive.may_end(re.compile(rb"\.[jp]ar")) is is_there
    assert any(True for _ in archive.members(lambda name: name.endswith((b".jar", b".par")))) is is_there


def test_a_name_that_is_cut_short_at_the_end_of_the_directory() -> None:
    header = b"PK\1\2" + bytes(24) + b"\x80\0" + bytes(16)
    archive = zip.Archive(b"", header + b"b/c.jar", 0)
    assert [member.name for member in archive.members(lambda name: name.endswith(b".jar"))] == ["b/c.jar"]
    assert archive.may_end(re.compile(rb"\.jar"))


def test_so_many_candidates_that_each_member_is_looked_at() -> None:
    archive = zip.open_archive(_pack({f"{'x' * 100}.jar/{number}": b"" for number in range(300)}))
    assert archive.may_end(re.compile(rb"\.jar"))


def test_zip64(tmp_path: Path) -> None:
    path = tmp_path / "big.zip"
    with zipfile.ZipFile(path, "w") as target:
        with target.open("a.txt", "w", force_zip64=True) as member:
            member.write(b"content")
        for number in range(70_000):
            target.writestr(f"n/{number}", b"")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        archive = zip.open_archive(content)
        found = list(archive.members(lambda name: not name.startswith(b"n/69")))
        assert len(found) == 70_001 - 1_111
        assert archive.read(found[0], 100) == b"content"


def test_bounds() -> None:
    archive = zip.open_archive(_pack({"a": bytes(5000)}))
    (member,) = archive.members(lambda _: True)
    with pytest.raises(LimitExceeded):
        archive.read(member, 4999)
    assert archive.read(member, 5000) == bytes(5000)


def test_comment_and_empty_archive() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        target.comment = b"a comment"
    assert list(zip.open_archive(buffer.getvalue()).members(lambda _: True)) == []


def test_cut_off() -> None:
    data = _pack({"a": b"1234" * 50})
    for end in (0, 10, len(data) - 30, len(data) - 1):
        with pytest.raises(Malformed):
            zip.open_archive(data[:end])


@given(st.data())
def test_mutated_archives_raise_nothing_foreign(data: st.DataObject) -> None:
    changed = bytearray(_pack({"a": b"1" * 50, "b/c": b"2"}))
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(AssayError):
        archive = zip.open_archive(bytes(changed))
        for member in archive.members(lambda _: True):
            with contextlib.suppress(AssayError):
                assert len(archive.read(member, 1000)) <= 1000


def _streamed(members: dict[str, bytes]) -> bytes:
    """As pipes make it: the sizes follow each member."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.data += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members.items():
            target.writestr(name, data)
    return bytes(pipe.data)


@pytest.mark.parametrize("pack", [_pack, _streamed])
def test_an_archive_without_its_end_gives_its_whole_members(pack: Callable[[dict[str, bytes]], bytes]) -> None:
    members = {f"m{number}": bytes([number]) * 5000 for number in range(5)}
    data = pack(members)
    for cut in range(len(data) - 1, 0, -7):
        try:
            archive, fault = zip.open_damaged(data[:cut])
        except Malformed:
            assert cut < len(data) // 4
            continue
        found = {member.name: archive.read(member, 10_000) for member in archive.members(lambda _: True)}
        assert found.items() <= members.items()
        assert fault or cut == len(data)
        if cut > data.rfind(b"PK\3\4"):
            assert len(found) >= 4


def test_members_are_not_measured_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb that is cut off: what the sizes behind its members would say has a bound for all of them."""
    data = _streamed({f"m{number}": bytes(40_000) for number in range(5)})[:-1]
    for most, whole in ((39_999, 0), (100_000, 2), (200_000, 5)):
        monkeypatch.setattr(zip, "_MAX_MEASURED", most)
        with pytest.raises(Malformed) if not whole else contextlib.nullcontext():
            archive, _ = zip.open_damaged(data)
            assert len(list(archive.members(lambda _: True))) == whole


@given(st.binary(max_size=300))
def test_any_bytes_are_salvaged_or_refused(data: bytes) -> None:
    with contextlib.suppress(AssayError):
        archive, _ = zip.open_damaged(b"PK\3\4" + data)
        for member in archive.members(lambda _: True):
            with contextlib.suppress(AssayError):
                archive.read(member, 1000)


def test_large_members_are_unpacked_alike_by_both_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is corrupt, cut off or longer than it says is refused with the same words, isal or not."""
    noise = random.Random(1).randbytes(200_000)
    packed = zip.open_archive(_pack({"a": noise.hex().encode()}))
    member = next(packed.members(lambda _: True))
    start = member.offset + 31
    outcomes = []
    for fast in (1, 1 << 40):
        monkeypatch.setattr(zip, "_FAST_FROM", fast)
        assert packed.read(member, 1 << 20) == noise.hex().encode()
        reasons = []
        for change in (b"\xff" * 400, b"\0" * 400):
            broken = bytearray(packed.content)
            broken[start + 50_000 : start + 50_400] = change
            with pytest.raises(Malformed) as caught:
                zip.open_archive(bytes(broken)).read(member, 1 << 20)
            reasons.append(str(caught.value))
        with pytest.raises(Malformed) as caught:
            packed.read(replace(member, size=member.size - 1), 1 << 20)
        outcomes.append([*reasons, str(caught.value)])
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0]) == 3


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_large_members_come_in_pieces(method: int) -> None:
    data = random.Random(1).randbytes(1 << 20) * 3 + bytes(20 << 20)
    archive = zip.open_archive(_pack({"a": data}, method))
    (member,) = archive.members(lambda _: True)
    pieces = [bytes(piece) for piece in archive.pieces(member, 1 << 30)]
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 1 << 20


@given(st.data(), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
def test_pieces_are_what_a_member_is_and_fail_where_it_does(data: st.DataObject, method: int) -> None:
    changed = bytearray(_pack({"a": b"12" * 500}, method))
    for _ in range(data.draw(st.integers(0, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        members = list(zip.open_archive(bytes(changed)).members(lambda _: True))
    except Malformed:
        return
    archive = zip.open_archive(bytes(changed))
    for member in members:
        whole: bytes | None = None
        with contextlib.suppress(Malformed):
            whole = archive.read(member, 10_000)
        pieces: bytes | None = None
        with contextlib.suppress(Malformed):
            pieces = b"".join(map(bytes, archive.pieces(member, 10_000)))
        assert pieces == whole


def test_what_a_full_piece_leaves_in_the_engine_comes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """All input is read by then, and one repetition not yet written out: some of these lengths do it."""
    monkeypatch.setattr(zip, "_PIECE", 4096)
    for over in range(258):
        archive = zip.open_archive(_pack({"a": bytes(3 * 4096 + over)}))
        (member,) = archive.members(lambda _: True)
        assert b"".join(map(bytes, archive.pieces(member, 1 << 30))) == bytes(3 * 4096 + over)
