"""Frozen nouns with the faster `__init__` behave as dataclasses do."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from assay.model.component import Component, ExternalReference
from assay.model.filled import filled_open
from assay.model.purl import Purl


class _Base:
    __slots__ = ("kept",)


@filled_open
@dataclass(frozen=True, slots=True)
class _Noun(_Base):
    name: str
    count: int = 3
    items: list[str] = field(default_factory=list)


def test_values_and_defaults() -> None:
    noun, other = _Noun("a"), _Noun("a", items=["x"], count=4)
    assert (noun.name, noun.count, noun.items) == ("a", 3, [])
    assert (other.name, other.count, other.items) == ("a", 4, ["x"])
    assert type(noun) is _Noun
    assert noun.items is not _Noun("a").items
    assert repr(noun) == "_Noun(name='a', count=3, items=[])"


@pytest.mark.parametrize("arguments", [(), ("a", 1, [], 2)])
def test_wrong_arguments(arguments: tuple[object, ...]) -> None:
    with pytest.raises(TypeError, match="argument"):
        _Noun(*arguments)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="unknown"):
        _Noun("a", unknown=1)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "noun", [_Noun("a"), Component("a", "1"), Purl("npm", "a"), ExternalReference("vcs", "https://code.example")]
)
def test_it_is_frozen_equal_and_copied(noun: _Noun | Component | Purl | ExternalReference) -> None:
    name = fields(noun)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(noun, name, "b")
    with pytest.raises(FrozenInstanceError):
        delattr(noun, name)
    changed = replace(noun, **{name: "b"})  # type: ignore[arg-type]
    assert changed != noun and type(changed) is type(noun)
    for twin in (
        copy.copy(noun),
        copy.deepcopy(noun),
        pickle.loads(pickle.dumps(noun)),
        replace(changed, **{name: getattr(noun, name)}),
    ):
        assert twin == noun and type(twin) is type(noun)
