"""Recorded reviews with values that no schema allows, before every policy of the suites: each is answered."""

from __future__ import annotations

import copy
import json
import random
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest
import zstandard

from assay.app import policies
from assay.engines.policy import deciding
from assay.engines.policy.world import World
from assay.formats import admission_review, json_bytes
from conformance.suite import folder, lines

ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1e308, 10**30, "", "\u0000", "*", "{{ x }}", "$(a)", "-", "é" * 50, "a" * 3000, "1e9999"),
    *([], {}, [None], [[]], {"": None}, {"a": {"b": [1, "x", None]}}),
)
REVIEWS = 200


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    place = tmp_path_factory.mktemp("suites")
    with (
        (folder("kyverno") / "tests.tar.zst").open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as data,
        tarfile.open(fileobj=data, mode="r|") as archive,
    ):
        archive.extractall(place, filter="data")
    return policies.load([place / "policies", folder("gatekeeper") / "library"]).policies


def test_every_policy_answers_about_objects_that_are_none(loaded: Any) -> None:
    assert len(loaded) > 200
    chosen, recorded = random.Random(6), folder("admission-reviews")
    reviews = [json.loads((recorded / row["file"]).read_bytes()) for row in lines(recorded / "index.jsonl")]
    for number in range(REVIEWS):
        review = _spoilt(chosen.choice(reviews), chosen)
        request = admission_review.request(review)
        for run in (deciding.mutate, deciding.validate):
            found = run(loaded, request, World())
            faults = [item.message for item in found.results if "a fault of assay" in item.message]
            assert not faults, (number, faults[:3])
            json_bytes.encode(admission_review.answer(review, request.uid, found, request.object))


def _spoilt(review: Any, chosen: random.Random) -> Any:
    """A review in which some values are others."""
    found = copy.deepcopy(review)
    request = found.get("request", found)
    for field in ("object", "oldObject"):
        for _ in range(chosen.choice((1, 1, 2, 4)) if request.get(field) else 0):
            holder, key = chosen.choice([*_places(request[field])])
            if key not in ("kind", "apiVersion"):
                holder[key] = copy.deepcopy(chosen.choice(ODD))
    return found


def _places(item: Any) -> Iterator[tuple[Any, Any]]:
    rows = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    for key, value in rows:
        yield item, key
        yield from _places(value)
