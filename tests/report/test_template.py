"""Templates: they see the SBOM and nothing else, and they end."""

from __future__ import annotations

import pytest

from assay.errors import LimitExceeded, Malformed
from assay.report import template
from formats.sboms import FULL


def test_a_template_sees_the_sbom_and_the_filters() -> None:
    text = "{% for c in sbom.components %}{{ c.name }}|{{ c.licenses|licenses }}|{{ c|digest('sha256') }}\n{% endfor %}"
    lines = template.render(FULL, text).decode().splitlines()
    assert lines == [
        "left||",
        f"bash|GPL-3.0-or-later AND Foo, see COPYING|{'a' * 64}",
        "idna|BSD-3-Clause OR MIT|",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{% for %}",
        "{{ nothing }}",
        "{{ sbom.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ sbom.components.__len__.__globals__ }}",
        "{% include '/etc/passwd' %}",
        "{{ 1 / 0 }}",
        "{{ 'x' * 'y' }}",
    ],
)
def test_what_is_wrong_or_forbidden_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        template.render(FULL, text)


@pytest.mark.parametrize("text", ["{{ 'x' * 99999999999 }}", "{{ 9 ** 9999999 }}", "{{ '%99999999999d' % 1 }}"])
def test_what_would_fill_the_memory_is_refused(text: str) -> None:
    with pytest.raises(LimitExceeded):
        template.render(FULL, text)


def test_a_template_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template, "MAX_SECONDS", 0.2)
    loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(LimitExceeded):
        template.render(FULL, loops)


def test_a_template_cannot_write_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template, "MAX_CHARACTERS", 1000)
    with pytest.raises(LimitExceeded):
        template.render(FULL, "{% for a in range(9999) %}xxxxxxxx{% endfor %}")
