"""The HTML page: complete in itself, safe against hostile names, and alive in a real browser."""

from __future__ import annotations

import html.parser
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from assay.formats import purl
from assay.model.component import Component, Occurrence
from assay.model.license import License
from assay.model.sbom import Sbom
from assay.report import formats
from formats.sboms import FULL
from simulators.browser import BROWSERS, FLAGS

HOSTILE = Component(
    "</script><img src=x onerror=document.title='owned'>",
    "<!--<script>",
    licenses=(License(name="<i>own</i>"),),
    occurrences=(Occurrence("a'\"><b>&amp;</script>\u2028"),),
)


def _large(count: int) -> Sbom:
    """Many components; each needs the next two, the last ones the first: all of it one cycle."""
    items = tuple(Component(f"part-{number:05}", "1", ecosystem="npm") for number in range(count))
    edges = {
        item.id: tuple(sorted({items[(number + step) % count].id for step in (1, 2)}))
        for number, item in enumerate(items)
    }
    subject = Component("large")
    return Sbom(subject, items, edges | {subject.id: (items[0].id,)})


def _page(sbom: Sbom) -> str:
    return formats.write(sbom, "html").decode()


def _block(page: str) -> dict[str, list[list[object]]]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    block: dict[str, list[list[object]]] = json.loads(found[1])
    return block


class _Addresses(html.parser.HTMLParser):
    """Every attribute by which a page asks for something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        asked = {"src", "href", "action", "data", "srcset", "poster"}
        self.found += [f"{tag} {name}={value}" for name, value in attrs if name in asked]


def test_the_page_asks_for_nothing() -> None:
    page = _page(FULL)
    addresses = _Addresses()
    addresses.feed(page)
    assert addresses.found == ["a href=#content"]
    assert "@import" not in page
    assert not re.search(r"url\(", page)
    assert "default-src 'none'" in page


def test_the_same_sbom_gives_the_same_bytes() -> None:
    assert formats.write(FULL, "html") == formats.write(FULL, "html")


def test_the_data_is_there_once_and_whole() -> None:
    block = _block(_page(FULL))
    names = [values[0] for values in block["components"]]
    assert names == ["app", "left", "bash", "idna"]
    assert block["edges"] == [[1, 2], [], [3], []]


def test_hostile_names_cannot_leave_their_place() -> None:
    sbom = Sbom(replace(HOSTILE, name=HOSTILE.name + "{{data}}"), (HOSTILE,))
    page = _page(sbom)
    assert "<img" not in page
    assert "<!--" not in page
    assert page.count("</script>") == 2
    assert _block(page)["components"][1][0] == HOSTILE.name


def _browse(page: str, state: str, folder: Path) -> str:
    """A page after its script ran, in a real browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no Chromium on this machine (make system installs it)")
    (folder / "page.html").write_text(page, "utf-8")
    address = (folder / "page.html").as_uri() + state
    command = [
        browser,
        *FLAGS,
        "--virtual-time-budget=5000",
        f"--user-data-dir={folder}/profile",
        "--dump-dom",
        address,
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return done.stdout.decode("utf-8", "replace")


def _dom(sbom: Sbom, state: str, folder: Path) -> str:
    return _browse(_page(sbom), state, folder)


def _tree(dom: str) -> str:
    return dom[dom.index('id="tree"') : dom.index('id="view-layers"')]


def _rows(dom: str) -> list[str]:
    names = re.findall(r'<span role="cell" class="name" title="([^"]*)"', dom)
    return [html.unescape(name) for name in names]


@pytest.mark.system
def test_the_list_shows_everything_and_the_search_filters_it(tmp_path: Path) -> None:
    assert _rows(_dom(FULL, "", tmp_path)) == ["debian/bash", "idna", "left"]
    assert _rows(_dom(FULL, "#q=dpkg", tmp_path)) == ["debian/bash"]
    assert _rows(_dom(FULL, "#eco=pypi", tmp_path)) == ["idna"]
    assert _rows(_dom(FULL, "#pre=declared", tmp_path)) == ["idna"]
    assert _rows(_dom(FULL, "#lic=MIT", tmp_path)) == ["idna"]
    nothing = _dom(FULL, "#q=nosuchthing", tmp_path)
    assert _rows(nothing) == []
    assert '<p class="empty" id="none">' in nothing
    assert "No component matches." in nothing


@pytest.mark.system
def test_a_document_of_another_tool_with_one_component_or_none(tmp_path: Path) -> None:
    alone = Component("left-pad", "1", purl=purl.parse("pkg:npm/left-pad@1"))
    one = _dom(Sbom(Component("app"), (alone,)), "", tmp_path)
    assert 'aria-label="npm, 1"' in one, "its purl tells the ecosystem"
    assert ">1 component<" in one
    none = _dom(Sbom(Component("app")), "", tmp_path)
    assert ">0 components<" in none
    assert "No components." in none
    assert re.search(r'<button [^>]*id="reset"[^>]* hidden', none)


@pytest.mark.system
def test_the_charts_count_ecosystems_and_licences(tmp_path: Path) -> None:
    dom = _dom(FULL, "", tmp_path)
    assert 'aria-label="deb, 1"' in dom
    assert 'aria-label="BSD-3-Clause, 1"' in dom
    assert 'aria-label="MIT, 1"' in dom
    assert 'aria-label="none stated, 1"' in dom


@pytest.mark.system
def test_a_component_is_shown_with_its_reason(tmp_path: Path) -> None:
    dom = _dom(FULL, "#c=3", tmp_path)
    assert re.search(r'<aside id="panel"[^>]*tabindex="-1">', dom)
    assert "Why it is here" in dom
    assert "pkg:pypi/idna@3.10" in dom


@pytest.mark.system
def test_the_tree_of_a_large_cyclic_graph_opens_lazily(tmp_path: Path) -> None:
    tree = _tree(_dom(_large(5000), "#view=dependencies", tmp_path))
    assert tree.count('role="treeitem"') == 2
    assert 'aria-expanded="true"' in tree
    assert "part-00000" in tree


@pytest.mark.system
def test_a_cycle_ends_where_it_closes(tmp_path: Path) -> None:
    """A script beside ours (for which the policy has to go) opens every node, five levels deep."""
    opened = "for (let n = 0; n < 5; n++) for (const li of document.querySelectorAll('#tree li')) li.open();"
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", _page(_large(2)))
    page = page.replace("</body>", f"<script>{opened}</script></body>")
    tree = _tree(_browse(page, "#view=dependencies", tmp_path))
    assert tree.count("↺ cycle") == 3
    assert tree.count('role="treeitem"') == 6


@pytest.mark.system
def test_hostile_names_stay_text_in_the_browser(tmp_path: Path) -> None:
    dom = _dom(Sbom(HOSTILE, (replace(HOSTILE, ref="other"),)), "#c=1", tmp_path)
    assert "<img" not in dom.partition('<script type="application/json"')[0]
    assert "owned" not in re.findall(r"<title>(.*?)</title>", dom)
    assert _rows(dom) == [HOSTILE.name]
