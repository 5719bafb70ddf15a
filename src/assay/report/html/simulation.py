"""What policies would have done, as one HTML page without a script: namespaces, their workloads, what mends each.

Names and messages come from strangers and are escaped; a content security policy forbids everything but our style.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from assay import __version__
from assay.model.simulation import Affected, Counts, Simulation, Violation
from assay.report import self_contained
from assay.report import simulation as words
from assay.report.self_contained import text as _text

_HEAD = (
    '<table><colgroup><col class="owner"><col class="result"><col class="times"><col class="since"><col></colgroup>'
    '<thead><tr><th scope="col">Owner</th><th scope="col">Result</th><th scope="col" class="number">Times</th>'
    '<th scope="col">Since</th><th scope="col">Why, and what mends it</th></tr></thead><tbody>\n'
)
_COLOURS = {"newly denied": "bad", "still denied": "bad", "denied": "bad", "reported": "warn"}


def write(found: Simulation) -> bytes:
    """The page."""
    counts = found.counts
    values = {
        "title": f"{counts.denied} of {counts.asked} would be denied",
        "heading": f"{counts.denied:,} of {counts.asked:,} would be denied",
        "subtitle": _text(_subtitle(found)),
        "tiles": _tiles(counts),
        "notices": "".join(f'  <p class="notice">{_text(line)}</p>\n' for line in _notices(found)),
        "sections": "".join(_sections(found)),
        "generator": _text(f"assay {__version__}"),
    }
    return self_contained.page("assay.report.html", "simulation", values)


def _subtitle(found: Simulation) -> str:
    parts = [f"{words.policies(found)} as of {words.day(found.at)}"]
    if found.sources:
        parts.append("asked about " + ", ".join(found.sources))
    if found.first:
        parts.append(f"from {words.day(found.first)} to {words.day(found.last)}")
    return "; ".join(parts)


def _tiles(counts: Counts) -> str:
    tiles = (
        ("asked", counts.asked, ""),
        ("denied", counts.denied, "bad"),
        ("newly denied", counts.newly, "bad"),
        ("denied as before", counts.again, ""),
        ("no longer denied", counts.no_longer, "good"),
        ("reported, not refused", counts.reported, "warn"),
    )
    return "".join(
        f'<div class="{colour if number else ""}"><dt>{word}</dt><dd>{number:,}</dd></div>'
        for word, number, colour in tiles
    )


def _notices(found: Simulation) -> Iterator[str]:
    yield from list(words.summary(found))[1:]


def _sections(found: Simulation) -> Iterator[str]:
    """A section for each namespace, the one with most denials first."""
    if not found.affected:
        yield '<p class="empty">Nothing that was asked breaks a policy.</p>\n'
    for namespace, items in _by_namespace(found).items():
        denied = sum(item.counts.denied for item in items)
        about = f"{len(items):,} workload{'s' if len(items) > 1 else ''}, {denied:,} denied"
        name = _text(namespace) or "not in a namespace"
        yield f"<details open><summary>{name}<small>{about}</small></summary>\n{_HEAD}"
        yield from chain.from_iterable(_rows(item) for item in items)
        yield "</tbody></table></details>\n"


def _by_namespace(found: Simulation) -> dict[str, list[Affected]]:
    groups: dict[str, list[Affected]] = {}
    for item in found.affected:
        groups.setdefault(item.workload.namespace, []).append(item)
    return dict(sorted(groups.items(), key=lambda pair: -sum(item.counts.denied for item in pair[1])))


def _rows(item: Affected) -> Iterator[str]:
    workload = item.workload
    owner = f'<span class="kind">{_text(workload.kind)}</span><span class="owner">{_text(workload.name)}</span>'
    for one in item.violations or (None,):
        result = words.result(item, one)
        times = (one.denied or one.count) if one is not None else item.counts.no_longer
        badge = f'<span class="badge {_COLOURS.get(result, "good")}">{result}</span>'
        cells = f'<td>{owner}</td><td class="result">{badge}</td><td class="number">{times:,}</td>'
        yield f'<tr>{cells}<td class="since">{_since(one)}</td><td>{_why(one)}</td></tr>\n'


def _since(one: Violation | None) -> str:
    if one is None or not one.first:
        return "–"
    return f'<time datetime="{_text(one.first)}">{_text(words.day(one.first))}</time>'


def _why(one: Violation | None) -> str:
    if one is None:
        return "nothing that is asked refuses it"
    found = f'<span class="rule">{_text(one.policy)} · {_text(one.rule)}</span><p class="why">{_text(one.message)}</p>'
    if one.phase and not one.denied:
        found += f'<p class="phase">{_text(one.phase)}</p>'
    return found + (f"<code>{_text(one.mend)}</code>" if one.mend else "")
