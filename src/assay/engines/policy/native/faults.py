"""What a check says where the answer is no: what was found, what was wanted, and the command that mends it."""

from __future__ import annotations

from assay.errors import Refused


class Fault(Refused):
    """A check failed; `found` and `wanted` are short, `mend` is a command or an edit."""

    def __init__(self, found: str, wanted: str, mend: str) -> None:
        super().__init__(f"{found}; wanted is {wanted}", mend)
        self.found, self.wanted = found, wanted
