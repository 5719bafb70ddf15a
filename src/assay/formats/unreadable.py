"""What looks like an SBOM to people and is none to programs: pages, tables for a terminal, tables without names.

::

    <!doctype html>                                        a page
    app 1.0 (application): 3 components                    a table for a terminal, of assay
    Title,Author,Price                                     a CSV of something else
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import component_csv_reader

_HEAD = 16 << 10
_PAGE = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)?<(?:!doctype\s+)?html\b", re.IGNORECASE)
_TITLE = re.compile(rb"[^\r\n]{1,1000} \([^\r\n]{1,400}\): \d{1,9} components?\r?\n(?:\r?\n|\Z)")
_TABLE = re.compile(rb"^NAME +VERSION +ECOSYSTEM +LICENCE +PRESENCE\s*$", re.MULTILINE)
_CELLS = re.compile(r"[^,;\t]*(?:,(?! )[^,;\t]*){2,}|[^,;\t]*(?:;(?! )[^,;\t]*){2,}|[^,;\t]*(?:\t[^,;\t]*){2,}")
"""Unlike in a sentence, no blank follows what parts the cells."""
_AGAIN = "for people only; write it as a document as well, -o cyclonedx-json=FILE, and name that one"


def picture(data: bytes) -> Malformed | None:
    """The refusal of a page or a table for people; None for anything else. The first 16 KiB will do."""
    start = data[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    if _PAGE.match(start):
        return Malformed("an HTML page, which shows an SBOM but is none", _AGAIN)
    if _TITLE.match(start) or _TABLE.search(start):
        return Malformed("a table for a terminal, which shows an SBOM but is none", _AGAIN)
    return None


def refusal(data: bytes) -> Malformed | None:
    """As `picture`, also for what may be a table of cells, but has no column that names components."""
    first = next((line for line in data[:_HEAD].splitlines() if line.strip()), b"")
    found = picture(data)
    if found is None and data[:1] not in b"{[<" and _CELLS.fullmatch(first.decode("utf-8", "replace")):
        found = Malformed("cells, but no column that names components", component_csv_reader.REMEDY)
    return found
