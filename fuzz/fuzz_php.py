"""PHP: composer files, and the serialized arrays of the PEAR registry; the first byte picks the reader."""

from __future__ import annotations

from fuzz.readers import Reader, feed

from assay.ecosystems.composer import manifest, packages
from assay.ecosystems.pear import registry

_READERS: list[Reader] = [
    (packages.parse_lock, "composer.lock"),
    (packages.parse_installed, "vendor/composer/installed.json"),
    (manifest.parse, "composer.json"),
    (registry.parse, "php/.registry/.channel.pear.example/a.reg"),
]

SEEDS: list[bytes] = [
    (b'\x00{"packages": [{"name": "a/b", "version": "1", "require": {"a/c": "*"}, "license": ["MIT", "X"]}]}'),
    (b'\x01{"packages": [{"name": "a/b", "version": "1", "replace": {"a/c": "*"}}], "dev-package-names": ["a/b"]}'),
    b'\x02{"name": "a/b", "require": {"a/c": "*", "php": "8"}}',
    b'\x03a:3:{s:4:"name";s:1:"a";s:7:"version";a:1:{s:7:"release";s:1:"1";}s:1:"x";a:3:{i:0;d:0.5;i:1;b:1;i:2;N;}}',
]


def run(data: bytes) -> None:
    feed(_READERS, data)
