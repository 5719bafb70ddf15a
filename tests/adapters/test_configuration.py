"""Configuration: precedence, kinds, unknown keys, and files that are not to be trusted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.adapters.configuration import KEYS, Key, Kind, Request, load, values, variables
from assay.errors import AssayError, UsageError


def _request(folder: Path, **fields: object) -> Request:
    environment = {"XDG_CONFIG_HOME": str(folder / "home")}
    return Request(environment, folder / "project")._replace(**fields)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "home/assay").mkdir(parents=True)
    (tmp_path / "project").mkdir()
    return tmp_path


def _user(folder: Path, text: str) -> None:
    (folder / "home/assay/assay.toml").write_text(text)


def _project(folder: Path, text: str) -> Path:
    path = folder / "project/assay.toml"
    path.write_text(text)
    return path


def test_defaults(folder: Path) -> None:
    settings = load(_request(folder))
    assert settings.text("sbom.scope") == "squashed"
    assert settings.switch("offline") is False
    assert settings.list("sbom.exclude") == ()
    assert settings.text("sbom.platform") == ""
    assert {setting.origin for setting in settings.by_name.values()} == {"default"}


def test_later_wins(folder: Path) -> None:
    key = "sbom.source-name"
    request = _request(folder)
    _user(folder, '[sbom]\nsource-name = "user"\n')
    assert load(request).by_name[key] == (KEYS[key], "user", str(folder / "home/assay/assay.toml"))
    path = _project(folder, '[sbom]\nsource-name = "project"\n')
    assert load(request).by_name[key] == (KEYS[key], "project", str(path))
    request = request._replace(environment={**request.environment, "ASSAY_SBOM_SOURCE_NAME": "environment"})
    assert load(request).by_name[key][1:] == ("environment", "environment ASSAY_SBOM_SOURCE_NAME")
    request = request._replace(flags={"source_name": "flag", "other": 1})
    assert load(request).by_name[key][1:] == ("flag", "flag")


def test_the_project_file_is_found_from_below_and_pyproject_counts(folder: Path) -> None:
    below = folder / "project/a/b"
    below.mkdir(parents=True)
    (folder / "project/pyproject.toml").write_text("[tool.assay]\noffline = true\n")
    (below / "pyproject.toml").write_text("[tool.other]\nx = 1  # assay\n")
    settings = load(_request(folder, directory=below))
    assert settings.switch("offline") is True
    assert settings.files == (folder / "project/pyproject.toml",)
    (below.parent / "pyproject.toml").write_text("tool = 1\nassay = \n")
    assert load(_request(folder, directory=below)).switch("offline") is True


def test_config_takes_the_place_of_the_project_file(folder: Path) -> None:
    _project(folder, "offline = true\n")
    other = folder / "other.toml"
    other.write_text('[sbom]\nscope = "all-layers"\n')
    settings = load(_request(folder, config=str(other)))
    assert (settings.switch("offline"), settings.text("sbom.scope")) == (False, "all-layers")
    with pytest.raises(UsageError, match="no configuration file"):
        load(_request(folder, config=str(folder / "absent.toml")))


def test_a_project_file_inside_the_source_gives_only_ignore_rules(folder: Path) -> None:
    path = _project(folder, 'offline = true\n[sbom]\nexclude = ["vendor/**"]\nscope = "all-layers"\n')
    for source in (folder / "project", folder, folder / "project/../project", path):
        settings = load(_request(folder, sources=(source,)))
        assert settings.list("sbom.exclude") == ("vendor/**",)
        assert settings.switch("offline") is False
        assert settings.text("sbom.scope") == "squashed"
        (note,) = settings.notes
        assert "not taken: offline, sbom.scope" in note
    trusted = load(_request(folder, sources=(folder,), config=str(path)))
    assert (trusted.switch("offline"), trusted.notes) == (True, ())
    elsewhere = load(_request(folder, sources=(folder / "project/sub",)))
    assert (elsewhere.switch("offline"), elsewhere.notes) == (True, ())


def test_a_link_does_not_make_a_source_file_trusted(folder: Path) -> None:
    (folder / "tree").mkdir()
    (folder / "tree/assay.toml").write_text("offline = true\n")
    (folder / "link").symlink_to(folder / "tree")
    assert load(_request(folder, directory=folder / "link", sources=(folder / "tree",))).switch("offline") is False
    assert load(_request(folder, directory=folder / "tree", sources=(folder / "link",))).switch("offline") is False


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        ("ofline = true\n", "no configuration key ofline", "did you mean offline?"),
        ('[sbom]\nscop = "x"\n', "no configuration key sbom.scop", "did you mean sbom.scope?"),
        ("offline = 1\n", "offline is a number", "true or false"),
        ('[sbom]\nexclude = "a"\n', "sbom.exclude is a text", "a list of texts"),
        ("[sbom]\nexclude = [1]\n", "sbom.exclude is a list", "a list of texts"),
        ('[sbom]\nscope = "all"\n', "sbom.scope is 'all'", "squashed, all-layers"),
        ("= 1\n", "not TOML", "--config"),
    ],
)
def test_wrong_files_are_usage_errors(folder: Path, text: str, what: str, remedy: str) -> None:
    _project(folder, text)
    with pytest.raises(UsageError) as error:
        load(_request(folder))
    assert what in error.value.what
    assert remedy in error.value.remedy


def test_environment_kinds() -> None:
    assert values.from_text(KEYS["sbom.exclude"], "a, b,,c", "e") == ("a", "b", "c")
    assert values.from_text(KEYS["offline"], "Yes", "e") is True
    assert values.from_text(KEYS["offline"], "", "e") is False
    with pytest.raises(UsageError, match="e is 'perhaps'"):
        values.from_text(KEYS["offline"], "perhaps", "e")


def test_a_flag_of_another_shape_is_another_flag(folder: Path) -> None:
    settings = load(_request(folder, flags={"output": "one", "strict": None, "scope": "all-layers"}))
    assert settings.list("sbom.output") == ()
    assert settings.by_name["sbom.strict"].origin == "default"
    assert settings.text("sbom.scope") == "all-layers"


def test_variables_of_others_are_not_told() -> None:
    theirs = ("SERVICE_HOST", "SERVICE_PORT_HTTPS", "PORT", "PORT_443_TCP", "PORT_443_TCP_ADDR", "HOOK_SERVICE_PORT")
    templates = {"ASSAY_OUTPUT": "o", "ASSAY_FAIL_ON": "high", "ASSAY_VEX": ""}
    assert list(variables.unknown({f"ASSAY_{name}": "x" for name in theirs} | templates | {"ASSAYER": "x"})) == []
    assert list(variables.unknown({"ASSAY_FAIL_ON": "high", "ASSAY_REQUIRE_ALL": "1"})) == ["ASSAY_FAIL_ON"]
    assert variables.meant("ASSAY_FAIL_ON") == "ASSAY_SCAN_FAIL_ON"
    assert list(variables.unknown({"ASSAY_SERVICES": "1", "ASSAY_PORTS": "1"})) == ["ASSAY_PORTS", "ASSAY_SERVICES"]


def test_every_variable_that_the_repository_reads_is_known() -> None:
    root = Path(__file__).parents[2]
    files = [
        path
        for folder in ("src", "tools", "deploy", "docs/guide", "bench", "demo")
        for path in (root / folder).rglob("*")
    ]
    texts = [path.read_bytes() for path in files if path.suffix in (".md", ".py", ".sh", ".yaml", ".yml")]
    texts += [b"\n".join(re.findall(rb"environ.*", path.read_bytes())) for path in (root / "tests").rglob("*.py")]
    found = {name.decode() for text in texts for name in re.findall(rb"\bASSAY_[A-Z0-9_]*[A-Z0-9]\b", text)}
    assert {"ASSAY_OPA_TOKEN", "ASSAY_SUITES", "ASSAY_PYTHON_IMAGE", "ASSAY_SBOM_SCOPE"} <= found
    assert list(variables.unknown(dict.fromkeys(found, "x"))) == []


def test_the_table_of_keys_is_sound() -> None:
    assert list(KEYS) == sorted(KEYS)
    for key in KEYS.values():
        assert key.about
        assert isinstance(key.default, {Kind.BOOLEAN: bool, Kind.LIST: tuple}.get(key.kind, str | None))
    assert Key("a.b-c", Kind.TEXT, "x").variable == "ASSAY_A_B_C"
    assert {key.name for key in KEYS.values() if key.ignores} == {"sbom.exclude", "scan.exclude"}


@given(st.binary(max_size=200) | st.text(max_size=80).map(str.encode))
def test_any_bytes_as_a_project_file(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("c")
    (folder / "assay.toml").write_bytes(data)
    try:
        load(Request({}, folder))
    except AssayError as error:
        assert isinstance(error, UsageError)
