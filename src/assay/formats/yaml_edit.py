"""Changes values of a YAML document and leaves everything else as it is: comments, order, quotes, layout.

Example: in ``rollout: {grace: 30d}  # agreed``, setting ``("rollout", "hold")`` to ``{"since": "..."}`` leaves the
comment where it is. What cannot be changed so is refused: the result is read again and must say what is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.errors import AssayError, Malformed
from assay.formats import json_bytes, manifest
from assay.formats.json import Json, Object, as_object

if TYPE_CHECKING:
    import yaml

Path = Sequence[str | int]
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+%/-]*(?::[A-Za-z0-9.+%/-]+)*")
MAX_BYTES = 4 << 20


def replaced(text: str, name: str, place: int, path: Sequence[str], value: Object, quoted: bool = False) -> str:
    """`text` with the mapping at `path` of the document that begins on line `place` made to be `value`.

    With `quoted` (a file of JSON) everything that is written is JSON. Raises `Malformed` where the layout forbids it.
    """
    if len(text) > MAX_BYTES:
        raise Malformed(f"{name} has more than {MAX_BYTES} characters", "put the policy into a file of its own")
    found = _object(text, name, place)
    wanted = _with(found, path, value)
    before = as_object(_at(found, path))
    edited = text
    try:
        for steps, new in _changes(before, value):
            edited = _Editor(edited, place, quoted).set((*path, *steps), new)
        if _object(edited, name, place) == wanted:
            return edited
    except (AssayError, LookupError, ValueError, RecursionError):
        pass
    raise Malformed(
        f"{name}: the layout of the policy cannot be changed without rewriting it",
        f"write {'.'.join(path)}: {json_bytes.encode(value).decode()}",
    )


def _object(text: str, name: str, place: int) -> Object:
    found = next((item.object for item in manifest.read(text, name) if item.line == place), None)
    if found is None:
        raise Malformed(f"{name} has no object on line {place}")
    return found


def _at(item: Json, path: Path) -> Json:
    for step in path:
        item = as_object(item).get(str(step))
    return item


def _with(item: Object, path: Sequence[str], value: Object) -> Object:
    """`item` with the value at `path`."""
    if not path:
        return value
    return {**item, path[0]: _with(as_object(item.get(path[0])), path[1:], value)}


def _changes(before: Json, after: Json, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Json]]:
    """The smallest values that differ; what is gone is None."""
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict) and (before or not path):
        names = [*before, *(name for name in after if name not in before)]
        return [one for name in names for one in _changes(before.get(name), after.get(name), (*path, name))]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [one for number, (old, new) in pairs for one in _changes(old, new, (*path, number))]
    return [(path, after)]


class _Editor:
    """One change of a text, by the places of its nodes."""

    def __init__(self, text: str, place: int, quoted: bool) -> None:
        import yaml

        self._text, self._quoted = text, quoted
        self._root: yaml.Node | None = None
        try:
            for node in yaml.compose_all(text, Loader=yaml.SafeLoader):
                if node is not None and self._root is None and node.start_mark.line + 1 >= place:
                    self._root = node
        except yaml.YAMLError as error:  # libyaml, which read it before, takes a little more
            raise Malformed(f"not YAML: {' '.join(str(error).split())}") from error

    def set(self, path: Path, value: Json) -> str:
        """The text with the change; raises `LookupError` where the way does not exist."""
        import yaml

        parent = self._root
        for number, step in enumerate(path[:-1]):
            found = _child(parent, step)
            if found is None and isinstance(parent, yaml.MappingNode):  # nothing there yet: make all of it
                rest: Json = value
                for name in reversed(path[number + 1 :]):
                    rest = {str(name): rest}
                return self._insert(parent, str(step), rest)
            parent = found
        last = path[-1]
        old = _child(parent, last)
        if old is None:
            if not isinstance(parent, yaml.MappingNode):
                raise LookupError(last)
            return self._insert(parent, str(last), value)
        if value is None:
            if not isinstance(parent, yaml.MappingNode):
                raise LookupError(last)
            return self._remove(parent, str(last))
        if isinstance(old, yaml.CollectionNode) and not old.flow_style:
            raise LookupError(last)
        return self._text[: old.start_mark.index] + self._written(value) + self._text[old.end_mark.index :]

    def _insert(self, parent: yaml.MappingNode, name: str, value: Json) -> str:
        start = parent.start_mark
        entry = f"{self._written(name)}: {self._written(value)}"
        if parent.flow_style:
            after = f"{entry}, " if parent.value else entry
            return self._text[: start.index + 1] + after + self._text[start.index + 1 :]
        return self._text[: start.index] + f"{entry}\n{' ' * start.column}" + self._text[start.index :]

    def _remove(self, parent: yaml.MappingNode, name: str) -> str:
        place = next(number for number, (key, _) in enumerate(parent.value) if key.value == name)
        key, value = parent.value[place]
        text = self._text
        if place + 1 < len(parent.value) and (parent.flow_style or not place):
            return text[: key.start_mark.index] + text[parent.value[place + 1][0].start_mark.index :]
        end = _end(value)
        if parent.flow_style:
            start = _end(parent.value[place - 1][1]) if place else key.start_mark.index
            return text[:start] + text[end:]
        start = text.rfind("\n", 0, key.start_mark.index) + 1
        line_end = text.find("\n", end)
        return text[:start] + (text[line_end + 1 :] if line_end >= 0 else "")

    def _written(self, value: Json) -> str:
        if self._quoted:
            return json_bytes.encode(value).decode()
        if isinstance(value, str) and _PLAIN.fullmatch(value) and manifest.scalar(value, True) == value:
            return value
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self._written(key)}: {self._written(item)}" for key, item in value.items()) + "}"
        return json_bytes.encode(value).decode()


def _child(parent: yaml.Node | None, step: str | int) -> yaml.Node | None:
    import yaml

    if isinstance(parent, yaml.MappingNode):
        return next((value for key, value in parent.value if getattr(key, "value", None) == step), None)
    if isinstance(parent, yaml.SequenceNode) and isinstance(step, int) and step < len(parent.value):
        found: yaml.Node = parent.value[step]
        return found
    raise LookupError(step)


def _end(node: yaml.Node) -> int:
    """Where the last character of a value is: a block ends where its last part does."""
    import yaml

    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _end(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    end: int = node.end_mark.index
    return end
