"""References to images in registries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.adapters.image_reference import ImageReference, is_reference, parse
from assay.errors import InputError

HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("debian", ImageReference("docker.io", "library/debian", "latest")),
        ("team/app:1.2", ImageReference("docker.io", "team/app", "1.2")),
        ("docker.io/debian", ImageReference("docker.io", "library/debian", "latest")),
        ("index.docker.io/team/app", ImageReference("docker.io", "team/app", "latest")),
        ("localhost/app", ImageReference("localhost", "app", "latest")),
        ("localhost:5000/a/b/c:x", ImageReference("localhost:5000", "a/b/c", "x")),
        ("Registry.Example/app", ImageReference("registry.example", "app", "latest")),
        ("[::1]:5000/app:1", ImageReference("[::1]:5000", "app", "1")),
        ("127.0.0.1:1/a__b/c-d.e_f", ImageReference("127.0.0.1:1", "a__b/c-d.e_f", "latest")),
        (f"x.example/app@sha256:{HEX}", ImageReference("x.example", "app", "", f"sha256:{HEX}")),
        (f"x.example/app:1@sha256:{HEX}", ImageReference("x.example", "app", "1", f"sha256:{HEX}")),
    ],
)
def test_references_are_read_as_docker_reads_them(text: str, reference: ImageReference) -> None:
    assert parse(text) == reference
    assert parse(str(reference)) == reference


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "/app",
            "app/",
            "App",
            "a//b",
            "app:",
            "app:a b",
            f"app:{'x' * 129}",
            "app@",
            "app@sha256:12",
            f"app@{HEX}",
        ),
        *("x.example:0/app", "x.example:99999/app", "x_y.example/app", "../app", "app?x", "a" * 2000, "app:1:2", "äpp"),
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    assert not is_reference(text)
    with pytest.raises(InputError):
        parse(text)


@given(st.text(max_size=60) | st.text("ab.:/@-_[]1 ", max_size=40))
def test_any_text_is_a_reference_that_survives_or_an_error(text: str) -> None:
    if is_reference(text):
        reference = parse(text)
        assert parse(str(reference)) == reference
