"""The command line as a whole: words, flags, errors, exit codes, interruption."""

from __future__ import annotations

import fcntl
import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import termios
import tomllib
from pathlib import Path

import pytest

from assay import __version__
from assay.__main__ import main
from assay.cli import _commands, _complaints, _main, _parser
from assay.errors import AssayError, ExitCode, ExternalError, InternalError, Malformed
from simulators.processes import PATIENCE, within

COMMANDS = _commands.discover()
ASSAY = [sys.executable, "-m", "assay"]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == ExitCode.OK
    assert capsys.readouterr().out == f"assay {__version__}\n"
    assert main(["-q", "--version"]) == ExitCode.OK


def test_help_lists_every_top_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == ExitCode.OK
    out = capsys.readouterr().out
    for words in _commands.children(COMMANDS, ()):
        assert f"assay {words[0]}" in out
    assert {("sbom",), ("evidence",), ("config",), ("completion",)} <= set(COMMANDS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--help"]) == ExitCode.OK
    out = capsys.readouterr().out
    assert "assay " + " ".join(words) in out
    assert "--json-errors" in out
    for found in _commands.children(COMMANDS, words):
        assert " ".join(found) in out


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_a_summary_in_its_first_line(words: tuple[str, ...]) -> None:
    summary = _commands.summary(COMMANDS[words])
    module = _commands.load(words)
    assert module.__doc__ is not None
    assert module.__doc__.startswith(summary)
    assert 10 < len(summary) < 90


@pytest.mark.parametrize(
    ("argv", "what", "remedy"),
    [
        ([], "no command given", "`assay --help`"),
        (["cnfig"], "no command `assay cnfig`", "did you mean `assay config`?"),
        (["config"], "needs one more word", "`assay config --help`"),
        (["config", "shw"], "no command `assay config shw`", "did you mean `assay config show`?"),
        (["config", "show", "--jsn"], "unrecognized arguments: --jsn", "did you mean --json?"),
        (["completion", "bsh"], "invalid choice: 'bsh'", "did you mean bash?"),
        (["evidence", "list", "--limit", "many"], "invalid int value", "`assay evidence list --help`"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate", "`assay --help`"),
    ],
)
def test_usage_errors_say_what_and_how(
    argv: list[str], what: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == ExitCode.USAGE
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("assay: error: ")
    assert what in lines[0]
    assert lines[1].startswith("  remedy: ")
    assert remedy in lines[1]


@pytest.mark.parametrize("argv", [["--json-errors", "config", "shw"], ["config", "--json-errors", "shw"]])
def test_errors_as_json(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == ExitCode.USAGE
    error = json.loads(capsys.readouterr().err)["error"]
    assert error["type"] == "UsageError"
    assert error["exit_code"] == 2
    assert "config show" in error["remedy"]


def test_words_win_and_global_flags_may_stand_anywhere() -> None:
    split = _main.split(["-q", "config", "--data-dir", "config", "show", "--json"], COMMANDS)
    assert split == (("config", "show"), ["-q", "--data-dir", "config", "--json"])
    assert _main.split(["config", "--config=x", "path", "show"], COMMANDS) == (
        ("config", "path"),
        ["--config=x", "show"],
    )
    assert _main.split(["sbom", "./diff"], COMMANDS) == (("sbom",), ["./diff"])


def test_no_flag_of_a_command_hides_a_global_one() -> None:
    for words in COMMANDS:
        options = _parser.build(words, COMMANDS)._option_string_actions
        assert {*_parser.WITH_VALUE, *_parser.SWITCHES} <= set(options)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Malformed("bad"), ExitCode.INPUT),
        (FileNotFoundError(2, "No such file or directory", "x"), ExitCode.EXTERNAL),
        (PermissionError(13, "Permission denied", "x"), ExitCode.EXTERNAL),
        (OSError(28, "No space left on device", "x"), ExitCode.EXTERNAL),
        (MemoryError(), ExitCode.EXTERNAL),
        (KeyError("x"), ExitCode.BUG),
        (RecursionError(), ExitCode.BUG),
    ],
)
def test_every_exception_is_understood(error: Exception, code: ExitCode) -> None:
    known = _complaints.understand(error)
    assert known.exit_code == code
    assert isinstance(known, AssayError)
    if not isinstance(error, AssayError):
        assert known.remedy
        assert isinstance(known, InternalError if code is ExitCode.BUG else ExternalError)


def test_what_an_extra_brings_is_named_where_it_is_missing() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    distributions: dict[str, set[str]] = {}
    for module, names in importlib.metadata.packages_distributions().items():
        for name in names:
            distributions.setdefault(re.sub(r"[-_.]+", "-", name).lower(), set()).add(module)
    for extra, requirements in project["optional-dependencies"].items():
        for requirement in requirements:
            name = re.split(r"[^\w.-]", requirement)[0].lower()
            if extra == "fast" or name not in distributions:  # zlib serves where isal is absent
                continue
            understood = [_complaints.understand(ModuleNotFoundError(name=f"{it}.x")) for it in distributions[name]]
            assert any("needs the extra" in known.what for known in understood), requirement
    known = _complaints.understand(ModuleNotFoundError("No module named 'starlette'", name="starlette"))
    assert known.exit_code == ExitCode.USAGE
    assert known.remedy == "pip install 'assay[server]'"
    assert {*_complaints.EXTRAS} <= {*project["optional-dependencies"]}
    assert _complaints.understand(ModuleNotFoundError(name="assay.cli.nothing")).exit_code == ExitCode.BUG


def test_a_slip_in_a_command_is_told_before_it_is_taken_as_a_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["sbom", "covnert", "x", "-o", "purls"]) == ExitCode.USAGE
    assert "did you mean `assay sbom convert`?" in capsys.readouterr().err
    assert main(["--offline", "-q", "sbom", "validat"]) == ExitCode.USAGE
    assert "did you mean" not in capsys.readouterr().err
    (tmp_path / "validat").mkdir()
    assert main(["sbom", "validat", "-o", "purls"]) == ExitCode.OK
    assert "did you mean" not in capsys.readouterr().err


def test_a_bug_points_to_verbose_and_verbose_shows_the_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise ValueError("unexpected\x1b[2J")

    monkeypatch.setattr(_commands.load(("config", "show")), "run", broken)
    assert main(["config", "show"]) == ExitCode.BUG
    err = capsys.readouterr().err
    assert "a bug in assay: ValueError: unexpected\\x1b[2J" in err
    assert "--verbose" in err
    assert "Traceback" not in err
    assert main(["config", "show", "--verbose"]) == ExitCode.BUG
    assert "Traceback" in capsys.readouterr().err


def test_quiet_silences_notes_and_warnings_but_not_errors(capsys: pytest.CaptureFixture[str]) -> None:
    complaints = _complaints.Complaints(quiet=True)
    complaints.note("n")
    complaints.warning("w")
    complaints.error(Malformed("e"))
    assert capsys.readouterr().err == "assay: error: e\n"


def test_exit_codes_are_those_of_the_reference() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/exit-codes.md").read_text(encoding="utf-8")
    for code in ExitCode:
        assert f"| {int(code)} | {code.name} | {code.meaning} |" in page


_BUSY = """
import sys, threading, time
from pathlib import Path
from assay.__main__ import main
from assay.adapters.output import writing
from assay.cli.config import show
def run(arguments, context):
    threading.Thread(target=time.sleep, args=(120,)).start()
    with writing(Path(sys.argv[1])) as file:
        file.write(b"half")
        print("busy", flush=True)
        time.sleep(120)
show.run = run
sys.exit(main(["config", "show"]))
"""


def test_ctrl_c_ends_at_once_with_130(tmp_path: Path) -> None:
    """Although a thread is busy; and the file that was being written is not there."""
    _interrupted([sys.executable, "-c", _BUSY, str(tmp_path / "file")])
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_standard_input_is_awaited(tmp_path: Path) -> None:
    _interrupted([*ASSAY, "sbom", "-", "-o", f"cyclonedx-json={tmp_path / 'sbom.json'}"])
    assert list(tmp_path.iterdir()) == []


def _unread(pipe: int) -> int:
    """Bytes that were written to a pipe and that nobody has read yet."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def _interrupted(command: list[str]) -> None:
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"\x1f\x8b" + bytes(100))
    process.stdin.flush()
    if command[1] == "-c":
        assert process.stdout.readline() == b"busy\n"
    else:
        pipe_in = process.stdin.fileno()
        assert within(PATIENCE, lambda: not _unread(pipe_in))
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.INTERRUPTED
    assert b"Traceback" not in err


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*ASSAY, "completion", "fish"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert done.returncode == ExitCode.EXTERNAL
    assert done.stderr == b""


def test_help_to_a_reader_that_goes_away_is_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*ASSAY, "config", "--help"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert done.returncode in (ExitCode.OK, ExitCode.EXTERNAL)  # argparse itself lets nothing be said
    assert done.stderr == b""


def test_closed_streams_and_poor_encodings_are_no_bugs(tmp_path: Path) -> None:
    (tmp_path / "assay.toml").write_text('[sbom]\nsource-name = "名前"\n', encoding="utf-8")
    shell = f"exec {sys.executable} -m assay config show"
    for redirected in (">&-", "2>&-", ">&- 2>&-"):
        done = subprocess.run(["sh", "-c", f"{shell} {redirected}"], capture_output=True, check=False, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (ExitCode.OK, b"")
    poor = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(["sh", "-c", shell], capture_output=True, check=False, cwd=tmp_path, env=poor)
    assert done.returncode == ExitCode.OK
    assert b"\\u540d\\u524d" in done.stdout


def test_standard_output_that_is_full_is_an_error_with_a_code() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full")
    with full.open("wb") as file:
        done = subprocess.run([*ASSAY, "config", "show"], stdout=file, stderr=subprocess.PIPE, check=False)
    assert done.returncode == ExitCode.EXTERNAL
    assert b"No space left" in done.stderr
