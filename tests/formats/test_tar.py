"""The tar walk against `tarfile`: archives in every format, in chunks of any size, and damaged ones."""

from __future__ import annotations

import contextlib
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import LimitExceeded, Malformed
from assay.formats import tar
from assay.formats.tar import Walker

FORMATS = {"gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT, "ustar": tarfile.USTAR_FORMAT}


class Chunked:
    """A stream that gives at most so many bytes at a time, as its list of sizes says."""

    def __init__(self, data: bytes, sizes: list[int] | None = None) -> None:
        self._stream = io.BytesIO(data)
        self._sizes = sizes or [1 << 20]
        self._turn = 0

    def readinto(self, buffer: memoryview, /) -> int:
        size = self._sizes[self._turn % len(self._sizes)]
        self._turn += 1
        return self._stream.readinto(buffer[:size])


def info(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    item = tarfile.TarInfo(name)
    item.type, item.linkname, item.size, item.mode = kind, target, size, 0o640
    return item


def archive(members: list[tuple[tarfile.TarInfo, bytes]], form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, errors="surrogateescape") as file:
        for item, data in members:
            file.addfile(item, io.BytesIO(data))
    return buffer.getvalue()


Seen = tuple[str, bytes, int, str, bytes]


def walk(data: bytes, sizes: list[int] | None = None) -> tuple[list[Seen], Walker]:
    walker = Walker(Chunked(data, sizes), lambda path: True)
    seen = []
    for member in walker:
        content = walker.window.take(member.size) if member.kind == b"0" else b""
        seen.append((member.path, member.kind, member.mode, member.target, content))
    return seen, walker


def expected(data: bytes) -> list[Seen]:
    """What `tarfile` says of the files and links."""
    found = []
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as file:
        for item in file:
            if item.isdir():
                continue
            content = b""
            if item.isreg():
                stream = file.extractfile(item)
                assert stream is not None
                content = stream.read()
            found.append((item.name, item.type, item.mode, item.linkname, content))
    return found


_PART = st.text(st.characters(codec="utf-8", exclude_characters="/\0\n"), min_size=1, max_size=60).filter(
    lambda part: part.strip(". ") == part and "\\" not in part
)
_PATH = st.lists(_PART, min_size=1, max_size=6).map("/".join)
_MEMBER = st.one_of(
    st.tuples(_PATH, st.binary(max_size=1500)).map(lambda pair: (info(pair[0], size=len(pair[1])), pair[1])),
    st.tuples(_PATH, _PATH).map(lambda pair: (info(pair[0], tarfile.SYMTYPE, pair[1]), b"")),
    st.tuples(_PATH, _PATH).map(lambda pair: (info(pair[0], tarfile.LNKTYPE, pair[1]), b"")),
    _PATH.map(lambda path: (info(path, tarfile.DIRTYPE), b"")),
    _PATH.map(lambda path: (info(path, tarfile.FIFOTYPE), b"")),
)
_SIZES = st.lists(st.integers(1, 2000), min_size=1, max_size=4)


@settings(max_examples=150)
@given(st.lists(_MEMBER, max_size=6), st.sampled_from(["gnu", "pax"]), _SIZES)
def test_the_walk_sees_what_tarfile_sees(
    members: list[tuple[tarfile.TarInfo, bytes]], form: str, sizes: list[int]
) -> None:
    data = archive(members, FORMATS[form])
    seen, walker = walk(data, sizes)
    assert seen == expected(data)
    assert not walker.truncated
    assert not walker.rejected


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("length", [1, 99, 100, 101, 154, 155, 200, 254])
def test_names_and_links_of_every_length(form: str, length: int) -> None:
    name = ("folder/" * 40)[: length - 1] + "x"
    target = "t" * min(length, 100 if form == "ustar" else length)
    members = [(info(name, size=3), b"abc"), (info("link", tarfile.SYMTYPE, target), b"")]
    try:
        data = archive(members, FORMATS[form])
    except ValueError:
        assert form == "ustar"  # cannot write such a name
        return
    assert walk(data)[0] == expected(data)


@pytest.mark.parametrize("name", [b"caf\xe9/x", "naïve/名前".encode()])
@pytest.mark.parametrize("form", FORMATS)
def test_names_that_are_no_utf8_survive(form: str, name: bytes) -> None:
    text = name.decode("utf-8", "surrogateescape")
    assert walk(archive([(info(text, size=1), b"x")], FORMATS[form]))[0][0][0] == text


def test_global_pax_headers_hold_for_all_that_follow() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "ä"}) as file:
        file.addfile(info("a", size=2), io.BytesIO(b"ab"))
        file.addfile(info("b", size=1), io.BytesIO(b"c"))
    assert [item[0] for item in walk(buffer.getvalue())[0]] == ["a", "b"]


def test_sizes_beyond_octal_are_read() -> None:
    item = info("big", size=9 << 30)
    header = item.tobuf(tarfile.GNU_FORMAT)
    walker = Walker(Chunked(header + bytes(1 << 12)), lambda path: True)
    assert [member.size for member in walker] == [9 << 30]
    assert "big" in walker.truncated
    assert tar.number(b"\x80" + bytes(10) + b"\x07") == 7


def test_version_7_headers_are_read_if_their_checksum_is_right() -> None:
    header = bytearray(info("old", size=1).tobuf(tarfile.GNU_FORMAT))
    header[257:265] = bytes(8)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    data = bytes(header) + b"x".ljust(512, b"\0") + bytes(1024)
    assert [item[0] for item in walk(data)[0]] == ["old"]
    header[0] ^= 1
    with pytest.raises(Malformed, match="checksum"):
        walk(bytes(header) + data[512:])


def test_paths_that_lead_out_are_rejected_and_not_handed_out() -> None:
    members = [(info(name, size=1), b"x") for name in ("../a", "b/../../c", "/etc/d", "./e", "f/../g")]
    seen, walker = walk(archive(members, tarfile.GNU_FORMAT))
    assert [item[0] for item in seen] == ["etc/d", "e", "g"]
    assert walker.rejected == ["../a", "b/../../c"]


def resealed(header: bytes) -> bytes:
    """The header with the right checksum."""
    return header[:148] + b"%06o\0 " % (sum(header[:148]) + sum(header[156:512]) + 8 * 32) + header[156:]


def test_files_without_a_name_are_left_out_and_slashes_at_the_end_too() -> None:
    members = [(info("x", size=1), b"x"), (info("b/", size=1), b"x"), (info("c", size=1), b"c")]
    data = archive(members, tarfile.GNU_FORMAT)
    assert [item[0] for item in walk(resealed(b"\0" + data[1:512]) + data[512:])[0]] == ["b", "c"]


@pytest.mark.parametrize("field", [b"-0000001000\0", b"-0000000001\0", b"-777        "])
def test_negative_sizes_do_not_lead_the_walk_back(field: bytes) -> None:
    header = info("x").tobuf(tarfile.GNU_FORMAT)
    data = resealed(header[:124] + field + header[136:]) + bytes(2048)
    for wanted in (True, False):
        with pytest.raises(Malformed):
            list(Walker(Chunked(data), lambda path, wanted=wanted: wanted))  # type: ignore[misc]  # bound per turn


def test_what_is_not_read_is_skipped() -> None:
    members = [(info(name, size=3000), name[:1].encode() * 3000) for name in ("a.no", "b.yes", "c.no", "d.yes")]
    walker = Walker(Chunked(archive(members, tarfile.GNU_FORMAT), [700]), lambda path: path.endswith("yes"))
    assert [(member.path, walker.window.take(2)) for member in walker] == [("b.yes", b"bb"), ("d.yes", b"dd")]


def test_files_are_wanted_by_their_first_bytes() -> None:
    members = [(info("a", size=100), b"\x7fELF" + bytes(96)), (info("b", size=100), b"text" * 25)]
    data = archive(members, tarfile.GNU_FORMAT)
    walker = Walker(Chunked(data, [513]), lambda path: False, frozenset((b"\x7fELF",)))
    assert [member.path for member in walker] == ["a"]


def test_header_extensions_are_bounded() -> None:
    header = info("x", b"x", size=tar.MAX_EXTENDED + 1).tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(LimitExceeded):
        walk(header + bytes(4096))


def test_a_cut_off_archive_gives_what_precedes_and_says_so() -> None:
    data = archive([(info("a", size=600), b"a" * 600), (info("b", size=600), b"b" * 600)], tarfile.GNU_FORMAT)
    for cut in (100, 512 + 10, 2 * 512 + 40, 3 * 512 + 7, 4 * 512 + 3):
        seen, walker = walk(data[:cut])
        assert walker.truncated
        assert [item[0] for item in seen if len(item[4]) == 600] == ["a"] * (cut >= 512 + 600)


_SEED = archive(
    [
        (info("folder/" * 30 + "x", size=700), b"x" * 700),
        (info("länk", tarfile.SYMTYPE, "t" * 150), b""),
        (info("y", size=5), b"12345"),
    ],
    tarfile.PAX_FORMAT,
)[: 12 * 512]


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, len(_SEED) - 1), st.binary(min_size=1, max_size=12)), max_size=5), _SIZES)
def test_damaged_archives_raise_malformed_or_nothing(changes: list[tuple[int, bytes]], sizes: list[int]) -> None:
    data = bytearray(_SEED)
    for at, new in changes:
        data[at : at + len(new)] = new
    try:
        whole = walk(bytes(data))[0]
        assert walk(bytes(data), sizes)[0] == whole
    except Malformed:
        pass


@settings(max_examples=100)
@given(st.binary(max_size=2048))
def test_arbitrary_bytes_raise_malformed_or_nothing(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        walk(data)


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS.keys())
def test_names_below_the_dot_are_those_without_it(form: int) -> None:
    """`tar -C root .` writes ``./usr/`` and ``./usr/a``: what is told and handed out is the same as of ``usr/a``."""
    long = "d" * 90 + "/" + "e" * 60
    names = ["usr/a", "usr/.hidden/b", ".wh.c", "usr/.wh.d", "usr//e", "..f/g", "usr/h..", long]
    folders = ["usr/", "usr/.hidden/", "..f/", "x..y/", "d" * 90 + "/", "usr//z/"]

    def told(prefix: str) -> tuple[list[str], list[str], list[Seen]]:
        members = [(info(prefix + name, tarfile.DIRTYPE), b"") for name in folders]
        members += [(info(prefix + name, size=3), b"abc") for name in names]
        logged: list[bytes] = []
        marked: list[str] = []
        walker = Walker(
            Chunked(archive(members, form)), lambda path: True, log=logged.extend, marks=lambda p: marked.append(p)
        )
        seen = [(item.path, item.kind, item.mode, item.target, walker.window.take(item.size)) for item in walker]
        assert not walker.truncated and not walker.rejected
        assert [item for item in marked if "/." in f"/{item}"] == ["usr/.hidden/b", ".wh.c", "usr/.wh.d", "..f/g"]
        return [path.decode() for path in logged], [path for path, *_ in seen], seen

    assert told("./") == told("")
    logged, paths, _ = told("./")
    assert logged[:6] == ["usr/", "usr/.hidden/", "..f/", "x..y/", "d" * 90 + "/", "usr/z/"]
    assert paths == ["usr/a", "usr/.hidden/b", ".wh.c", "usr/.wh.d", "usr/e", "..f/g", "usr/h..", long]


@pytest.mark.parametrize("logs", [True, False])
def test_folders_that_lead_out_are_told(logs: bool) -> None:
    data = archive([(info(name, tarfile.DIRTYPE), b"") for name in ("a/../../b", "../c", "./d")], tarfile.GNU_FORMAT)
    walker = Walker(Chunked(data), lambda path: True, log=(lambda paths: None) if logs else None)
    assert list(walker) == []
    assert walker.rejected == ["a/../../b", "../c"]


@pytest.mark.parametrize(
    ("field", "expected"), [(b"00000001274\0", 700), (b"00000001274 ", 700), (b"000000001274", 700)]
)
def test_sizes_end_in_nul_or_blank_or_fill_their_field(field: bytes, expected: int) -> None:
    data = archive([(info("a", size=700), b"x" * 700), (info("b", size=1), b"b")], tarfile.GNU_FORMAT)
    data = resealed(data[:124] + field + data[136:512]) + data[512:]
    for sizes in (None, [57]):
        assert [(item[0], len(item[4])) for item in walk(data, sizes)[0]] == [("a", expected), ("b", 1)]


def test_a_size_that_is_none_is_told_however_the_stream_comes() -> None:
    data = archive([(info("a", size=700), b"x" * 700)], tarfile.GNU_FORMAT)
    data = resealed(data[:124] + b"00000001274\x08" + data[136:512]) + data[512:]
    for sizes in (None, [57]):
        with pytest.raises(Malformed):
            walk(data, sizes)


def test_an_empty_long_name_gives_no_name() -> None:
    """What a fuzzer found: such a header counts for nothing, however the stream comes."""
    name = "d" * 60 + "/" + "e" * 60
    data = bytearray(archive([(info(name, size=700), b"x" * 700)], tarfile.GNU_FORMAT))
    data[512] = 0
    for sizes in (None, [57]):
        assert [item[0] for item in walk(bytes(data), sizes)[0]] == [name[:100]]


_PARTS = st.sampled_from(["a", "b.txt", ".c", "..", ".", "", "want", "d" * 120, "länge"])


@settings(max_examples=150)
@given(st.lists(st.tuples(st.lists(_PARTS, min_size=1, max_size=4), st.integers(0, 3)), max_size=12), _SIZES)
def test_plain_files_that_are_asked_about_together_are_those_asked_one_by_one(
    entries: list[tuple[list[str], int]], sizes: list[int]
) -> None:
    """The window's size decides how many are; names are odd, long, hidden, or lead out."""
    members = []
    for parts, kind in entries:
        name = "/".join(parts)
        item = info(name, tarfile.DIRTYPE) if kind == 3 else info(name, size=700 * kind)
        members.append((item, bytes([kind]) * item.size))
    data = archive(members, tarfile.GNU_FORMAT)

    def sieve(text: bytes) -> list[int]:
        paths = text.split(b"\0")[:-1]
        assert all(path.startswith(b"\1/") for path in paths)
        return [number for number, path in enumerate(paths) if b"want" in path or tar.is_odd(path[2:])]

    def seen(**options: object) -> tuple[list[tuple[str, int, bytes]], list[bytes], list[str]]:
        logged: list[bytes] = []
        walker = Walker(Chunked(data, sizes), lambda path: "want" in path, log=logged.extend, **options)  # type: ignore[arg-type]
        found = [(item.path, item.mode, walker.window.take(item.size)) for item in walker]
        assert not walker.truncated
        return found, sorted(logged), walker.rejected

    together = seen(sieve=sieve)
    assert together == seen()
    wanted = [(item.name, item.mode, content) for item, content in members if "want" in item.name and item.isreg()]
    assert [content for _, _, content in together[0]] == [
        content for name, _, content in wanted if tar.normalise(name) and "want" in str(tar.normalise(name))
    ]


@pytest.mark.parametrize("together", [False, True])
def test_what_follows_the_end_of_a_name_is_no_part_of_it(together: bool) -> None:
    data = bytearray(archive([(info("a/b", size=3), b"one"), (info("c", size=3), b"two")], tarfile.GNU_FORMAT))
    data[5:9] = b"more"
    walker = Walker(
        Chunked(bytes(data), [len(data)]),
        lambda path: True,
        sieve=(lambda text: iter(range(text.count(b"\0")))) if together else None,
    )
    assert [(item.path, walker.window.take(item.size)) for item in walker] == [("a/b", b"one"), ("c", b"two")]
