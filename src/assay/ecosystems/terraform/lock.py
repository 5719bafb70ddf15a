"""``.terraform.lock.hcl`` (developer.hashicorp.com, "Dependency Lock File"): HCL blocks with strings and lists.

::

    provider "registry.example/acme/clock" {
      version     = "1.2.0"
      constraints = "~> 1.0"
      hashes = [
        "h1:dr2OjyqkGqPCnVoAc7ccRHDhzKoTZyfd0rSYuKV4Ztc=",
        "zh:0b9ff9c346629256c42ebe1eeb769a83c6cb771a6ee5960bd110ab0b9b872063",
      ]
    }

``zh`` are the SHA-256 of the archives, one for each platform; ``h1`` are Go's directory hashes, no digests of a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats import digest, purl
from assay.model.component import Component, Presence, Property
from assay.model.digest import Digest
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_TOKEN = re.compile(
    r"(?P<space>(?:\s|\#[^\n]*|//[^\n]*)+)"
    r'|(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<symbol>[{}\[\]=,]|[0-9.]+)"
)
_DEFAULT_HOST = re.compile(r"registry\.(?:terraform\.io|opentofu\.org)")


def parse(file: File) -> Found:
    """The locked providers."""
    components: list[Component] = []
    missing = 0
    for address, attributes in _blocks(list(_tokens(file.text))):
        component = _component(address, attributes)
        if component is None:
            missing += 1
        else:
            components.append(component)
    skipped = (Skipped(file.path, f"{missing} providers without a version"),) if missing else ()
    return Found(tuple(components), skipped=skipped)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Malformed(f"lock file of Terraform: no token at character {position}")
        position = match.end()
        kind = match.lastgroup or ""
        if kind == "string":
            yield kind, re.sub(r"\\(.)", r"\1", match[0][1:-1])
        elif kind != "space":
            yield kind, match[0]


def _blocks(tokens: list[tuple[str, str]]) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """The address and the attributes of each block `provider`; of other blocks only the end matters."""
    index = 0
    while index < len(tokens):
        labels: list[str] = []
        while index < len(tokens) and tokens[index] != ("symbol", "{"):
            labels.append(tokens[index][1])
            index += 1
        if index == len(tokens):
            raise Malformed("lock file of Terraform: no block")
        attributes, index = _attributes(tokens, index + 1)
        if labels[:1] == ["provider"] and len(labels) == 2:
            yield labels[1], attributes


def _attributes(tokens: list[tuple[str, str]], index: int) -> tuple[dict[str, list[str]], int]:
    attributes: dict[str, list[str]] = {}
    values: list[str] = []
    while index < len(tokens):
        kind, token = tokens[index]
        index += 1
        if (kind, token) == ("symbol", "}"):
            return attributes, index
        if kind == "name" and tokens[index : index + 1] == [("symbol", "=")]:
            values = attributes.setdefault(token, [])
        elif kind == "string":
            values.append(token)
    raise Malformed("lock file of Terraform ends inside a block")


def _component(address: str, attributes: dict[str, list[str]]) -> Component | None:
    version = "".join(attributes.get("version", [])[:1])
    host, _, path = address.partition("/")
    namespace, _, name = path.rpartition("/")
    if not version or not name:
        return None
    constraints = "".join(attributes.get("constraints", [])[:1])
    hashes = attributes.get("hashes", [])
    facts = [("constraints", constraints)] + [("hash", item) for item in hashes if not item.startswith("zh:")]
    repository = "" if _DEFAULT_HOST.fullmatch(host) else f"https://{host}"
    return Component(
        name,
        version,
        namespace=namespace,
        purl=purl.attempt("terraform", name, version, namespace, {"repository_url": repository}),
        presence=Presence.DECLARED,
        digests=_digests(hashes),
        properties=tuple(Property(f"assay:terraform:{key}", value) for key, value in facts if value),
    )


def _digests(hashes: list[str]) -> tuple[Digest, ...]:
    found = (digest.find("sha256:" + item.removeprefix("zh:")) for item in hashes if item.startswith("zh:"))
    return tuple(item for item in found if item)
