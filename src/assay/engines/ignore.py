"""Applies ignore rules to findings: who is hidden by which rule, and which rules are out of date.

A rule from inside the scanned tree never hides a malicious package or a vulnerability known to be exploited: the tree
may be hostile. Of several rules that match, the one of the nearest folder counts.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from assay.model.advisory import Kind
from assay.model.component import Component
from assay.model.finding import Cause, Finding, Suppression
from assay.model.ignore_rule import IgnoreRule


def apply(
    findings: Iterable[Finding], rules: Sequence[IgnoreRule], today: date
) -> tuple[list[Finding], list[Finding], list[str]]:
    """The findings that stay, those that are hidden, and warnings about rules that have expired."""
    live = [rule for rule in rules if not _expired(rule, today)]
    live.sort(key=lambda rule: -len(rule.folder))
    stay: list[Finding] = [] if live else list(findings)
    hidden = []
    for finding in findings if live else ():
        rule = next((rule for rule in live if matches(rule, finding)), None)
        if rule is None:
            stay.append(finding)
            continue
        said = Suppression(Cause.IGNORE_RULE, rule.reason or "no reason is given", rule.origin, rule.expires)
        hidden.append(finding._replace(suppression=said))
    return stay, hidden, [_warning(rule) for rule in rules if _expired(rule, today)]


def _expired(rule: IgnoreRule, today: date) -> bool:
    return bool(rule.expires) and rule.expires[:10] < today.isoformat()


def _warning(rule: IgnoreRule) -> str:
    what = ", ".join((*rule.ids, *rule.packages, *rule.paths)) or "everything"
    return f"{rule.origin}: the rule for {what} expired on {rule.expires} and hides nothing any more"


def matches(rule: IgnoreRule, finding: Finding) -> bool:
    """Whether a rule speaks of a finding."""
    found, component = finding.vulnerability, finding.component
    if not rule.trusted and (found.kind is Kind.MALICIOUS or found.exploited is not None):
        return False
    if rule.ids and not any(_like(name, pattern) for name in found.ids for pattern in rule.ids):
        return False
    if rule.states and finding.state not in rule.states:
        return False
    if rule.ecosystems and component.ecosystem not in rule.ecosystems:
        return False
    if rule.packages and not any(_is_package(component, pattern) for pattern in rule.packages):
        return False
    places = [item.path for item in component.occurrences]
    if rule.folder and not (places and all(place.startswith(f"{rule.folder}/") for place in places)):
        return False
    if rule.paths:
        return bool(places) and all(any(fnmatch.fnmatchcase(place, glob) for glob in rule.paths) for place in places)
    return True


def _like(name: str, pattern: str) -> bool:
    return name.upper() == pattern.upper()


def _is_package(component: Component, pattern: str) -> bool:
    """A name, ``name@version`` or purl; globs allowed."""
    whole = f"{component.namespace}/{component.name}" if component.namespace else component.name
    maven = f"{component.namespace}:{component.name}"
    names = [component.name, whole, maven]
    names += [f"{name}@{component.version}" for name in (component.name, whole, maven)]
    if component.purl is not None:
        purl = str(component.purl)
        names += [purl, purl.partition("?")[0], str(replace(component.purl, version="", qualifiers=()))]
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)
