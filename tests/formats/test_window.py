"""A window over a stream: what is taken from it is the stream, however the two are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.formats.window import Window


class _Stream:
    """Gives at most `most` bytes at once."""

    def __init__(self, data: bytes, most: int) -> None:
        self._data, self._most = data, most

    def readinto(self, buffer: memoryview, /) -> int:
        count = min(len(buffer), self._most, len(self._data))
        buffer[:count], self._data = self._data[:count], self._data[count:]
        return count


@given(st.binary(max_size=200), st.integers(1, 40), st.integers(1, 60), st.lists(st.integers(0, 90), max_size=9))
def test_the_pieces_that_are_taken_are_the_stream(data: bytes, most: int, size: int, wanted: list[int]) -> None:
    window, at = Window(_Stream(data, most), size), 0
    for count in wanted:
        assert window.take(count) == data[at : at + count]
        at += count


@given(st.binary(max_size=200), st.integers(1, 40), st.integers(1, 60), st.lists(st.integers(0, 60), max_size=9))
def test_what_is_shown_is_the_stream(data: bytes, most: int, size: int, wanted: list[int]) -> None:
    window, at = Window(_Stream(data, most), size), 0
    for count in (min(count, size) for count in wanted):
        assert bytes(window.view(count)) == data[at : at + count]
        at += count


def test_what_is_taken_stays_when_the_window_moves() -> None:
    window = Window(_Stream(b"abcdefgh", 3), 4)
    first, second = window.take(3), window.take(5)
    assert (first, second, window.take(1)) == (b"abc", b"defgh", b"")
