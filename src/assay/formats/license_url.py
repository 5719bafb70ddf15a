"""Addresses of licences, and the identifier that each stands for.

::

    https://spdx.org/licenses/MIT.html                          -> MIT
    http://www.apache.org/licenses/LICENSE-2.0.txt              -> Apache-2.0
    https://creativecommons.org/publicdomain/zero/1.0/          -> CC0-1.0

The address of a GNU licence does not say whether later versions count, and so gives nothing.
"""

from __future__ import annotations

import re

from assay.formats.license_names import table

_URL = re.compile(r"(?:https?://)([A-Za-z0-9.-]+)(/[^\s?#]*)?[^\s]*\Z", re.IGNORECASE)
_ENDING = re.compile(r"(?:\.(?:en|txt|html?|php|md))+\Z|/+\Z")
_KNOWN = {
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "apache.org/licenses/license-1.1": "Apache-1.1",
    "apache.org/licenses": "",
    "opensource.org/licenses/mit-license": "MIT",
    "opensource.org/licenses/apache2.0": "Apache-2.0",
    "opensource.org/licenses/apache-2.0": "Apache-2.0",
    "opensource.org/licenses/isc-license": "ISC",
    "opensource.org/license/bsd-3-clause": "BSD-3-Clause",
    "opensource.org/license/bsd-2-clause": "BSD-2-Clause",
    "eclipse.org/legal/epl-v10": "EPL-1.0",
    "eclipse.org/legal/epl-v20": "EPL-2.0",
    "eclipse.org/legal/epl-2.0": "EPL-2.0",
    "eclipse.org/org/documents/epl-v10": "EPL-1.0",
    "eclipse.org/org/documents/epl-v20": "EPL-2.0",
    "eclipse.org/org/documents/epl-2.0": "EPL-2.0",
    "eclipse.org/org/documents/edl-v10": "BSD-3-Clause",
    "mozilla.org/mpl/2.0": "MPL-2.0",
    "mozilla.org/en-us/mpl/2.0": "MPL-2.0",
    "mozilla.org/mpl/mpl-1.1": "MPL-1.1",
    "mozilla.org/mpl/1.1": "MPL-1.1",
    "creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
    "creativecommons.org/publicdomain/zero/1.0/legalcode": "CC0-1.0",
    "unlicense.org": "Unlicense",
    "wtfpl.net/about": "WTFPL",
    "boost.org/license_1_0": "BSL-1.0",
    "zlib.net/zlib_license": "Zlib",
    "scripts.sil.org/ofl": "OFL-1.1",
    "openfontlicense.org": "OFL-1.1",
    "elastic.co/licensing/elastic-license": "Elastic-2.0",
}
_CREATIVE = re.compile(r"creativecommons\.org/licenses/(by(?:-nc)?(?:-nd|-sa)?)/(\d\.\d)(?:/legalcode|/deed\.en)?\Z")


def looks_like(text: str) -> bool:
    """Whether `text` is an address and nothing else."""
    return text[:4].lower() == "http" and _URL.match(text) is not None


def find(url: str) -> str:
    """The identifier, or an empty string."""
    match = _URL.match(url)
    if not match:
        return ""
    host = match[1].lower().removeprefix("www.")
    path = (match[2] or "").rstrip("/")
    place = _ENDING.sub("", f"{host}{path}".lower()).rstrip("/")
    if place in _KNOWN:
        return _KNOWN[place]
    if creative := _CREATIVE.match(place):
        return table().licenses.get(f"cc-{creative[1]}-{creative[2]}", "")
    return _by_identifier(host, place)


def _by_identifier(host: str, place: str) -> str:
    """``.../licenses/MIT`` and ``licenses.HOST/MIT``: the last part is an identifier of the list."""
    *before, last = place.split("/")
    if not before or (before[-1] not in ("licenses", "license") and not host.startswith("licenses.")):
        return ""
    known = table()
    identifier = known.licenses.get(last, "")
    return "" if identifier in known.successors else identifier
