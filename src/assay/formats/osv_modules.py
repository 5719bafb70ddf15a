"""Module streams of the Red Hat family in OSV records, which name them only in the title of the advisory.

::

    {"id": "ALSA-2023:5850", "summary": "Important: nodejs:18 security update",
     "affected": [{"package": {"ecosystem": "AlmaLinux:8", "name": "nodejs"},
                   "ranges": [{"type": "ECOSYSTEM",
                               "events": [{"introduced": "0"}, {"fixed": "1:18.18.2-1.module_el8.8.0+3652+0e11"}]}]}]}

A title with several streams (``virt:rhel and virt-devel:rhel``) does not say which package is of which: none is told.
"""

from __future__ import annotations

import re

from assay.model.advisory import Affected

MARKS = (".module_", ".module+")
"""What the release of every package that was built for a module holds."""

_STREAM = re.compile(r"(?<![\w:])\w[\w.+-]{0,80}:\w[\w.-]{0,80}")
_MAX_TITLE = 500


def with_streams(affected: tuple[Affected, ...], title: str) -> tuple[Affected, ...]:
    """The same, with the module and stream of the title on what was built for a module."""
    if not any(_modular(item) for item in affected):
        return affected
    streams = set(_STREAM.findall(title[:_MAX_TITLE]))
    if len(streams) != 1:
        return affected
    stream = streams.pop()
    return tuple(item._replace(module=stream) if _modular(item) else item for item in affected)


def _modular(item: Affected) -> bool:
    return any(mark in version for version in item.fixed for mark in MARKS)
