"""Key files whose password costs little to try: for tests that open the same ones again and again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from assay.formats import cosign_key


@contextmanager
def cheap_passwords() -> Iterator[None]:
    """Meanwhile this process writes such files; what reads them takes the cost from the file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cosign_key, "_N", 1 << 10)
        yield
