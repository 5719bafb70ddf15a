"""manifest.toml of Gleam (gleam.run, "gleam.toml"): what the build tool resolved.

::

    packages = [
      { name = "gleam_stdlib", version = "0.34.0", build_tools = ["gleam"], requirements = [], otp_app = "gleam_stdlib",
        source = "hex", outer_checksum = "1FB8454D2991E9B4C0C804544D8A9AD0F6184725E20D63C3155F0AEB4230B016" },
    ]

    [requirements]
    gleam_stdlib = { version = ">= 0.34.0 and < 2.0.0" }
"""

from __future__ import annotations

from assay.formats import digest, purl, toml
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, Presence
from assay.model.ecosystem import File, Found


def parse(file: File) -> Found:
    """The packages with their edges; nothing for a manifest.toml that is not Gleam's."""
    document = toml.load(file.data)
    packages = [as_object(item) for item in as_list(document.get("packages"))]
    if not any("otp_app" in item or "build_tools" in item for item in packages):
        return Found()
    components = {as_text(item.get("name")): _component(item) for item in packages if as_text(item.get("name"))}
    edges = tuple(
        (components[as_text(item.get("name"))].id, components[needed].id)
        for item in packages
        for needed in map(as_text, as_list(item.get("requirements")))
        if as_text(item.get("name")) in components and needed in components
    )
    return Found(tuple(components.values()), edges)


def _component(item: Object) -> Component:
    name, version = as_text(item.get("name")), as_text(item.get("version"))
    checksum, repository, commit = (as_text(item.get(key)) for key in ("outer_checksum", "repo", "commit"))
    known = digest.find(f"sha256:{checksum}") if checksum else None
    location = f"git+{repository}@{commit}" if repository and commit else ""
    return Component(
        name,
        version,
        purl=purl.attempt("hex", name, version, qualifiers={"vcs_url": location}),
        presence=Presence.DECLARED,
        digests=(known,) if known else (),
    )
