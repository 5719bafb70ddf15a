"""Which tag of a docker archive is meant."""

from __future__ import annotations

import pytest

from assay.formats.docker_archive import means


@pytest.mark.parametrize(
    ("chosen", "tag", "meant"),
    [
        ("app:1", "app:1", True),
        ("1", "app.example/team/app:1", True),
        ("app:1", "docker.io/library/app:1", True),
        ("1", "app:11", False),
        ("1", "app:v1", False),
        ("pp:1", "app:1", False),
    ],
)
def test_a_tag_is_meant_whole(chosen: str, tag: str, meant: bool) -> None:
    assert means(chosen, tag) is meant
