"""Identity policies of users: ``[verify]`` in ``assay.toml`` or in a file of its own.

::

    [verify]
    require = "any"            # or "all", or how many of the identities must have signed

    [[verify.identity]]
    identity-glob = "https://github.com/acme/**"       # or identity, or identity-regexp (RE2, the whole name)
    issuer = "https://token.actions.githubusercontent.com"
    [verify.identity.claims]
    source-repository-visibility-at-signing = "public"
    source-repository-ref-glob = "refs/tags/*"
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assay.adapters.trust_roots import read_file
from assay.engines.verify.identities import How, Match, Policy, Wanted, compiled
from assay.errors import Malformed, UsageError
from assay.formats import toml
from assay.formats.json import Json, as_object
from assay.model.identity import CLAIMS

_NUMBERS = {name: number for number, name in CLAIMS.items()}
_WAYS = {"": How.EXACT, "-glob": How.GLOB, "-regexp": How.REGEXP}


def load(path: Path) -> Policy:
    """The policy of a file; raises `UsageError` for one that says nothing, or something that is not known."""
    found = _policy(path)
    if found is None:
        raise UsageError(f"{path} has no [[verify.identity]]", "see the guide to verification")
    return found


def of_files(paths: Sequence[Path]) -> Policy | None:
    """The policy of the last of these configuration files that has one."""
    found = [policy for path in paths if (policy := _policy(path)) is not None]
    return found[-1] if found else None


def _policy(path: Path) -> Policy | None:
    try:
        table = toml.load(read_file(path))
    except Malformed as error:
        raise UsageError(f"{path}: {error.what}", "mend it") from error
    if path.name == "pyproject.toml":
        table = as_object(as_object(table.get("tool")).get("assay"))
    verify = as_object(table.get("verify"))
    items = verify.get("identity")
    if not isinstance(items, list):
        return None
    wanted = tuple(_wanted(item, f"{path}: verify.identity {number}") for number, item in enumerate(items, 1))
    return Policy(wanted, str(path), _needed(verify.get("require", "any"), len(wanted), path))


def _needed(value: Json, count: int, path: Path) -> int:
    if value in ("any", "all"):
        return 1 if value == "any" else count
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= count:
        return value
    raise UsageError(f"{path}: verify.require is {value!r}", f'write "any", "all" or a number from 1 to {count}')


def _wanted(item: Json, place: str) -> Wanted:
    if not isinstance(item, dict):
        raise UsageError(f"{place} is no table", "write [[verify.identity]] above its keys")
    name, issuer = _match(item, "identity", place), _match(item, "issuer", place)
    if name is None or issuer is None:
        raise UsageError(
            f"{place} lacks {'identity' if name is None else 'issuer'}", "an identity is a name and issuer"
        )
    known = {f"{word}{way}" for word in ("identity", "issuer") for way in _WAYS} | {"claims"}
    if strange := sorted(set(item) - known):
        raise UsageError(f"{place}: {strange[0]} is not known", f"it takes {', '.join(sorted(known))}")
    return Wanted(name, issuer, tuple(_claims(as_object(item.get("claims")), place)))


def _claims(table: dict[str, Json], place: str) -> list[tuple[int, Match]]:
    found = []
    for key in table:
        word = key.removesuffix("-glob").removesuffix("-regexp")
        match = _match(table, word, place)
        if word not in _NUMBERS or match is None:
            raise UsageError(f"{place}: there is no claim {key}", f"there are {', '.join(sorted(_NUMBERS))}")
        found.append((_NUMBERS[word], match))
    return found


def _match(table: dict[str, Json], word: str, place: str) -> Match | None:
    found = [(table[word + way], how) for way, how in _WAYS.items() if word + way in table]
    if not found:
        return None
    text, how = found[0]
    if len(found) > 1 or not isinstance(text, str) or not text:
        raise UsageError(f"{place}: {word} is said twice, or is no text", "say it once")
    if how is How.REGEXP:
        compiled(text)
    return Match(text, how)
