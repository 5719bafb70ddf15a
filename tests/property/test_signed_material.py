"""Valid signed material with a bit flipped, a part swapped or cut off is refused, and by our own errors alone."""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines.verify import Artifact, Options, verify
from assay.engines.verify.identities import Policy
from assay.errors import AssayError
from assay.formats import sigstore_bundle, trusted_root
from conformance.suite import folder

CASES = (
    "happy-path-v0.3",
    "happy-path-v0.2",
    "rekor2-happy-path",
    "rekor2-dsse-happy-path",
    "happy-path-intoto-in-dsse-v3",
)
UNREAD = {"rootHash", "hint", "keyid"}
"""What nothing depends on: a root beside the checkpoint may be checked or not, hints are hints."""


@cache
def material(name: str) -> tuple[dict[str, Any], bytes, Options]:
    suite = folder("sigstore-bundles")
    place = suite / "conformance" / name
    own = place / "trusted_root.json"
    root = trusted_root.read((own if own.is_file() else suite / "trusted_root.production.json").read_bytes())
    bundle = json.loads((place / "bundle.sigstore.json").read_bytes())
    options = Options(root=root, policy=Policy())
    artifact = (suite / "a.txt").read_bytes()
    assert judged(bundle, artifact, options)
    return bundle, artifact, options


def judged(bundle: dict[str, Any], artifact: bytes, options: Options) -> bool:
    try:
        verify(sigstore_bundle.read(json.dumps(bundle).encode()), Artifact(artifact), options)
    except AssayError:
        return False
    return True


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all texts and numbers."""
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in leaves(item, (*path, key))]
    if isinstance(value, list):
        return [found for number, item in enumerate(value) for found in leaves(item, (*path, number))]
    return [path] if not UNREAD & set(path) else []


def changed(bundle: dict[str, Any], path: tuple[Any, ...], text: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(bundle))
    place: Any = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = text
    return copy


def at(bundle: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        bundle = bundle[step]
    return bundle


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=150)
@given(data=st.data())
def test_a_flipped_bit_is_refused(name: str, data: st.DataObject) -> None:
    bundle, artifact, options = material(name)
    binary = [path for path in leaves(bundle) if _is_binary(at(bundle, path))]
    path = data.draw(st.sampled_from(binary))
    raw = bytearray(base64.b64decode(at(bundle, path)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    accepted = judged(changed(bundle, path, base64.b64encode(raw).decode()), artifact, options)
    assert not accepted or path[-1] == "signedTimestamp"  # which may hold certificates that nobody needs


def _is_binary(text: Any) -> bool:
    if not isinstance(text, str) or len(text) < 16:
        return False
    try:
        return len(base64.b64decode(text, validate=True)) > 8
    except ValueError:
        return False


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=80)
@given(data=st.data())
def test_parts_of_another_bundle_are_refused(name: str, data: st.DataObject) -> None:
    bundle, artifact, options = material(name)
    other = material(data.draw(st.sampled_from([item for item in CASES if item != name])))[0]
    theirs = [path for path in leaves(other) if _is_binary(at(other, path))]
    mine = [path for path in leaves(bundle) if _is_binary(at(bundle, path))]
    path, text = data.draw(st.sampled_from(mine)), at(other, data.draw(st.sampled_from(theirs)))
    if at(bundle, path) != text and path[-1] != "signedTimestamp":
        assert not judged(changed(bundle, path, text), artifact, options)


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=60)
@given(data=st.data())
def test_junk_in_any_place_raises_only_our_errors(name: str, data: st.DataObject) -> None:
    bundle, artifact, options = material(name)
    path = data.draw(st.sampled_from(leaves(bundle)))
    junk: st.SearchStrategy[Any] = st.one_of(
        st.none(), st.integers(), st.text(max_size=40), st.lists(st.integers(), max_size=3), st.just({})
    )
    judged(changed(bundle, path, data.draw(junk)), artifact, options)


@pytest.mark.parametrize("name", CASES)
def test_a_part_that_is_missing_raises_only_our_errors(name: str) -> None:
    bundle, artifact, options = material(name)
    for path in leaves(bundle):
        for depth in range(1, len(path) + 1):
            copy: Any = json.loads(json.dumps(bundle))
            place = at(copy, path[: depth - 1])
            del place[path[depth - 1]]
            judged(copy, artifact, options)


@settings(max_examples=300)
@given(cut=st.integers(0, 6000))
def test_truncated_bundles_are_refused(cut: int) -> None:
    data = (folder("sigstore-bundles") / "conformance" / CASES[0] / "bundle.sigstore.json").read_bytes()
    with pytest.raises(AssayError):
        sigstore_bundle.read(data[: min(cut, len(data.rstrip()) - 1)])


def test_a_key_twice_is_refused(tmp_path: Path) -> None:
    data = (folder("sigstore-bundles") / "conformance" / CASES[0] / "bundle.sigstore.json").read_text()
    twice = data.replace('"mediaType"', '"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "mediaType"', 1)
    with pytest.raises(AssayError, match="twice"):
        sigstore_bundle.read(twice.encode())
