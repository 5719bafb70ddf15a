"""Conan references (docs.conan.io, "Terminology"): how packages are named in all of Conan's files.

::

    name/version[@user[/channel]][#recipe_revision][:package_id[#package_revision]][%timestamp]
    zlib/1.2.11@acme/stable#ffa77daf83a57094149707928bdce823%1667396813.987
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.formats import purl
from assay.model.component import Component, ComponentType, Presence, Property, Scope


@dataclass(frozen=True, slots=True)
class Reference:
    """The parts of a reference; `version` may be a range in brackets (``[>=1.2 <2]``) in what people write."""

    name: str
    version: str = ""
    user: str = ""
    channel: str = ""
    revision: str = ""
    package_id: str = ""


def parse(text: str) -> Reference:
    """The parts of a reference; without a name where it has none (consumers need not name themselves)."""
    text = text.strip().partition("%")[0]
    text, _, package = text.partition(":")
    text, _, revision = text.partition("#")
    text, _, owner = text.partition("@")
    name, slash, version = text.partition("/")
    user, _, channel = owner.partition("/")
    anonymous = name in ("", "None", "None None") or not slash
    return Reference(
        "" if anonymous else name.strip(),
        version.strip(),
        "" if user == "_" else user.strip(),
        "" if channel == "_" else channel.strip(),
        "" if revision == "0" else revision.strip(),
        package.partition("#")[0].strip(),
    )


def component(
    reference: Reference,
    type_: ComponentType = ComponentType.LIBRARY,
    presence: Presence = Presence.DECLARED,
    scope: Scope = Scope.REQUIRED,
) -> Component:
    """The component of a reference: a range in brackets is no version."""
    bracketed = reference.version.startswith("[")
    version = "" if bracketed or reference.version == "None" else reference.version
    qualifiers = {"user": reference.user, "channel": reference.channel, "rrev": reference.revision}
    package = reference.package_id
    return Component(
        reference.name,
        version,
        type_,
        purl=purl.attempt("conan", reference.name, version, qualifiers=qualifiers),
        presence=presence,
        scope=scope,
        version_range=reference.version.strip("[]") if bracketed else "",
        properties=(Property("assay:conan:package-id", package),) if package else (),
    )
