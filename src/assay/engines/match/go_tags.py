"""Whether a version is one of Go's modules, or a tag that breaks their conventions.

From major version 2 on, a module's path ends with it (``/v3``, ``.v3`` of gopkg.in), or its version with
``+incompatible`` (Go Modules Reference, "Major version suffixes" and "Compatibility with non-module repositories").
Programs are stamped with tags all the same: ``github.com/prometheus/prometheus`` with v3.5.1, which Go calls v0.305.1.
"""

from __future__ import annotations

import re

_VERSION = re.compile(r"v?(\d+)\.", re.ASCII)
_SUFFIX = re.compile(r"[/.]v(\d+)$", re.ASCII)


def is_tag(path: str, version: str) -> bool:
    """Whether `version` cannot be one of the module `path`."""
    match = _VERSION.match(version)
    if match is None or int(match[1]) < 2 or "+incompatible" in version:
        return False
    suffix = _SUFFIX.search(path)
    return suffix is None or suffix[1] != match[1]
