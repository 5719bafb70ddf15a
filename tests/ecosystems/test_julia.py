"""What projects of Julia ask for, and which manifest answers it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from assay.adapters.directory import Directory
from assay.ecosystems import discover, order
from assay.ecosystems.julia import environment, project
from assay.engines.catalog import catalog
from assay.errors import Malformed
from assay.model.component import Scope
from assay.model.ecosystem import File, Located
from assay.model.sbom import Sbom

JULIA = [ecosystem for ecosystem in discover() if ecosystem.name == "julia"]
TREE = "864edb3b-99cc-5e75-8d2d-829cb0a9cfe8"
PROJECT = f'name = "App"\n[deps]\nTree = "{TREE}"\n[compat]\nTree = "0.17"\n'
MANIFEST = (
    'julia_version = "1.11.0"\nmanifest_format = "2.0"\n'
    f'[[deps.Tree]]\nuuid = "{TREE}"\nversion = "0.17.9"\ngit-tree-sha1 = "0809951a1774dc724da22d26e4289bbaab77809a"\n'
)


def scan(folder: Path, files: dict[str, str]) -> Sbom:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return catalog(Directory(str(folder)), JULIA)


def shown(found: Sbom) -> list[tuple[str, str, str]]:
    return [(item.name, item.version, item.version_range) for item in found.components]


@pytest.mark.parametrize(
    ("compat", "written", "inside", "outside"),
    [
        ("1.2", "^1.2", "1.9.0", "2.0.0"),
        ("0.0.3", "^0.0.3", "0.0.3", "0.0.4"),
        ("0.17.5, 1", "^0.17.5 || ^1", "1.4.0", "0.18.0"),
        ("~1.2", "~1.2", "1.2.9", "1.3.0"),
        ("≥ 1.2", ">= 1.2", "7.0.0", "1.1.9"),
        ("<0.0.1, 1", "<0.0.1 || ^1", "1.0.0", "0.5.0"),
        ("1.2 - 2.3", "1.2 - 2.3", "2.3.9", "2.4.0"),
        ("=1.2", "=1.2", "1.2.0", "1.3.0"),
    ],
)
def test_ranges_are_written_so_that_the_order_understands_them(
    compat: str, written: str, inside: str, outside: str, tmp_path: Path
) -> None:
    text = PROJECT.replace("0.17", compat)
    assert shown(scan(tmp_path, {"Project.toml": text}))[1] == ("Tree", "", written)
    rules = order("julia")
    for version, wanted in ((inside, True), (outside, False)):
        folded = scan(tmp_path, {"b/Manifest.toml": MANIFEST.replace("0.17.9", version)})
        assert (("Tree", "", written) not in shown(folded)) is wanted, rules.intervals(written)


@pytest.mark.parametrize("manifest", ["Manifest.toml", "JuliaManifest.toml", "Manifest-v1.11.toml"])
@pytest.mark.parametrize("name", ["Project.toml", "JuliaProject.toml"])
def test_beside_a_manifest_nothing_is_told_twice(name: str, manifest: str, tmp_path: Path) -> None:
    found = scan(tmp_path, {name: PROJECT, manifest: MANIFEST})
    assert shown(found) == [("App", "", ""), ("Tree", "0.17.9", "")]
    assert found.dependencies["julia:App@"] == (f"pkg:julia/Tree@0.17.9?uuid={TREE}",)


def test_what_the_manifest_does_not_hold_stays(tmp_path: Path) -> None:
    other = f'[weakdeps]\nWeak = "{TREE.replace("8", "9")}"\n'
    found = scan(tmp_path, {"Project.toml": f'{PROJECT}Weak = "2"\n{other}', "Manifest.toml": MANIFEST})
    assert shown(found) == [("App", "", ""), ("Tree", "0.17.9", ""), ("Weak", "", "^2")]


def test_a_project_may_name_its_manifest(tmp_path: Path) -> None:
    files = {"app/Project.toml": 'manifest = "../env/Manifest.toml"\n' + PROJECT, "env/Manifest.toml": MANIFEST}
    found = scan(tmp_path, files)
    assert found.dependencies["julia:App@"] == (f"pkg:julia/Tree@0.17.9?uuid={TREE}",)


def test_a_nested_workspace_has_the_manifest_of_its_outermost_project(tmp_path: Path) -> None:
    files = {
        "Project.toml": '[workspace]\nprojects = ["lib"]\n',
        "Manifest.toml": MANIFEST,
        "lib/Project.toml": '[workspace]\nprojects = ["deep/app"]\n',
        "lib/deep/app/Project.toml": PROJECT,
        "stranger/Project.toml": PROJECT.replace("App", "Stranger").replace("0.17", "9"),
    }
    found = scan(tmp_path, files)
    assert found.dependencies["julia:App@"] == (f"pkg:julia/Tree@0.17.9?uuid={TREE}",)
    assert found.dependencies["julia:Stranger@"] == (f"pkg:julia/Tree?uuid={TREE}",)


def test_an_environment_has_no_name_and_the_tests_belong_to_the_project_above(tmp_path: Path) -> None:
    bare = PROJECT.partition("\n")[2]
    assert shown(scan(tmp_path / "a", {"Project.toml": bare})) == [("Tree", "", "^0.17")]
    assert shown(scan(tmp_path / "a", {"test/Project.toml": bare})) == [("Tree", "", "^0.17")]
    found = scan(tmp_path / "b", {"Project.toml": 'name = "App"\n', "test/Project.toml": bare})
    assert [item.scope for item in found.components] == [Scope.REQUIRED, Scope.EXCLUDED]
    assert found.dependencies["julia:App@"] == (f"pkg:julia/Tree?uuid={TREE}",)


def test_many_projects_below_a_large_workspace_take_no_time() -> None:
    members = ",".join(f'"p{number}"' for number in range(20_000))
    found = {"Project.toml": project.parse(File("Project.toml", f"[workspace]\nprojects = [{members}]".encode()))}
    found |= {f"q{number}/Project.toml": project.parse(File("Project.toml", b"[deps]")) for number in range(500)}
    files = [Located(path, 0, item, "julia-project") for path, item in found.items()]
    start = time.process_time()
    assert len(environment.assemble(files, None)) == 501
    assert time.process_time() - start < 1


def test_other_files_of_that_name_hold_nothing() -> None:
    assert (
        project.parse(File("Project.toml", b'title = "x"\ndeps = ["a"]\ncompat = 7\nworkspace = []\n')).components == ()
    )
    with pytest.raises(Malformed):
        project.parse(File("Project.toml", b"not toml\n"))
