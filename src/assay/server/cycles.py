"""Python's search for cycles in a server: over what requests leave behind, and not over what is there to stay.

A command hardly searches (`assay.__main__.program`), for it ends soon. In a server that would keep what requests leave
behind for long, and each search through all that was loaded would hold every request up.
"""

from __future__ import annotations

import gc

_YOUNG = 1_000
"""Objects made since the last search, for the next one."""


def settle() -> None:
    """Take what is there now for lasting. To be called when everything is loaded, and loaded anew."""
    gc.set_threshold(_YOUNG, 5, 10)
    gc.unfreeze()
    gc.collect()
    gc.freeze()
