"""Names within SPDX documents: element ids, licence references, namespaces, agents.

Ids are ``SPDXRef-`` and letters, digits, dots and dashes (SPDX 2.3, 3.2 and 7.2); a short digest of the component's
identity makes them unique and stable: ``SPDXRef-Package-deb-openssl-2f8a1b0c9d7e``.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterable

from assay.formats.json import Object
from assay.model.component import Component

DOCUMENT = "SPDXRef-DOCUMENT"
_ID = re.compile(r"SPDXRef-[A-Za-z0-9.\-]+")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9.\-]+")
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://spdx.org/spdxdocs")
_PERSON = re.compile(r"(?P<name>[^<>()]*[^<>()\s])\s*(?:<(?P<email>[^<>()\s]+@[^<>()\s]+)>)")
_AGENT = re.compile(r"(?P<kind>Person|Organization|Tool)\s*:\s*(?P<name>.*)", re.DOTALL)
_BRACKETED = re.compile(r"(?P<name>.*[^\s(])\s*\((?P<email>[^()\s]*)\)", re.DOTALL)


def is_id(text: str) -> bool:
    """Whether `text` can name an element."""
    return _ID.fullmatch(text) is not None


def slug(text: str, length: int = 60) -> str:
    """`text` reduced to the characters that ids may have."""
    return _FORBIDDEN.sub("-", text).strip("-")[:length].strip("-") or "unnamed"


def short(text: str) -> str:
    """A digest of twelve digits that tells names apart which have the same slug."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def element_ids(root: Component, components: Iterable[Component]) -> list[str]:
    """The SPDX ids of the root and the components, in their order; ids of a document that was read are kept.

    Components that share an identity (documents of others) are counted: no two elements share an id.
    """
    found = [_element_id(root, "DocumentRoot")]
    taken = Counter(found)
    for component in components:
        spdx_id = _element_id(component, "Package")
        taken[spdx_id] += 1
        found.append(spdx_id if taken[spdx_id] == 1 else f"{spdx_id}-{taken[spdx_id]}")
    return found


def by_component(everyone: Iterable[Component], ids: Iterable[str]) -> dict[str, str]:
    """Those ids by `Component.id`; of components that share one the first counts."""
    found: dict[str, str] = {}
    for component, spdx_id in zip(everyone, ids, strict=True):
        found.setdefault(component.id, spdx_id)
    return found


def _element_id(component: Component, label: str) -> str:
    if is_id(component.ref):
        return component.ref
    kind = component.ecosystem or component.type
    return f"SPDXRef-{label}-{slug(kind, 20)}-{slug(component.name)}-{short(component.id)}"


def namespace(name: str, document: Object) -> str:
    """A document namespace that depends on the content alone (time left out by the caller)."""
    content = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return f"https://spdx.org/spdxdocs/{slug(name)}-{uuid.uuid5(_NAMESPACE, content)}"


def agent(name: str, default: str = "Organization") -> str:
    """``Organization: NAME`` or ``Person: NAME (EMAIL)``, the form that SPDX 2 wants."""
    match = _PERSON.fullmatch(name.strip())
    if match is None:
        return f"{default}: {name}"
    return f"{default}: {match['name']} ({match['email']})"


def agent_name(text: str) -> tuple[str, str]:
    """The kind (``Person``, ``Organization``, ``Tool`` or empty) and the name, e-mail addresses in ``<...>``."""
    match = _AGENT.fullmatch(text.strip())
    if match is None:
        return "", "" if text in {"NOASSERTION", "NONE"} else text
    kind, name = match["kind"], match["name"].strip()
    bracketed = _BRACKETED.fullmatch(name)
    if kind == "Tool" or bracketed is None:
        return kind, name
    email = bracketed["email"]
    if email and "@" not in email:
        return kind, name
    return kind, f"{bracketed['name']} <{email}>" if email else bracketed["name"]
