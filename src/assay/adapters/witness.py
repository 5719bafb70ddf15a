"""A witness as a log asks it over HTTP (C2SP tlog-witness): ``POST URL/add-checkpoint``."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence

from assay.adapters.registry.transport import Policy, Transport, host_of
from assay.errors import ExternalError, Malformed, Refused, UsageError
from assay.formats import note_key, tlog_note
from assay.formats.note_key import NoteKey
from assay.trust import notes

_MAX = 64 << 10
SECONDS = 10.0
"""How long an answer is waited for."""


class WitnessClient:
    """One witness; it remembers what the witness has seen last, by the origin of the log."""

    def __init__(self, url: str, key: NoteKey, seconds: float = SECONDS) -> None:
        self.url, self.key = url.rstrip("/"), key
        self._transport = Transport(Policy(timeout=seconds, attempts=1))
        self._transport.require(url)
        self._seen: dict[str, int] = {}

    @property
    def name(self) -> str:
        """The name under which it signs."""
        return self.key.name

    def cosign(self, checkpoint: bytes, prove: Callable[[int, int], Sequence[bytes]]) -> str:
        """Its line under a checkpoint of ours, checked; `prove` gives consistency proofs.

        Raises `Refused` where it does not sign, `ExternalError` where it is away.
        """
        shown = tlog_note.checkpoint(checkpoint.decode())
        old = self._seen.get(shown.origin, 0)
        status, body = self._ask(old, checkpoint, shown.size, prove)
        if status == 409:  # it has seen another state than we thought: after a restart, or a lost answer
            old = self._known(body, shown.size)
            status, body = self._ask(old, checkpoint, shown.size, prove)
        if status != 200:
            self._seen.pop(shown.origin, None)
            raise self._refusal(status, body)
        self._seen[shown.origin] = shown.size
        return self._line(checkpoint, body)

    def _known(self, body: bytes, size: int) -> int:
        text = body.decode("ascii", "replace").strip()
        if not text.isascii() or not text.isdecimal() or len(text) > 19:
            raise ExternalError(f"{host_of(self.url)} answered 409 without a size", "is it a witness?")
        if int(text) > size:
            what = f"the witness {self.name} has seen {text} entries, the log has {size}"
            raise Refused(what, "was the log restored from an old backup? Do not serve it")
        return int(text)

    def _ask(
        self, old: int, checkpoint: bytes, size: int, prove: Callable[[int, int], Sequence[bytes]]
    ) -> tuple[int, bytes]:
        proof = prove(old, size) if 0 < old < size else []
        lines = [f"old {old}", *(b64encode(item).decode() for item in proof)]
        body = "\n".join(lines).encode() + b"\n\n" + checkpoint
        answer = self._transport.request("POST", f"{self.url}/add-checkpoint", {}, body, follow=False)
        try:
            return answer.status, answer.read(_MAX)
        finally:
            answer.close()

    def _refusal(self, status: int, body: bytes) -> Refused | ExternalError:
        said = " ".join(body[:200].decode("utf-8", "replace").split()) or "nothing"
        what = f"the witness {self.name} answered {status}: {said}"
        if status == 404:
            return Refused(what, "ask its operator to take up the log's key")
        if status in (400, 403, 409, 422):
            return Refused(what, "it does not sign what the log shows")
        return ExternalError(what, "it is asked again")

    def _line(self, checkpoint: bytes, body: bytes) -> str:
        try:
            text = body.decode()
            shown = tlog_note.checkpoint(checkpoint.decode() + text)
        except (UnicodeDecodeError, Malformed) as error:
            raise Refused(f"the witness {self.name} answered with what is no signature") from error
        notes.cosigned_by(shown, self.key)
        mine = [line for line in text.splitlines() if line.startswith(f"— {self.name} ")]
        return "".join(f"{line}\n" for line in mine[:2])


def configured(text: str) -> WitnessClient:
    """That of ``URL=NAME+HASH+KEY``; raises `UsageError`."""
    url, parted, key = text.partition("=")
    if not parted or not url.startswith(("https://", "http://")):
        remedy = "--witness https://witness.example=witness.example+12345678+BAAA…"
        raise UsageError(f"{text[:100]!r} names no witness", remedy)
    try:
        return WitnessClient(url, note_key.read(key))
    except Malformed as error:
        raise UsageError(f"the key of the witness {url}: {error.what}", "write it as NAME+HASH+KEY") from error
