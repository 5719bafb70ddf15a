"""Packages of Yarn's Plug'n'Play (Yarn, "Plug'n'Play"): a zip archive each in ``.yarn/cache``, never unpacked.

``.yarn/cache/@babel-core-npm-7.24.0-0f2f4dbe3b-667b4b7b1c.zip`` holds ``node_modules/@babel/core/...``. The
package.json in it is read as an installed one; edges between packages are those of the yarn.lock beside the cache.
"""

from __future__ import annotations

import re
from dataclasses import replace

from assay.ecosystems.npm import package_json
from assay.formats import zip
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_MANIFEST = re.compile(rb"node_modules/(?:@[^/]+/)?[^@/][^/]*/package\.json")
_MAX_MANIFEST = 4 << 20


def parse(file: File) -> Found:
    """The package in an archive of the cache; nothing for an archive that holds none."""
    archive, fault = zip.open_damaged(file.content)
    skipped = (Skipped(file.path, fault),) if fault else ()
    member = next(archive.members(_MANIFEST.fullmatch), None)
    if member is None:
        return Found(skipped=skipped)
    manifest = File(member.name, archive.read(member, _MAX_MANIFEST))
    return replace(package_json.parse(manifest), provides=(), facts={}, skipped=skipped)
