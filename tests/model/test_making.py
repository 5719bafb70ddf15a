"""Nouns that are made quickly are the same nouns."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, astuple, dataclass, field, replace

import pytest

from assay.model.component import Component
from assay.model.making import quickly_made


@dataclass(frozen=True, slots=True)
class Plain:
    name: str
    size: int = 1
    tags: dict[str, str] = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    name: str
    size: int = 1
    tags: dict[str, str] = field(default_factory=dict)


def test_it_holds_what_a_plain_one_holds() -> None:
    pairs = (
        (Plain("a"), Quick("a")),
        (Plain("a", 2, {"b": "c"}), Quick("a", 2, {"b": "c"})),
        (Plain(size=3, name="a"), Quick(size=3, name="a")),
    )
    for plain, quick in pairs:
        assert astuple(plain) == astuple(quick)
        assert type(quick) is Quick and quick == Quick(*astuple(plain))
    assert Quick("a").tags is not Quick("a").tags
    assert repr(Quick("a")) == "Quick(name='a', size=1, tags={})"
    assert inspect.signature(Quick) == inspect.signature(Plain)


def test_it_stays_frozen_and_slotted() -> None:
    quick = Quick("a")
    with pytest.raises(FrozenInstanceError):
        quick.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del quick.name
    assert not hasattr(quick, "__dict__")


def test_what_it_does_not_take_is_said_as_ever() -> None:
    for wrong in (Plain, Quick):
        with pytest.raises(TypeError, match=r"__init__\(\) missing 1 required positional argument: 'name'"):
            wrong()  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
            wrong("a", colour="red")  # type: ignore[call-arg]


def test_copies_are_equal() -> None:
    component = Component("a", "1", digests=(), properties=())
    assert copy.copy(component) == copy.deepcopy(component) == pickle.loads(pickle.dumps(component)) == component
    assert replace(component, version="2") == component.changed(version="2") != component
    assert hash(Component("a", extra={}).purl) == hash(None)
