"""Images that an object names: ``images`` in variables, and what ``verifyImages`` looks at.

``{"containers": {"nginx": {"registry", "path", "name", "tag", "digest", "reference", ...}}}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from assay.engines.policy.kyverno.odd import listed, mapping
from assay.errors import InputError
from assay.formats.image_reference import ImageReference, parse
from assay.model.policy import GroupVersionKind, Object

_TEMPLATES = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job"), ("spec", "template")
    ),
}
_LISTS = ("initContainers", "containers", "ephemeralContainers")
MAX_IMAGES = 1000


class Image(NamedTuple):
    """An image, where it stands (a JSON pointer), under which list and name it is known."""

    group: str
    name: str
    pointer: str
    text: str
    reference: ImageReference

    @property
    def path(self) -> str:
        """The repository as it is written: Kyverno adds no ``library/``."""
        return (
            self.reference.repository if "library/" in self.text else self.reference.repository.removeprefix("library/")
        )

    @property
    def full(self) -> str:
        """The reference with registry and tag, as patterns see it."""
        found = self.reference
        tag = f":{found.tag}" if found.tag else ""
        return f"{found.host}/{self.path}{tag}" + (f"@{found.digest}" if found.digest else "")

    def value(self) -> Object:
        """As variables show it."""
        found = self.reference
        tag = found.tag or ("" if found.digest else "latest")
        name = f"{found.host}/{self.path}"
        full = f"{name}:{tag}" if not found.digest else f"{name}@{found.digest}"
        return {
            "registry": found.host,
            "path": self.path,
            "name": found.repository.rpartition("/")[2],
            "tag": tag,
            "digest": found.digest,
            "reference": full,
            "referenceWithTag": f"{name}:{tag}",
            "jsonPointer": self.pointer,
        }


def extracted(item: Any) -> dict[str, dict[str, Object]]:
    """The images of an object, by list and name."""
    found: dict[str, dict[str, Object]] = {}
    for image in images_of(item if isinstance(item, dict) else {}):
        found.setdefault(image.group, {})[image.name] = image.value()
    return found


def images_of(item: Object, extractors: Mapping[str, Sequence[Mapping[str, str]]] | None = None) -> Iterator[Image]:
    """The images of an object: of its containers, or where ``imageExtractors`` say; unreadable ones are left out."""
    kind = GroupVersionKind.of(item).kind
    chosen = (extractors or {}).get(kind)
    places = _chosen(item, chosen) if chosen else _containers(item, kind)
    for number, (group, name, pointer, text) in enumerate(places):
        if number >= MAX_IMAGES:
            return
        try:
            yield Image(group, name, pointer, text, parse(text))
        except InputError:
            continue


def _containers(item: Object, kind: str) -> Iterator[tuple[str, str, str, str]]:
    if kind not in _TEMPLATES:
        return
    path = (*_TEMPLATES[kind], "spec")
    pod = _at(item, path)
    for group in _LISTS:
        for at, container in enumerate(listed(mapping(pod).get(group))):
            if isinstance(container, dict) and isinstance(container.get("image"), str):
                yield (
                    group,
                    str(container.get("name") or at),
                    f"/{'/'.join(path)}/{group}/{at}/image",
                    container["image"],
                )


def _at(item: Any, path: Sequence[str]) -> Any:
    for part in path:
        item = item.get(part) if isinstance(item, dict) else None
    return item


def _chosen(item: Object, extractors: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, str, str, str]]:
    for extractor in extractors:
        parts = [part for part in extractor.get("path", "").split("/") if part]
        group, value, key = extractor.get("name") or "custom", extractor.get("value") or "", extractor.get("key") or ""
        for pointer, found, holder in _walk(item, parts, "", None):
            if value and isinstance(found, dict):
                pointer, holder, found = f"{pointer}/{value}", found, found.get(value)
            if isinstance(found, str):
                name = holder.get(key) if key and isinstance(holder, dict) else None
                yield group, str(name or pointer), pointer, _queried(extractor, found)


def _queried(extractor: Mapping[str, str], text: str) -> str:
    from assay.engines.policy.queries.search import search

    if not extractor.get("jmesPath"):
        return text
    return str(search(extractor["jmesPath"], text))


def _walk(item: Any, parts: Sequence[str], pointer: str, holder: Any) -> Iterator[tuple[str, Any, Any]]:
    if not parts:
        yield pointer, item, holder
        return
    first, rest = parts[0], parts[1:]
    if isinstance(item, list):
        chosen = (
            range(len(item)) if first == "*" else [int(first)] if first.isdigit() and int(first) < len(item) else []
        )
        for at in chosen:
            yield from _walk(item[at], rest, f"{pointer}/{at}", item[at])
    elif isinstance(item, dict):
        for key in sorted(item) if first == "*" else [first] if first in item else []:
            escaped = key.replace("~", "~0").replace("/", "~1")
            yield from _walk(item[key], rest, f"{pointer}/{escaped}", item)
