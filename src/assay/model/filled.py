"""Frozen nouns that are made by the ten thousand: filled while they are open, and closed then.

The `__init__` that `dataclasses` writes for a frozen class calls ``object.__setattr__`` for each field. The one written
here lets the instance be of an open twin, a class of the same slots, while it sets the fields plainly, which takes
half of the time::

    def __init__(self, name, version=_version):
        _set(self, "__class__", _open)
        self.name = name
        self.version = version
        self.__class__ = _closed
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TypeVar

Noun = TypeVar("Noun")


def filled_open(noun: type[Noun]) -> type[Noun]:
    """Gives `noun`, a frozen dataclass with slots and without a `__post_init__`, the faster `__init__`."""
    twin = type(f"_Open{noun.__name__}", noun.__bases__, {"__slots__": noun.__slots__})  # type: ignore[attr-defined]
    scope: dict[str, object] = {"_set": object.__setattr__, "_open": twin, "_closed": noun, "_made": object()}
    parameters, lines = ["self"], ['_set(self, "__class__", _open)']
    for field in fields(noun):  # type: ignore[arg-type]
        name, value = field.name, field.name
        if field.default is not MISSING:
            scope[f"_{name}"] = field.default
            parameters.append(f"{name}=_{name}")
        elif field.default_factory is not MISSING:
            scope[f"_{name}"] = field.default_factory
            parameters.append(f"{name}=_made")
            value = f"_{name}() if {name} is _made else {name}"
        else:
            parameters.append(name)
        lines.append(f"self.{name} = {value}")
    body = "\n    ".join([*lines, "self.__class__ = _closed"])
    exec(f"def __init__({', '.join(parameters)}):\n    {body}", scope)  # noqa: S102  # names of fields alone
    type.__setattr__(noun, "__init__", scope["__init__"])
    return noun
