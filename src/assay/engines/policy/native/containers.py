"""Which images an object runs: of a pod, and of the template in every kind that makes pods."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from threading import local
from typing import Any

from assay.errors import AssayError, InputError
from assay.formats import image_reference
from assay.formats.image_reference import ImageReference
from assay.model.digest import Digest
from assay.model.policy import Action, Object, Outcome, RuleResult
from assay.ports import Images

Path = tuple[str | int, ...]
_TEMPLATES: dict[str, Path] = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
"""Where the pod is; in every other kind that has one, in ``spec.template.spec``."""
_TEMPLATE: Path = ("spec", "template", "spec")
LISTS = ("containers", "initContainers", "ephemeralContainers")
MAX_IMAGES = 512


@dataclass(frozen=True, slots=True)
class Used:
    """An image that an object names, and where."""

    path: Path
    container: str
    text: str

    def reference(self) -> ImageReference:
        """Read; raises `InputError` for what is no reference."""
        return image_reference.parse(self.text)

    @property
    def place(self) -> str:
        """``spec.containers[0].image``."""
        found = ""
        for part in self.path:
            found += f"[{part}]" if isinstance(part, int) else f".{part}"
        return found[1:]


def pod_path(item: Object) -> Path:
    """Where the pod's ``spec`` is in an object of this kind."""
    return _TEMPLATES.get(str(item.get("kind")), _TEMPLATE)


def at(item: Any, path: Path) -> Any:
    """The value at a path; None where there is none."""
    for part in path:
        if isinstance(part, int):
            item = item[part] if isinstance(item, list) and part < len(item) else None
        else:
            item = item.get(part) if isinstance(item, dict) else None
    return item


class _Last(local):
    """The objects that this thread looked at last: many policies ask about one request, one after the other."""

    def __init__(self) -> None:
        self.seen: tuple[tuple[Object, tuple[Used, ...]], ...] = ()


_last = _Last()


def images(item: Object | None) -> tuple[Used, ...]:
    """All images, in order; raises `InputError` for more than `MAX_IMAGES`, and for an image that is no text."""
    if item is None:
        return ()
    for known, found in _last.seen:
        if known is item:  # held here, and objects are never changed, only replaced
            return found
    found = tuple(_images(item, pod_path(item)))
    if len(found) > MAX_IMAGES:
        raise InputError(f"the object names {len(found)} images (at most {MAX_IMAGES})", "split it")
    _last.seen = ((item, found), *_last.seen[:1])
    return found


def _images(item: Object, path: Path) -> Iterator[Used]:
    for name in LISTS:
        for number, container in enumerate(_list(at(item, (*path, name)))):
            yield from _used(container, (*path, name, number, "image"), "image", container)
    for number, volume in enumerate(_list(at(item, (*path, "volumes")))):
        source = volume.get("image") if isinstance(volume, dict) else None
        if isinstance(source, dict):
            yield from _used(source, (*path, "volumes", number, "image", "reference"), "reference", volume)


def _used(holder: Any, path: Path, key: str, named: Any) -> Iterator[Used]:
    text = holder.get(key) if isinstance(holder, dict) else None
    if text is None or text == "":
        return  # the API server, or another webhook, says what it thinks of that
    if not isinstance(text, str):
        raise InputError(f"an image of the object is {text!r:.60}, no text", "write HOST/NAME:TAG")
    name = named.get("name") if isinstance(named, dict) else None
    yield Used(path, name if isinstance(name, str) else "", text)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def standing(item: Object | None, old: Object | None) -> frozenset[tuple[Path, str]]:
    """Images that a request leaves as they are, by place and text.

    A tag is left as it is in a pod, whose containers are there already, and in a template that does not change: the
    pods that are made of it later are asked about themselves.
    """
    if item is None or old is None:
        return frozenset()
    template = pod_path(item)[:-1]
    kept = not template or at(item, template) == at(old, template)
    before = {(used.path, used.text) for used in images(old)}
    return frozenset(
        (used.path, used.text)
        for used in images(item)
        if (used.path, used.text) in before and (kept or "@" in used.text)
    )


def is_made_by_another(item: Object) -> bool:
    """Whether it is the template of a controller's controller, which would make another one if it were changed."""
    metadata = item.get("metadata")
    owners = _list(metadata.get("ownerReferences") if isinstance(metadata, dict) else None)
    return len(pod_path(item)) > 1 and any(isinstance(one, dict) and one.get("controller") for one in owners)


def pinned(item: Object, digests: dict[Path, Digest]) -> Object:
    """The object with digests behind the images at these paths."""
    changed = copy.deepcopy(item)
    for path, digest in digests.items():
        holder = at(changed, path[:-1])
        holder[path[-1]] = f"{holder[path[-1]]}@{digest}"
    return changed


def pin(policy: str, item: Object, wanted: Iterable[Used], known: Images) -> tuple[RuleResult, ...]:
    """The result of a policy that writes the digests of images; one that cannot be resolved leaves all as they are."""
    found: dict[Path, Digest] = {}
    try:
        for used in wanted:
            if not used.reference().digest:
                found[used.path] = known.digest(used.text)
    except AssayError as error:
        return (RuleResult(policy, "digests", Outcome.SKIP, f"not pinned: {error.what}", Action.AUDIT),)
    if not found:
        return ()
    return (RuleResult(policy, "digests", Outcome.PASS, f"{len(found)} images pinned", patched=pinned(item, found)),)
