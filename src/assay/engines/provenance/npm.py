"""Provenance of npm packages: what the registry signed at publication, and what the builder says, must agree.

Both were verified before; `check` holds them to what is expected. npm's own client builds on GitHub's runners and
says so; a builder of the SLSA framework (``builder_nodejs_slsa3.yml``) is vouched for by its delegator.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import unquote

from assay.engines.provenance import ISSUER, Expected, Mismatch, Reason, Said
from assay.engines.provenance import check as check_built
from assay.errors import Refused
from assay.formats.intoto import Statement
from assay.formats.json import as_object, as_text
from assay.formats.npm_attestations import PROVENANCE, PUBLISH, RegistryKey
from assay.model.identity import Identity

RUNNER = "https://github.com/actions/runner"
HOSTED, OWN = f"{RUNNER}/github-hosted", f"{RUNNER}/self-hosted"
_DELEGATED = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/"
_PREFIX = "pkg:npm/"


def registry_key(known: tuple[RegistryKey, ...], key_id: str) -> RegistryKey:
    """The key that a publish attestation names; raises `Refused` for one that is not known."""
    for key in known:
        if key.key_id == key_id:
            return key
    raise Refused(f"the registry's key {key_id[:80]} is not known", "give its keys: --registry-keys keys.json")


def check_key_held(key: RegistryKey, times: tuple[str, ...]) -> None:
    """Raise `Refused` unless the key counted at the verified times."""
    for time in times:
        if not key.validity.holds(datetime.fromisoformat(time)):
            raise Refused(f"the registry's key {key.key_id} did not count at {time} ({key.validity})")


def check_types(publish: Statement, provenance: Statement) -> None:
    """Raise `Mismatch` unless the statements are of the types that their places say."""
    if provenance.predicate_type not in PROVENANCE:
        raise Mismatch(Reason.TYPE, provenance.predicate_type, " or ".join(sorted(PROVENANCE)))
    if not publish.predicate_type.startswith(PUBLISH):
        raise Mismatch(Reason.TYPE, publish.predicate_type, f"{PUBLISH}v0.1")


def check_package(publish: Statement, provenance: Statement, name: str, version: str) -> None:
    """Raise `Mismatch` unless both are about that package; an empty name or version is not asked for."""
    said = as_object(publish.predicate)
    built = [_subject(statement) for statement in (provenance, publish)]
    for found in (*(one for one, _ in built), as_text(said.get("name"))):
        if name and found != name:
            raise Mismatch(Reason.PACKAGE_NAME, found, name)
    for found in (*(one for _, one in built), as_text(said.get("version"))):
        if version and found != version:
            raise Mismatch(Reason.PACKAGE_VERSION, found, version)


def _subject(statement: Statement) -> tuple[str, str]:
    """Name and version in the subject: ``pkg:npm/%40scope/name@1.0.0``."""
    if len(statement.subjects) != 1:
        raise Mismatch(Reason.SUBJECT, f"{len(statement.subjects)} subjects", "one")
    text = statement.subjects[0][0]
    if not text.startswith(_PREFIX):
        raise Mismatch(Reason.SUBJECT, text[:100], "a package of npm")
    name, _, version = unquote(text.removeprefix(_PREFIX)).rpartition("@")
    return (name, version) if name else (f"@{version}", "")


def check(publish: Statement, provenance: Statement, identity: Identity, expected: Expected) -> str:
    """The builder; raises `Mismatch` for the first thing that does not fit. A builder must be named."""
    if not expected.builder:
        raise Mismatch(Reason.BUILDER_ID, "", "a builder that is named")
    check_types(publish, provenance)
    if identity.names and identity.names[0].startswith(_DELEGATED):
        builder = _delegated(provenance, identity, expected)
    else:
        builder = _on_runner(provenance, identity, expected)
    check_package(publish, provenance, expected.package, expected.version)
    return builder


def _delegated(provenance: Statement, identity: Identity, expected: Expected) -> str:
    try:
        return check_built(provenance, identity, expected)
    except Mismatch as error:
        if error.reason is Reason.BUILDER:
            raise Mismatch(Reason.BUILDER_NAMED, error.found, error.wanted) from error
        raise


def _on_runner(provenance: Statement, identity: Identity, expected: Expected) -> str:
    said = Said(as_object(provenance.predicate))
    wanted = expected.builder
    if wanted not in (RUNNER, HOSTED):
        raise Mismatch(Reason.BUILDER_KIND, wanted, f"{HOSTED}, or one of the SLSA framework")
    if identity.issuer != ISSUER:
        raise Mismatch(Reason.BUILDER, identity.issuer, ISSUER)
    # The elder form does not tell GitHub's own machines from others; where the certificate does, it counts.
    hosted = said.builder == HOSTED or (said.builder == RUNNER and not said.is_v1)
    if not hosted or (wanted != said.builder and said.is_v1):
        raise Mismatch(Reason.BUILDER_ID, said.builder, wanted)
    if identity.claim(11) not in ("", "github-hosted"):
        raise Mismatch(Reason.BUILDER_ID, identity.claim(11), "github-hosted")
    source = f"https://{expected.source}"
    for found in (identity.claim(12) or f"https://github.com/{identity.claim(5)}", said.source):
        if found != source:
            raise Mismatch(Reason.SOURCE, found, source)
    said.check_refs(expected)
    return said.builder
