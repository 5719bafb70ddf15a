"""`assay log` against a real server, a mirror in a folder, and logs that lie."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from assay.__main__ import main
from assay.app.transparency import open_log
from assay.engines.log import checkpoint
from assay.formats import note_key, pem, tlog_note
from simulators.log_keys import MemorySigner
from simulators.logged import certified, fill
from simulators.running_log import RunningLog, running_log

ME = "me@org.example"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningLog]:
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "data"))
    with running_log(tmp_path / "log") as found:
        fill(found.shards.active.log, 300, ("others@org.example", ME, "more@org.example"))
        (tmp_path / "ed.pub").write_text(pem.write("PUBLIC KEY", found.ed.public_key))
        (tmp_path / "ecdsa.pub").write_text(pem.write("PUBLIC KEY", found.ecdsa.public_key))
        yield found


def place(log: RunningLog, tmp_path: Path, key: str = "ed") -> tuple[str, ...]:
    return ("--instance", log.url, "--log-key", str(tmp_path / f"{key}.pub"))


def offline(folder: Path, tmp_path: Path) -> tuple[str, ...]:
    return ("--instance", str(folder), "--log-key", str(tmp_path / "ed.pub"), "--offline")


def test_an_entry_by_number_and_by_uuid(log: RunningLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "get", "4", *place(log, tmp_path), "-o", "json"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert (entry["logIndex"], entry["kind"], entry["subjects"]) == (4, "hashedrekord", [ME])
    assert entry["issuers"] == ["https://issuer.example"]
    assert entry["digests"] == [f"sha256:{hashlib.sha256(b'artifact 4').hexdigest()}"]
    assert entry["inclusionProof"]["treeSize"] == 300
    shard = log.shards.active
    uuid = f"{shard.tree_id:016x}{entry['leafHash']}"
    assert main(["log", "get", uuid, *place(log, tmp_path, "ecdsa")]) == 0
    text = capsys.readouterr().out
    assert f"4 of {log.origin} - {shard.tree_id}" in text
    assert "by 8 hashes: checked" in text or "by 9 hashes: checked" in text
    assert main(["log", "get", "300", *place(log, tmp_path)]) == 1
    assert main(["log", "get", "junk", *place(log, tmp_path)]) == 2
    assert main(["log", "get", "4", *place(log, tmp_path, "ed"), "--origin", "other.example"]) == 1
    assert main(["log", "get", "4", "--instance", log.url, "--offline"]) == 2


def test_a_key_that_is_not_the_logs_is_refused(
    log: RunningLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.pub").write_text(pem.write("PUBLIC KEY", certified(ME)[0].public_key))
    for api in ("tiles", "v1"):
        assert main(["log", "get", "4", *place(log, tmp_path, "other"), "--api", api]) == 1
        assert "no key that is trusted" in capsys.readouterr().err
    known = str(note_key.of_ed25519(log.origin, log.ed.public_key))
    assert main(["log", "get", "4", "--instance", log.url, "--log-key", known]) == 0


@pytest.mark.parametrize("api", ["v1", "tiles"])
def test_search(log: RunningLog, tmp_path: Path, capsys: pytest.CaptureFixture[str], api: str) -> None:
    where = (*place(log, tmp_path, "ecdsa" if api == "v1" else "ed"), "--api", api)
    (tmp_path / "artifact").write_bytes(b"artifact 7")
    (tmp_path / "cert.pem").write_text(pem.write("CERTIFICATE", certified(ME)[1]))

    def found(*words: str) -> list[int]:
        assert main(["log", "search", *words, *where, "-o", "json"]) == 0
        return [json.loads(line)["logIndex"] for line in capsys.readouterr().out.splitlines()]

    mine = list(range(1, 300, 3))
    assert found("--identity", ME.upper()) == mine
    assert found("--artifact", str(tmp_path / "artifact")) == [7]
    assert found("--artifact", str(tmp_path / "artifact"), "--identity", "other@org.example") == []
    assert found("--key", str(tmp_path / "cert.pem"), "--identity", ME) == mine
    if api == "tiles":
        assert found("--identity", ME, "--from", "250", "--to", "260") == [250, 253, 256, 259]
    assert main(["log", "search", *where]) == 2


def test_consistency_and_inclusion(log: RunningLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = log.shards.active.log
    old = tmp_path / "old"
    old.write_bytes(one.head.checkpoint)
    fill(one, 200)
    words = ["log", "verify", *place(log, tmp_path)]
    assert main([*words, "--old", str(old), "--entry", "299"]) == 0
    text = capsys.readouterr().out
    assert "it grew out of the tree of 300 entries" in text
    assert "entry 299 is in the tree of 500" in text
    new = tmp_path / "new"
    new.write_bytes(one.head.checkpoint)
    assert main([*words, "--old", str(new), "--new", str(old)]) == 1
    assert "took entries back" in capsys.readouterr().err
    assert main([*words, "--entry", "500"]) == 1
    old_1 = tmp_path / "old-1"
    old_1.write_text(checkpoint.of_v1(one.origin, log.shards.active.tree_id, 300, one.root(300), log.ecdsa))
    v1 = ["log", "verify", *place(log, tmp_path, "ecdsa"), "--api", "v1"]
    assert main([*v1, "--old", str(old_1), "--entry", "299"]) == 0
    forged = checkpoint.sign(one.origin, 300, hashlib.sha256(b"another tree").digest(), (log.ed,))
    old.write_bytes(forged)
    assert main([*words, "--old", str(old)]) == 1
    assert "was rewritten" in capsys.readouterr().err


def test_a_mirror_is_a_log(log: RunningLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, folder = log.shards.active.log, tmp_path / "mirror"
    copy = ["log", "mirror", str(folder), *place(log, tmp_path)]
    assert main(copy) == 0
    assert main(["log", "verify", *offline(folder, tmp_path), "--entry", "299"]) == 0
    fill(one, 500)
    shutil.rmtree(folder / "tile" / "entries")  # as if the next run had to find that out
    assert main(copy) == 0
    assert main(["log", "get", "799", *offline(folder, tmp_path)]) == 0
    capsys.readouterr()
    assert main(["log", "get", "12", *offline(folder, tmp_path)]) == 1
    assert "must have" in capsys.readouterr().err
    again = tmp_path / "again"
    assert main(["log", "mirror", str(again), *place(log, tmp_path)]) == 0
    fill(one, 300)
    assert main(["log", "mirror", str(again), *place(log, tmp_path)]) == 0
    third = tmp_path / "third"
    assert main(["log", "mirror", str(third), *offline(again, tmp_path)]) == 0
    assert _files(third) == {name: data for name, data in _files(again).items() if name in _files(third)}
    assert main(["log", "search", "--identity", ME, *offline(third, tmp_path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 100


@pytest.mark.parametrize("below", [".", "api/v2"])
def test_a_mirror_is_served_as_it_is(log: RunningLog, tmp_path: Path, below: str) -> None:
    """By any web server, also where Rekor v2 has its tiles."""
    folder = mirrored(log, tmp_path)
    root = tmp_path / "web"
    (root / below).parent.mkdir(parents=True, exist_ok=True)
    shutil.move(folder, root / below if below != "." else root)
    handler = partial(SimpleHTTPRequestHandler, directory=str(root))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        where = ("--instance", f"http://127.0.0.1:{server.server_port}", "--log-key", str(tmp_path / "ed.pub"))
        assert main(["log", "get", "299", *where]) == 0
        assert main(["log", "verify", "--old", str(root / below / "checkpoint"), *where]) == 0
        assert main(["log", "mirror", str(tmp_path / "of-it"), *where]) == 0
        assert main(["log", "get", "x" * 64, *where]) == 2
    finally:
        server.shutdown()
        thread.join(60)
        server.server_close()
    assert _files(tmp_path / "of-it") == _files(root / below)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def mirrored(log: RunningLog, tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    assert main(["log", "mirror", str(folder), *place(log, tmp_path)]) == 0
    return folder


def test_every_damage_to_a_copy_is_found(log: RunningLog, tmp_path: Path) -> None:
    folder = mirrored(log, tmp_path)
    names = [name for name in _files(folder) if name != "checkpoint"]
    assert len(names) == 5
    for name in names:
        path, data = folder / name, (folder / name).read_bytes()
        for bad in (data[:-1], data[:-32], bytes((data[0] ^ 1,)) + data[1:], data[:-1] + bytes((data[-1] ^ 1,)), b""):
            path.write_bytes(bad)
            assert main(["log", "search", "--identity", ME, *offline(folder, tmp_path)]) == 1, (name, len(bad))
        path.unlink()
        assert main(["log", "search", "--identity", ME, *offline(folder, tmp_path)]) == 1, name
        path.write_bytes(data)
    assert main(["log", "search", "--identity", ME, *offline(folder, tmp_path)]) == 0


@pytest.mark.parametrize("size", [301, 512, 10**9, 1 << 50, (1 << 63) - 1, 1 << 70])
def test_a_small_log_that_claims_a_huge_tree_is_refused(
    log: RunningLog, tmp_path: Path, capsys: pytest.CaptureFixture[str], size: int
) -> None:
    folder = mirrored(log, tmp_path)
    root = tlog_note.checkpoint((folder / "checkpoint").read_text()).root
    (folder / "checkpoint").write_bytes(checkpoint.sign(log.origin, size, root, (log.ed,)))
    for words in (["get", "3"], ["verify"], ["search", "--identity", ME], ["mirror", str(tmp_path / "second")]):
        assert main(["log", *words, *offline(folder, tmp_path)]) in (1, 3), words
        assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "second" / "checkpoint").exists()


def rewritten(log: RunningLog, folder: Path, count: int) -> None:
    """In place of the copy another tree, signed by the same key."""
    other = open_log(folder.parent / "other", log.origin, (log.ed,))
    fill(other, count)
    shutil.rmtree(folder)
    folder.mkdir()
    server = folder / "checkpoint"
    server.write_bytes(other.head.checkpoint)
    from assay.formats import tlog_tile

    for level in (0, tlog_tile.ENTRIES):
        for number in range(-(-count // 256)):
            tile = tlog_tile.Tile(level, number, min(256, count - number * 256))
            path = folder / tile.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(other.tile(tile))
    if count >= 256:
        tile = tlog_tile.Tile(1, 0, count // 256)
        (folder / tile.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / tile.path).write_bytes(other.tile(tile))


@pytest.mark.parametrize("count", [300, 520, 40])
def test_a_log_that_was_rewritten_is_not_copied_over_and_ends_the_monitor(
    log: RunningLog, tmp_path: Path, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    folder = mirrored(log, tmp_path)
    copy = tmp_path / "copy"
    assert main(["log", "mirror", str(copy), *offline(folder, tmp_path)]) == 0
    assert main(["log", "monitor", "--once", *offline(folder, tmp_path)]) == 0
    before = _files(copy)
    rewritten(log, folder, count)
    assert main(["log", "verify", *offline(folder, tmp_path)]) == 0
    assert main(["log", "mirror", str(copy), *offline(folder, tmp_path)]) == 1
    assert _files(copy) == before
    capsys.readouterr()
    for _ in range(2):  # it is told each time
        assert main(["log", "monitor", *offline(folder, tmp_path)]) == 1
        alert = json.loads(capsys.readouterr().out)
        assert (alert["alert"], alert["origin"]) == ("fork", log.origin)


@pytest.mark.parametrize(("api", "key"), [("tiles", "ed"), ("v1", "ecdsa")])
def test_a_monitor_sees_what_is_new(
    log: RunningLog, tmp_path: Path, capsys: pytest.CaptureFixture[str], api: str, key: str
) -> None:
    one = log.shards.active.log
    (tmp_path / "names").write_text(
        f"# mine\nidentity glob:me@*\nsubject {hashlib.sha256(b'artifact 301').hexdigest()}\n"
    )
    words = ["log", "monitor", "--once", "--watch", str(tmp_path / "names"), *place(log, tmp_path, key), "--api", api]
    assert main(words) == 0  # what was there before is not new
    fill(one, 2, ("others@org.example",))
    assert main(words) == 1
    (alert,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (alert["logIndex"], alert["subjects"]) == (301, ["others@org.example"])
    assert main(words) == 0
    fill(one, 30, ("others@org.example", ME))
    assert main(words) == 1
    alerts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [alert["logIndex"] for alert in alerts] == list(range(303, 332, 2))
    assert alerts[0]["matched"] == ["identity glob me@*"]
    assert main(["log", "monitor", "--once", "--issuer", "https://issuer.example", "--from", "320", *words[5:]]) == 0


def test_alerts_are_handed_over_before_the_monitor_moves_on(log: RunningLog, tmp_path: Path) -> None:
    words = ["log", "monitor", "--once", "--identity", ME, "--from", "0", *place(log, tmp_path)]
    out = tmp_path / "out"
    keep = f"import sys; open({str(out)!r}, 'a').write(sys.stdin.read())"
    assert main([*words, "--exec", f'{sys.executable} -c "sys.exit(1)"']) == 4
    assert main([*words, "--exec", f'{sys.executable} -c "{keep}"']) == 1
    assert len(out.read_text().splitlines()) == 100
    assert main([*words, "--exec", "no-such-program-here"]) == 0


def test_alerts_are_posted(log: RunningLog, tmp_path: Path) -> None:
    got: list[bytes] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        hook = f"http://127.0.0.1:{server.server_port}/hook"
        words = [
            "log",
            "monitor",
            "--once",
            "--identity",
            ME,
            "--from",
            "298",
            *place(log, tmp_path),
            "--webhook",
            hook,
        ]
        assert main(words) == 1
    finally:
        server.shutdown()
        thread.join(60)
        server.server_close()
    assert [json.loads(line)["logIndex"] for line in got] == [298]


def test_a_damaged_memory_is_told(log: RunningLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["log", "monitor", "--once", *place(log, tmp_path)]
    assert main(words) == 0
    (state,) = (tmp_path / "data" / "log-monitor").iterdir()
    state.write_text(state.read_text().replace("300", "x"))
    assert main(words) == 3
    assert "damaged" in capsys.readouterr().err


def test_witnesses_that_are_wanted_must_have_signed(log: RunningLog, tmp_path: Path) -> None:
    witness: MemorySigner = certified("witness")[0]
    known = f"witness.example+00000000+{'A' * 44}"
    assert main(["log", "verify", *place(log, tmp_path), "--witness", known]) == 3
    key = note_key.NoteKey("w.example", hashlib.sha256(witness.public_key).digest()[:4], 2, witness.public_key)
    assert main(["log", "verify", *place(log, tmp_path), "--witness", str(key)]) == 1
    assert main(["log", "verify", *place(log, tmp_path), "--witness", str(key), "--witness-quorum", "0"]) == 0
    one = log.shards.active.log
    signed = checkpoint.line(
        "w.example", tlog_note.checkpoint(one.head.checkpoint.decode()).note.text.decode(), witness
    )
    one.cosigned(300, signed.encode())
    assert main(["log", "verify", *place(log, tmp_path), "--witness", str(key)]) == 0
