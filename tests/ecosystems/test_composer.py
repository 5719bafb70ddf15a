"""Composer and PEAR: what the fixtures do not show."""

from __future__ import annotations

import json

import pytest

from assay.ecosystems.composer import manifest, packages
from assay.ecosystems.pear import php_serialize, registry
from assay.errors import LimitExceeded, Malformed
from assay.model.component import Presence, Scope
from assay.model.ecosystem import File


def lock(*entries: object, **more: object) -> File:
    return File("composer.lock", json.dumps({"packages": list(entries), **more}).encode())


def test_a_lock_file_without_packages_is_refused() -> None:
    for data in (b"no json", b"[]", b"{}"):
        with pytest.raises(Malformed):
            packages.parse_lock(File("composer.lock", data))


def test_packages_without_name_or_version_are_told() -> None:
    found = packages.parse_lock(lock({"name": "a/b", "version": "1"}, {"name": "a/"}, 7))
    assert [item.id for item in found.components] == ["pkg:composer/a/b@1"]
    assert len(found.skipped) == 1


def test_installed_packages_of_composer_1_are_a_bare_list() -> None:
    entry = {"name": "Acme/Clock", "version": "1.0", "license": "MIT", "dist": {"url": "https://d.example/c.zip"}}
    entry["dist"]["shasum"] = "f" * 40  # type: ignore[index]  # built in place
    found = packages.parse_installed(File("vendor/composer/installed.json", json.dumps([entry]).encode()))
    (clock,) = found.components
    assert (clock.id, clock.presence) == ("pkg:composer/acme/clock@1.0", Presence.INSTALLED)
    assert [str(item) for item in clock.digests] == ["sha1:" + "f" * 40]
    assert found.provides == (("Acme/Clock", clock.id),)


def test_development_packages_are_excluded() -> None:
    found = packages.parse_lock(lock(**{"packages-dev": [{"name": "a/b", "version": "1"}]}))
    assert found.components[0].scope is Scope.EXCLUDED


def test_a_replaced_package_is_reached_and_the_real_one_wins() -> None:
    whole = {"name": "a/whole", "version": "1", "replace": {"a/part": "self.version", "a/real": "*"}}
    real, user = {"name": "a/real", "version": "2"}, {"name": "a/user", "version": "3"}
    user["require"] = {"A/Part": "*", "a/real": "*", "php": ">=8", "a/gone": "*"}  # type: ignore[assignment]
    edges = packages.parse_lock(lock(whole, real, user)).edges
    assert [needed for _, needed in edges] == ["pkg:composer/a/whole@1", "pkg:composer/a/real@2"]


def test_manifests_inside_vendor_are_left_alone() -> None:
    assert manifest.parse(File("vendor/a/b/composer.json", b"no json")).components == ()


def test_serialized_values() -> None:
    value = php_serialize.load(b'a:4:{i:0;N;s:1:"k";b:1;i:2;d:1.5;s:1:"a";a:1:{s:2:"\xc3\xa9";i:-7;}}rest')
    assert value == {"0": None, "k": True, "2": 1.5, "a": {"é": -7}}


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b's:9:"short";', b"a:1:{i:0;}", b"a:2:{i:0;i:1;}", b'O:1:"a":0:{}', b"i:1", b"d:e;", b"r:1;"],
)
def test_what_is_no_plain_value_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        php_serialize.load(data)


def test_depth_is_bounded_and_counts_that_lie_cost_nothing() -> None:
    with pytest.raises(LimitExceeded):
        php_serialize.load(b"a:1:{i:0;" * 100_000)
    with pytest.raises(Malformed):
        php_serialize.load(b"a:999999999:{}")


def test_an_entry_of_the_first_package_format() -> None:
    text = (
        b'a:5:{s:7:"package";s:5:"Clock";s:7:"version";s:3:"1.2";s:15:"release_license";s:3:"PHP";'
        b's:11:"maintainers";a:1:{i:0;a:2:{s:4:"name";s:3:"Ada";s:4:"role";s:4:"lead";}}'
        b's:12:"release_deps";a:1:{i:0;a:3:{s:4:"type";s:3:"pkg";s:4:"name";s:4:"Hand";s:8:"optional";s:2:"no";}}}'
    )
    found = registry.parse(File("php/.registry/.channel.pear.example/clock.reg", text))
    assert found.components[0].id == "pkg:pear/pear.example/Clock@1.2"
    assert found.components[0].author == "Ada"
    assert [need.names[-1] for need in found.needs] == ["Hand"]
    with pytest.raises(Malformed):
        registry.parse(File("a.reg", b"a:0:{}"))
