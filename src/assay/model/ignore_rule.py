"""Ignore rules: findings that a user does not want to hear about, why, and until when."""

from __future__ import annotations

from typing import NamedTuple

from assay.model.advisory import FixState


class IgnoreRule(NamedTuple):
    """A rule; all conditions that are given must hold, an empty one always does.

    `ids` match any id of the vulnerability; `packages` are names, ``name@version`` or purls (globs allowed); `paths`
    are globs on the places of the component; `states` are fix states. `expires` is ``YYYY-MM-DD``: the rule holds
    through that day. `origin` is the file (and place) it stands in, `folder` the part of the source it is confined
    to, `trusted` whether it comes from outside the scanned tree: only such a rule may hide a malicious package or a
    vulnerability known to be exploited.
    """

    ids: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    states: tuple[FixState, ...] = ()
    ecosystems: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    reason: str = ""
    expires: str = ""
    origin: str = ""
    folder: str = ""
    trusted: bool = True
