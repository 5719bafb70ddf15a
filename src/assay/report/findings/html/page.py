"""One HTML page that holds all findings and asks no server for anything; it reads without a script too.

Every text from outside is escaped; a content security policy with the digests of our own style and script forbids
everything else, inline styles included: colours are classes, and the charts are SVG.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from assay import __version__
from assay.model.finding import Finding, Scan
from assay.report import self_contained
from assay.report.findings import words
from assay.report.self_contained import text as _text

_BARS = 60


def write(scan: Scan) -> bytes:
    """The page."""
    subject = scan.sbom.subject
    name = f"{subject.name} {self_contained.short(subject.version)}".strip() or "components"
    gaps = words.gap_summary(scan)
    notices = [*([gaps] if gaps else []), *scan.warnings]
    ecosystems = sorted({item.matches[0].ecosystem for item in scan.findings})
    values = {
        "title": _text(f"Findings in {name}"),
        "heading": _text(name),
        "summary": _text(words.summary(scan)),
        "generator": _text(f"assay {__version__}"),
        "notices": "".join(f'<p class="notice">{_text(text)}</p>' for text in notices),
        "severity-chart": _severities(scan),
        "risk-chart": _risks(scan.findings),
        "bumps": _bumps(scan),
        "coverage": "".join(_coverage(scan)),
        "coverage-open": " open" if gaps else "",
        "severity-options": _options(map(str, words.by_level(scan.findings))),
        "ecosystem-options": _options(ecosystems),
        "findings": "".join(_groups(scan.findings)) or "<p>No findings. What that means is told under coverage.</p>",
        "suppressed": _suppressed(scan.suppressed),
        "footer": _text(f"assay {__version__} · {scan.timestamp} · advisory data {scan.manifest}"),
    }
    return self_contained.page("assay.report.findings.html", "page", values)


def _options(names: Iterable[str]) -> str:
    return "".join(f'<option value="{_text(name)}">{_text(name)}</option>' for name in names)


def _severities(scan: Scan) -> str:
    """A bar for each level."""
    counts = words.by_level(scan.findings)
    if not counts:
        return "<p>none</p>"
    most, rows = max(counts.values()), []
    for place, (level, count) in enumerate(counts.items()):
        y, width = place * 26, 6 + 168 * count / most
        bar = f'<rect class="f-{level}" x="82" y="{y + 3}" width="{width:.1f}" height="16" rx="4"/>'
        label = f'<text x="0" y="{y + 16}">{level}</text>'
        rows.append(f'{label}{bar}<text class="soft" x="{90 + width:.1f}" y="{y + 16}">{count}</text>')
    what = ", ".join(f"{count} {level}" for level, count in counts.items())
    return f'<svg viewBox="0 0 300 {len(counts) * 26}" role="img" aria-label="{_text(what)}">{"".join(rows)}</svg>'


def _risks(findings: Iterable[Finding]) -> str:
    """A column for each of the riskiest findings."""
    shown = sorted(findings, key=lambda item: -item.risk)[:_BARS]
    if not shown:
        return "<p>none</p>"
    width = min(300 / len(shown), 30.0)
    most = max(shown[0].risk, 1.0)
    columns = []
    for place, item in enumerate(shown):
        height = 2 + 108 * item.risk / most
        tip = f"{item.vulnerability.id} {item.component.name}: {item.risk}"
        columns.append(
            f'<rect class="f-{item.vulnerability.level}" x="{place * width:.1f}" y="{112 - height:.1f}"'
            f' width="{max(width - 1.5, 0.8):.1f}" height="{height:.1f}" rx="1"><title>{_text(tip)}</title></rect>'
        )
    label = f'<text class="soft" x="0" y="128">highest {shown[0].risk}</text>'
    return f'<svg viewBox="0 0 300 132" role="img" aria-label="risk of findings">{"".join(columns)}{label}</svg>'


def _bumps(scan: Scan) -> str:
    rows = [
        f"<li>{_text(words.package(item))} {_text(item.version)} → <b>{_text(version)}</b> clears {count}</li>"
        for item, version, count in words.bumps(scan)[:6]
    ]
    return f'<ul class="bumps">{"".join(rows)}</ul>' if rows else "<p>nothing that is known</p>"


def _coverage(scan: Scan) -> Iterable[str]:
    for item in scan.coverage:
        mark = ' class="gap"' if item.message else ""
        line = _text(words.coverage_line(item))
        yield f'<tr><td>{_text(item.ecosystem)}</td><td class="number">{item.components}</td><td{mark}>{line}</td></tr>'


def _groups(findings: Iterable[Finding]) -> Iterable[str]:
    """The findings by component, in the order of the first of each."""
    groups: dict[str, list[Finding]] = {}
    for item in findings:
        groups.setdefault(item.component.id, []).append(item)
    for items in groups.values():
        component = items[0].component
        place = words.place(component)
        where = f" <small>{_text(place)}</small>" if place else ""
        clears = f" <small>→ {_text(items[0].clears)} clears all {len(items)}</small>" if items[0].clears else ""
        head = f"<h2>{_text(words.package(component))} {_text(component.version)}{where}{clears}</h2>"
        yield f'<section class="package">{head}<div class="group">{"".join(map(_finding, items))}</div></section>'


def _finding(item: Finding) -> str:
    found = item.vulnerability
    tags = "".join(f'<span class="tag">{_text(mark)}</span>' for mark in words.marks(item))
    fix = f"fixed in {', '.join(item.fixed)}" if item.fixed else words.fix(item)
    what = " · ".join(filter(None, (found.summary, fix)))
    data = (
        f'data-level="{found.level}" data-ecosystem="{_text(item.matches[0].ecosystem)}"'
        f' data-fixed="{"yes" if item.fixed else "no"}" data-exploited="{"yes" if found.exploited else "no"}"'
        f' data-package="{_text(item.component.id.lower())}"'
    )
    summary = (
        f'<span class="level {found.level}">{found.level}</span><span class="id">{_text(found.id)}</span>'
        f'<span class="what">{tags}{_text(what)}</span><span class="risk" title="risk">{item.risk:.1f}</span>'
    )
    body = "".join(f"<dt>{_text(name)}</dt><dd>{value}</dd>" for name, value in _facts(item) if value)
    return (
        f'<details class="finding" {data}><summary>{summary}</summary><div class="body"><dl>{body}</dl></div></details>'
    )


def _facts(item: Finding) -> Iterable[tuple[str, str]]:
    found = item.vulnerability
    yield "also known as", _text(", ".join(found.ids[1:]))
    yield "why", _why(item)
    score = f" {found.score}" if found.score >= 0 else ""
    judge = f" by {found.severity_source}" if found.severity_source else ""
    yield (
        "severity",
        _text(f"{found.level}{score}{judge}") + (f"<br><code>{_text(found.vector)}</code>" if found.vector else ""),
    )
    if found.likelihood is not None:
        said = found.likelihood
        yield "EPSS", _text(f"{said.probability:.2%}, percentile {said.percentile:.0%} ({said.day})")
    if found.exploited is not None:
        yield "exploited since", _text(found.exploited.added or "known")
    yield "SSVC", _text(", ".join(f"{name}: {value}" for name, value in found.ssvc))
    yield "fix", _text(words.fix(item) + (f" (since {item.fixed_since})" if item.fixed_since else ""))
    yield "comes by", " → ".join(f"<code>{_text(name)}</code>" for name in item.path)
    if item.analysis is not None:
        yield "VEX", _text(f"{item.analysis.status}: {item.analysis.detail} ({item.analysis.origin})")
    if item.suppression is not None:
        said_ = item.suppression
        yield (
            "not counted",
            _text(f"{said_.cause}: {said_.status} {said_.justification} {said_.reason} ({said_.origin})"),
        )
    links = [reference.url for reference in found.references if reference.url.startswith(("https://", "http://"))][:12]
    yield "references", "<br>".join(f'<a href="{escape(url)}" rel="noreferrer">{_text(url)}</a>' for url in links)


def _why(item: Finding) -> str:
    """Each record that says so, with its range."""
    lines = []
    for match in item.matches[:8]:
        what = f"version {match.version} is listed" if match.listed else f"{match.version} lies in {match.interval}"
        source = f", as source package {match.package}" if match.source_package else ""
        lines.append(_text(f"{match.feed}:{match.advisory}: {what}{source} (data of {match.day or 'an unknown day'})"))
    return "<br>".join(lines)


def _suppressed(findings: Iterable[Finding]) -> str:
    rows = "".join(map(_finding, findings))
    if not rows:
        return ""
    return f'<section><h2>Not counted</h2><div class="group">{rows}</div></section>'
