"""An image and what hangs on it, drawn for people or written as JSON::

registry.example/team/app:1.2
sha256:9f86d08188... index, 1.4 kB
├── linux/amd64 sha256:6b23c0d5f3... 58.1 MB
│   ├── signature (referrer) sha256:3c5a2e... 5.2 kB
│   └── attestation (tag .att) sha256:77ad0c... 41.0 kB
│       └── https://slsa.dev/provenance/v1 sha256:0d1f3a... 40.2 kB
└── linux/arm64 sha256:ab34ff... 57.3 MB
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.formats import json_bytes
from assay.formats.json import Json, Object
from assay.model.image_tree import Document, Form, Node
from assay.report.console import printable


def table(name: str, node: Node) -> str:
    """The tree as text; whatever strangers wrote is made harmless for a terminal."""
    return "\n".join([printable(name), printable(_line(node)), *_below(node, "")]) + "\n"


def _below(node: Node, indent: str) -> Iterator[str]:
    items: list[Document | Node] = [*_documents(node), *node.children, *node.attached]
    for position, item in enumerate(items):
        last = position == len(items) - 1
        yield f"{indent}{'└── ' if last else '├── '}{printable(_text(item))}"
        if isinstance(item, Node):
            yield from _below(item, indent + ("    " if last else "│   "))


def _text(item: Document | Node) -> str:
    if isinstance(item, Node):
        return _line(item)
    return f"{item.predicate_type or item.item.media_type or 'document'} {item.item.digest} {size(item.item.size)}"


def _documents(node: Node) -> tuple[Document, ...]:
    return node.hangs.documents if node.hangs is not None else ()


def _line(node: Node) -> str:
    about = f"{node.item.digest} {size(weight(node))}"
    hangs = node.hangs
    if hangs is None:
        platform = f"{node.item.platform} " if node.item.platform is not None and str(node.item.platform) else ""
        return f"{platform}{about}" if node.blobs else f"{about} (index)"
    form = f"tag .{hangs.tag.rpartition('.')[2]}" if hangs.form is Form.TAG else str(hangs.form)
    return f"{hangs.kind} ({form}) {about}"


def weight(node: Node) -> int:
    """The bytes of a manifest and its blobs."""
    return len(node.data) + sum(item.size for item in node.blobs)


def size(count: float) -> str:
    """``58.1 MB``."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def as_json(name: str, node: Node) -> bytes:
    """The tree as JSON: ``{"reference", "digest", "mediaType", "size", "children": [...], "attached": [...]}``."""
    return json_bytes.dump({"reference": name, **_object(node)})


def _object(node: Node) -> Object:
    found: Object = {
        "digest": str(node.item.digest),
        "mediaType": node.item.media_type,
        "size": weight(node),
    }
    if node.item.platform is not None and str(node.item.platform):
        found["platform"] = str(node.item.platform)
    if (hangs := node.hangs) is not None:
        documents: list[Json] = [_document(item) for item in hangs.documents]
        found |= {"kind": str(hangs.kind), "form": str(hangs.form), "artifactType": hangs.artifact_type}
        found |= {"tag": hangs.tag} if hangs.tag else {}
        found["documents"] = documents
    found["children"] = [_object(child) for child in node.children]
    found["attached"] = [_object(item) for item in node.attached]
    return found


def _document(document: Document) -> Object:
    return {
        "kind": str(document.kind),
        "digest": str(document.item.digest),
        "mediaType": document.item.media_type,
        "size": document.item.size,
        "predicateType": document.predicate_type,
    }
