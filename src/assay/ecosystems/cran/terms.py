"""How R packages state their licence (Writing R Extensions, 1.1.2 "Licensing"): alternatives by ``|``.

::

    GPL (>= 2) | file LICENCE        MIT + file LICENSE        Part of R 4.2.2

A file that is added with ``+`` only fills in a template (MIT, BSD); the names are in ``terms.tsv``.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from assay.formats import spdx_license
from assay.model.license import License


def licenses(text: str) -> tuple[License, ...]:
    """The licence that a DESCRIPTION states; R's own packages are under R's."""
    if text.startswith("Part of R "):
        text = "GPL-2 | GPL-3"
    stated = [part.partition("+")[0].strip() for part in text.split("|")]
    known = [_known().get(name) for name in stated]
    expression = " OR ".join(name for name in known if name)
    return spdx_license.normalise(expression if all(known) else text)


@cache
def _known() -> dict[str, str]:
    table = files("assay.ecosystems.cran").joinpath("terms.tsv").read_text("utf-8")
    return {name: expression for name, _, expression in (line.partition("\t") for line in table.splitlines())}
