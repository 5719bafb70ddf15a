"""The page of `assay policy simulate`: complete in itself, safe against hostile names, whole without a script."""

from __future__ import annotations

import html.parser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from assay.model.simulation import Affected, Counts, Simulation, Violation
from assay.model.workload import Workload
from assay.report.html import simulation as page
from simulators.browser import BROWSERS, FLAGS

HOSTILE = "</td><script>document.title='owned'</script><img src=x onerror=document.title='owned'>\u202e'\""


def simulation(count: int, name: str = "app") -> Simulation:
    """So many workloads in seven namespaces, each denied twice."""
    violation = Violation("AssayPolicy/a", "signedBy", "fail", 2, 2, "2026-11-02T10:00:00Z", "", name, f"sign {name}")
    counts = Counts(2, 2, 2)
    items = tuple(
        Affected(Workload(f"team-{number % 7}", "Deployment", f"{name}-{number}"), counts, (violation,))
        for number in range(count)
    )
    total = Counts(2 * count + 5, 2 * count, 2 * count)
    return Simulation("2026-11-26T21:00:00Z", 1, (name,), total, items, "2026-11-01T00:00:00Z", "2026-11-26T00:00:00Z")


class Elements(html.parser.HTMLParser):
    """The elements of a page, and its texts."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_every_workload_has_a_row_and_nothing_is_fetched(count: int) -> None:
    data = page.write(simulation(count))
    elements = Elements(data)
    tags = [tag for tag, _ in elements.found]
    assert tags.count("tr") == count + min(count, 7)
    assert not {"script", "img", "link", "iframe", "object"} & set(tags)
    assert not [one for _, one in elements.found if "src" in one or (one.get("href") or "#")[0] != "#"]
    assert re.search(rb"url\(|@import|https?://", data) is None
    assert ("Nothing that was asked breaks a policy." in elements.texts) == (count == 0)
    assert f"{2 * count:,} of {2 * count + 5:,} would be denied" in elements.texts


def test_hostile_names_are_texts() -> None:
    elements = Elements(page.write(simulation(3, HOSTILE)))
    assert not {"script", "img"} & {tag for tag, _ in elements.found}
    shown = HOSTILE.replace("\u202e", "\\u202e")
    assert f"sign {shown}" in elements.texts


def test_the_policy_of_the_page_lets_its_style_in_and_nothing_else(tmp_path: Path) -> None:
    """In a real browser: the style is applied, and so many rows are there."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("needs chromium")
    path = tmp_path / "page.html"
    path.write_bytes(page.write(simulation(300, HOSTILE)))
    done = subprocess.run(
        [
            browser,
            *FLAGS,
            f"--user-data-dir={tmp_path / 'profile'}",
            "--enable-logging=stderr",
            "--dump-dom",
            str(path),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.count("<tr>") == 307
    assert "Content Security Policy" not in done.stderr
    assert "<title>600 of 605 would be denied</title>" in done.stdout
