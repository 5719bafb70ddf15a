"""Licence statements (`assay.formats.spdx_license`): the result is a valid expression or a name, and
stable.
"""

from __future__ import annotations

from assay.formats import spdx_license

SEEDS: list[bytes] = [
    b"MIT OR (Apache-2.0 AND GPL-2.0-or-later WITH Classpath-exception-2.0)",
    b"GPL-1+ or Expat, and BSD-3-clause",
    b"License :: OSI Approved :: GNU General Public License v2 or later (GPLv2+)",
    b"MIT/Apache-2.0",
    b"GPL (>= 2) | file LICENSE",
    b"https://spdx.org/licenses/MIT.html",
    b"DocumentRef-a:LicenseRef-b AND LicenseRef-c",
    b"The MIT License (MIT)\n\nCopyright (c) 2020\n\nPermission is hereby granted",
]


def run(data: bytes) -> None:
    for license_ in spdx_license.normalise(data.decode("utf-8", "replace")):
        assert bool(license_.expression) is not bool(license_.name)
        if license_.expression:
            assert spdx_license.is_valid(license_.expression)
            assert spdx_license.normalise(license_.expression)[0].expression == license_.expression
            assert spdx_license.identifiers(license_.expression)
