"""What Maven itself says of two versions (ComparableVersion of Maven 3.5 to 3.8): nested lists, compared item by item.

::

    1.0.0-rc2   [1, [rc, [2]]]          a dash, and a change between digits and letters, opens a list
    1.0.RC2     [1, 0, RC, [2]]         zeros and words for "release" go from the end of each list

A missing item stands for zero, "release" or an empty list. Numbers are above lists, lists above words. In one thing
the POM reference counts, not what Maven does: ``1-ga-1`` is ``1-1``.
"""

from __future__ import annotations

from assay.formats.sort_key import MAX_LENGTH

Item = int | str | list["Item"]

_WORDS = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_RELEASE = "5"
_SAME = {"ga": "", "final": "", "release": "", "cr": "rc"}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}


def compare(one: str, other: str) -> int:
    """Below 0, 0 or above 0."""
    return _lists(parse(one), parse(other))


def parse(version: str) -> list[Item]:
    """The nested lists."""
    text = version[:MAX_LENGTH].strip().lower()
    top: list[Item] = []
    lists = [top]
    start, digits, dashed = 0, False, False
    for place, letter in enumerate(text):
        if letter in ".-":
            lists[-1].append(_item(text[start:place], digits) if place > start else 0)
            start = place + 1
            if letter == "-" and dashed and lists[-1] == [_RELEASE]:
                lists[-1].clear()  # ``1-ga-1`` is ``1-1``
            elif letter == "-":
                _open(lists)
                dashed = True
        elif letter.isascii() and letter.isdigit():
            if not digits and place > start:
                lists[-1].append(_word(text[start:place], True))
                start = place
                _open(lists)
                dashed = False
            digits = True
        else:
            if digits and place > start:
                lists[-1].append(int(text[start:place]))
                start = place
                _open(lists)
                dashed = False
            digits = False
    if start < len(text):
        lists[-1].append(_item(text[start:], digits))
    for items in reversed(lists):
        _normalise(items)
    return top


def _open(lists: list[list[Item]]) -> None:
    inner: list[Item] = []
    lists[-1].append(inner)
    lists.append(inner)


def _item(text: str, digits: bool) -> Item:
    return int(text) if digits else _word(text, False)


def _word(text: str, before_digit: bool) -> str:
    """The word as it ranks: the place of a known one, others behind all of these by letters."""
    word = _SHORT.get(text, text) if before_digit else text
    word = _SAME.get(word, word)
    return str(_WORDS.index(word)) if word in _WORDS else f"{len(_WORDS)}-{word}"


def _normalise(items: list[Item]) -> None:
    for place in range(len(items) - 1, -1, -1):
        if items[place] in (0, _RELEASE, []):
            del items[place]
        elif not isinstance(items[place], list):
            break


def _lists(one: list[Item], other: list[Item]) -> int:
    for place in range(max(len(one), len(other))):
        left = one[place] if place < len(one) else None
        right = other[place] if place < len(other) else None
        result = -_items(right, left) if left is None and right is not None else _items(left, right)
        if result:
            return result
    return 0


def _items(left: Item | None, right: Item | None) -> int:
    if right is None:
        return _nothing(left)
    if isinstance(left, int):
        return _sign(left, right) if isinstance(right, int) else 1
    if isinstance(left, str):
        return _sign(left, right) if isinstance(right, str) else -1
    if isinstance(left, list) and isinstance(right, list):
        return _lists(left, right)
    return -1 if isinstance(right, int) else 1


def _nothing(item: Item | None) -> int:
    """An item against a missing one."""
    if isinstance(item, int):
        return int(item > 0)
    if isinstance(item, str):
        return _sign(item, _RELEASE)
    return next((result for inner in item or () if (result := _nothing(inner))), 0)


def _sign(left: int | str, right: int | str) -> int:
    return (left > right) - (left < right)  # type: ignore[operator]
