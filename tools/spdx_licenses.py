"""Write `src/assay/formats/spdx_licenses.json`: the identifiers and names of the SPDX licence list.

    python tools/spdx_licenses.py > src/assay/formats/spdx_licenses.json

Identifiers, order and names are those of `spdx.schema.json` in the pinned cyclonedx-python-lib (licences
first, then exceptions); which ones are deprecated comes from the pinned packaging.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import cyclonedx.schema
from packaging.licenses import _spdx

from assay.formats.license_names import key

_FIRST_EXCEPTION = "389-exception"
_GNU = re.compile(r"((?:A|L)?GPL-\d\.\d|GFDL-\d\.\d)(\+?)$")
_COMPOUND = {
    "GPL-2.0-with-autoconf-exception": "GPL-2.0-only WITH Autoconf-exception-2.0",
    "GPL-2.0-with-bison-exception": "GPL-2.0-only WITH Bison-exception-2.2",
    "GPL-2.0-with-classpath-exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "GPL-2.0-with-font-exception": "GPL-2.0-only WITH Font-exception-2.0",
    "GPL-2.0-with-GCC-exception": "GPL-2.0-only WITH GCC-exception-2.0",
    "GPL-3.0-with-autoconf-exception": "GPL-3.0-only WITH Autoconf-exception-3.0",
    "GPL-3.0-with-GCC-exception": "GPL-3.0-only WITH GCC-exception-3.1",
    "BSD-2-Clause-FreeBSD": "BSD-2-Clause-Views",
    "BSD-2-Clause-NetBSD": "BSD-2-Clause",
    "StandardML-NJ": "SMLNJ",
    "bzip2-1.0.5": "bzip2-1.0.6",
}


def successor(identifier: str) -> str:
    """What the licence list says to write instead of a deprecated identifier, or an empty string."""
    if match := _GNU.match(identifier):
        return match[1] + ("-or-later" if match[2] else "-only")
    return _COMPOUND.get(identifier, "")


def names(titles: dict[str, str], identifiers: list[str], deprecated: list[str]) -> dict[str, str]:
    """Lookup keys of names that only one identifier has."""
    found: dict[str, set[str]] = {}
    for identifier in identifiers:
        if identifier not in deprecated:
            for text in (identifier, titles[identifier]):
                found.setdefault(key(text), set()).add(identifier)
    return {name: min(ids) for name, ids in sorted(found.items()) if len(ids) == 1 and name}


def main() -> None:
    path = Path(cyclonedx.schema.__file__).parent / "_res" / "spdx.SNAPSHOT.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    everything, titles = schema["enum"], schema["meta:enum"]
    border = everything.index(_FIRST_EXCEPTION)
    licenses, exceptions = everything[:border], everything[border:]
    plus = [entry["id"] for entry in _spdx.LICENSES.values() if entry["id"].endswith("+")]
    licenses += [identifier for identifier in plus if identifier not in licenses]
    deprecated = [
        identifier
        for identifier in licenses
        if identifier.lower() in _spdx.LICENSES and _spdx.LICENSES[identifier.lower()]["deprecated"]
    ]
    table = {
        "version": schema["$comment"],
        "licenses": " ".join(licenses),
        "exceptions": " ".join(exceptions),
        "successors": {old: new for old in deprecated if (new := successor(old))},
        "license_names": names(titles, licenses, deprecated),
        "exception_names": names(titles, exceptions, []),
    }
    print(json.dumps(table, indent=0, ensure_ascii=False))


if __name__ == "__main__":
    main()
