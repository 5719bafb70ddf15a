"""Language packages that came as files of an operating-system package follow the distribution.

A distribution mends old versions: ``python3-urllib3 1.26.12-1+deb12u1`` holds a urllib3 1.26.12 that is no longer
affected, whatever PyPI's advisories say. Where the distribution's data speaks of the problem, its word counts: fixed or
not affected hides the language finding, affected leaves it to the finding of the system package. Where it is silent,
the language finding stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from assay.engines.match.questions import Asked
from assay.engines.match.relevant import concerns
from assay.model.advisory import FixState
from assay.model.advisory_store import Claim
from assay.model.finding import Cause, Finding, Suppression
from assay.model.sbom import Sbom
from assay.ports import Advisories

Word = tuple[str, str]
"""Reason and origin."""


def divide(
    found: Sequence[Finding], sbom: Sbom, store: Advisories, asked: Sequence[Asked]
) -> tuple[list[Finding], list[Finding]]:
    """The findings that stay, and those that the owner's distribution answers."""
    owners = {item.component.owned_by for item in found if item.component.owned_by}
    if not owners:
        return list(found), []
    words = _words(owners, sbom, store, asked)
    stay, answered = [], []
    for item in found:
        said = words.get(item.component.owned_by, {})
        word = next((said[name] for name in item.vulnerability.ids if name in said), None)
        if word is None:
            stay.append(item)
        else:
            answered.append(item._replace(suppression=Suppression(Cause.OWNER, word[0], word[1])))
    return stay, answered


def _words(owners: set[str], sbom: Sbom, store: Advisories, asked: Sequence[Asked]) -> Mapping[str, Mapping[str, Word]]:
    """What the distribution says about each owner: by id of the problem."""
    names = {item.id: number for number, item in enumerate(sbom.components) if item.id in owners}
    wanted = set(names.values())
    mine = [item for item in asked if item.component in wanted]
    claims = store.claims([item.question._replace(everything=True) for item in mine])
    records = store.advisories((claim.feed, claim.advisory) for claim in claims)
    result: dict[str, dict[str, Word]] = defaultdict(dict)
    for claim in claims:
        owner = sbom.components[mine[claim.question].component]
        record = records.get((claim.feed, claim.advisory))
        if record is None or claim.withdrawn or not concerns(claim, mine[claim.question], sbom.components):
            continue
        word = _word(claim, owner.id, f"{claim.feed}:{record.id}")
        for name in (record.id, *record.aliases, *record.upstream):
            known = result[owner.id].get(name)
            if known is None or (claim.inside and claim.state is not FixState.NOT_AFFECTED):
                result[owner.id][name] = word
    return result


def _word(claim: Claim, owner: str, origin: str) -> Word:
    if claim.inside and claim.state is FixState.NOT_AFFECTED:
        return f"the distribution says that {owner} is not affected", origin
    if claim.inside:
        return f"reported for {owner}, which brought the files", origin
    return f"fixed by the distribution in {owner}", origin
