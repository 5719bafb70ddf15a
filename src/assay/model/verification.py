"""The answer to "who built it, and is that who should have?": numbered steps with what each found."""

from __future__ import annotations

from typing import NamedTuple

from assay.errors import AssayError, Refused
from assay.model.identity import Identity

STEPS = ("time", "chain", "certificate log", "identity", "log entry", "signature", "subject", "provenance")
"""The steps by name; their numbers begin at 1, and a step that is not needed leaves its number out."""


class Step(NamedTuple):
    """A step that was taken: its name, and what it found."""

    name: str
    found: str

    @property
    def number(self) -> int:
        """Its place among all steps."""
        return STEPS.index(self.name) + 1


class Verification:
    """What was verified about one signature; `identity` is that of the certificate, None for keys.

    `times` are the moments that others vouch for (RFC 3339), `predicate_type` is that of an attestation, `payload` what
    was signed with it, `matched` which of the wanted signers it is.
    """

    __slots__ = ("identity", "log_index", "matched", "payload", "predicate_type", "steps", "times")

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.identity: Identity | None = None
        self.times: tuple[str, ...] = ()
        self.log_index = -1
        self.predicate_type = ""
        self.payload = b""
        self.matched: tuple[int, ...] = ()

    def took(self, name: str, found: str) -> None:
        """A step succeeded."""
        self.steps.append(Step(name, found))


class Outcome(NamedTuple):
    """One signature of a target: where it is and in which form, its verification, or the `reason` it does not count.

    `failed` is the number and name of the step that failed; the verification then has those before it.
    """

    place: str
    form: str
    verification: Verification | None
    reason: AssayError | None = None
    failed: str = ""

    @property
    def verified(self) -> bool:
        """Whether it counts."""
        return self.reason is None and self.verification is not None


class Judgement(NamedTuple):
    """A target with its signatures; `digest` is that of an image or file, `below` are the images of an index.

    `need` says how many of the wanted signers must have signed.
    """

    target: str
    outcomes: tuple[Outcome, ...]
    digest: str = ""
    below: tuple[Judgement, ...] = ()
    need: int = 1

    @property
    def signers(self) -> frozenset[int]:
        """The wanted signers that signed, by their position in the policy."""
        found = [item.verification.matched for item in self.outcomes if item.verified and item.verification]
        return frozenset(number for matched in found for number in matched)

    @property
    def signed(self) -> bool:
        """Whether enough signatures count, whatever lies below."""
        return any(item.verified for item in self.outcomes) and (self.need < 2 or len(self.signers) >= self.need)

    @property
    def verified(self) -> bool:
        """Whether enough signatures count, here and on everything below."""
        return self.signed and all(item.verified for item in self.below)

    def reason(self) -> AssayError:
        """Why it is not verified: the failure that came furthest."""
        for child in self.below:
            if not child.verified and self.signed:
                return child.reason()
        if any(item.verified for item in self.outcomes):
            what = f"{self.target} is signed by {len(self.signers)} of the wanted signers, {self.need} must be"
            return Refused(what, "have the others sign, or lower `verify.require`")
        failed = [item for item in self.outcomes if item.reason is not None]
        if not failed:
            return Refused(f"{self.target} is not signed", "sign it: `assay sign`")
        best = max(failed, key=lambda item: item.failed)
        assert best.reason is not None
        return best.reason
