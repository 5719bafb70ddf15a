"""One harness, for its time, in this process: ``python -m fuzz.loop NAME SECONDS``.

Prints ``{"engine": ..., "seeds": ..., "executions": ...}`` (with atheris before it starts: that counts by itself). A
crash, or an input that takes longer than `SLOW` seconds, is kept as ``fuzz/.corpus/NAME/crash-HASH`` and ends the
process with a trace.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

SLOW = 10
MAX_BYTES = 1 << 16
Run = Callable[[bytes], None]
_INTERESTING = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\n", b'"', b"{", b"[", b"../", b"\xff\xff\xff\xff", b"\x00" * 8)


def main(name: str, seconds: float) -> int:
    """Runs the harness of that name."""
    module = importlib.import_module(f"fuzz.fuzz_{name}")
    corpus = Path(__file__).parent / ".corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    kept = [path.read_bytes() for path in sorted(corpus.iterdir())]
    seeds = [*module.SEEDS, *kept] or [b""]
    guard = Guard(module.run, corpus)
    for seed in seeds:
        guard(seed)
    try:
        import atheris  # noqa: F401
    except ImportError:
        _blind(guard, seeds, seconds)
        _tell(guard, seeds, "blind")
        return 0
    return _guided(guard, seeds, seconds, corpus)


class Guard:
    """Runs inputs, counts them, keeps what broke."""

    def __init__(self, run: Run, corpus: Path) -> None:
        self.executions = 0
        self._run = run
        self._corpus = corpus
        signal.signal(signal.SIGALRM, _too_slow)

    def __call__(self, data: bytes) -> None:
        """Runs one input."""
        self.executions += 1
        signal.alarm(SLOW)
        try:
            self._run(data)
        except BaseException:
            name = f"crash-{hashlib.sha256(data).hexdigest()[:16]}"
            (self._corpus / name).write_bytes(data)
            print(f"input kept as {self._corpus.name}/{name}: {data[:200]!r}", file=sys.stderr)
            raise
        finally:
            signal.alarm(0)


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"an input took longer than {SLOW} s")


def _tell(guard: Guard, seeds: Sequence[bytes], engine: str) -> None:
    print(json.dumps({"engine": engine, "seeds": len(seeds), "executions": guard.executions}), flush=True)


def _blind(guard: Guard, seeds: Sequence[bytes], seconds: float) -> None:
    """Mutations of the seeds and of a pool of recent mutants, always the same for the same seeds."""
    chance = random.Random(0)
    pool = list(seeds)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = mutate(chance.choice(pool), chance, pool)
        guard(data)
        if chance.random() < 0.02:
            pool.append(data)
        if len(pool) > 500:
            del pool[len(seeds)]


def mutate(data: bytes, chance: random.Random, pool: Sequence[bytes]) -> bytes:
    """`data` after one to eight changes: bytes flipped, spans cut, doubled, moved or taken from another input."""
    for _ in range(chance.randint(1, 8)):
        start = chance.randint(0, len(data))
        stop = min(len(data), start + chance.choice((1, 1, 2, 4, 16, 64, 256)))
        span = data[start:stop]
        other = chance.choice(pool)
        cut = chance.randint(0, len(other))
        middle = chance.choice(
            (
                b"",
                span * 2,
                chance.choice(_INTERESTING),
                bytes(byte ^ (1 << chance.randint(0, 7)) for byte in span),
                chance.randbytes(max(len(span), 1)),
                other[cut : cut + 64] + span,
            )
        )
        data = (data[:start] + middle + data[stop:])[:MAX_BYTES]
    return data


def _guided(guard: Guard, seeds: Sequence[bytes], seconds: float, corpus: Path) -> int:
    """atheris instruments what the harness imports, so the harness is loaded once more under its eyes."""
    import atheris

    for name in [name for name in sys.modules if name.startswith(("assay", "fuzz.fuzz_"))]:
        del sys.modules[name]
    with atheris.instrument_imports(include=["assay"], enable_loader_override=False):
        module = importlib.import_module(f"fuzz.fuzz_{corpus.name}")
    guard._run = module.run
    for position, seed in enumerate(seeds):
        (corpus / f"seed-{position:04}").write_bytes(seed)
    _tell(guard, seeds, "atheris")
    options = [
        f"-max_total_time={max(1, round(seconds))}",
        f"-max_len={MAX_BYTES}",
        "-verbosity=0",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={corpus}/", str(corpus)], guard)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
